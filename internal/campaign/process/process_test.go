package process

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestAccRun plays a few scenarios with real Terraform.
func TestAccRun(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: set TF_ACC=1")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the campaign finds processes in /proc")
	}
	r, err := Run(t.Context(), Options{Only: "onepin create", Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Ours.Violations {
		t.Error(v)
	}
	if r.Ours.Scenarios != len(signals) || r.Ours.Limit == 0 {
		t.Errorf("%s: want one scenario a signal, and a key lost with the provider that was killed", &r.Ours)
	}
	if r.Naive.Scenarios != len(signals)-1 || r.Naive.Orphans == 0 {
		t.Errorf("the naive provider: %s: it must leave keys behind, or this judges nothing", &r.Naive)
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	a := Column{Counts: map[string]int{"pioneer create SIGINT": 1}, Scenarios: 40, Limit: 2, LimitShown: 2, LimitHealed: 1}
	b := Column{Counts: map[string]int{"pioneer create SIGINT": 2, "onepin create SIGINT twice": 1}, Scenarios: 3, Orphans: 1, Violations: []string{"x"}}
	a.add(&b)
	if a.Scenarios != 43 || a.Orphans != 1 || a.Limit != 2 || len(a.Violations) != 1 {
		t.Errorf("the sum is %s", &a)
	}
	if services, signals := a.By(0), a.By(2); services["pioneer"] != 3 || services["onepin"] != 1 || signals["SIGINT"] != 3 || signals["SIGINT twice"] != 1 {
		t.Errorf("by service %v, by signal %v", services, signals)
	}
	missed := strings.Join(Result{Ours: a, Target: 44}.Missed(), "\n")
	for _, want := range []string{"43 scenarios", "1 orphans", "1 keys within the limits that the policy does not heal"} {
		if !strings.Contains(missed, want) {
			t.Errorf("%q is not told: %s", want, missed)
		}
	}
	if strings.Count(missed, "\n") != 2 {
		t.Errorf("more than that is told: %s", missed)
	}
}
