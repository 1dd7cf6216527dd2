package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

func TestStory_expect(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &story{out: &out}
	s.expect(true, "%d keys", 1)
	s.expect(false, "%d keys", 2)
	if want := "   ok    1 keys\n   FAIL  2 keys\n"; out.String() != want || s.failed != 1 {
		t.Errorf("printed %q with %d failures, want %q with 1", &out, s.failed, want)
	}
}

func TestKnows(t *testing.T) {
	t.Parallel()
	value, other := "value", "other"
	for name, test := range map[string]struct {
		key  *string
		by   string
		want bool
	}{
		"made, with its value":       {&value, simulator.Admin, true},
		"made, with another's value": {&other, simulator.Admin, false},
		"made, without a value":      {nil, simulator.Admin, false},
		"adopted, without a value":   {nil, simulator.Outside, true},
		"adopted, with a value":      {&value, simulator.Outside, false},
	} {
		if got := knows(held{Key: test.key}, simulator.Record{Value: value, CreatedBy: test.by}); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// TestTerraform_run uses another program with statuses, which is there for sure.
func TestTerraform_run(t *testing.T) {
	t.Parallel()
	exe, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	tf := &terraform{exe: exe, dir: t.TempDir()}
	if out, err := tf.run(t.Context(), 0, "version"); err != nil || !strings.HasPrefix(string(out), "go version") {
		t.Errorf("the wanted status: %q, %v", out, err)
	}
	_, err = tf.run(t.Context(), 0, "frobnicate")
	if err == nil || !strings.Contains(err.Error(), "status 2 instead of 0") || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("another status: %v; want an error with both statuses and all that was printed", err)
	}
}

func TestSurroundings(t *testing.T) {
	t.Setenv("TF_CLI_ARGS", "-refresh=false")
	t.Setenv("PIONEER_API_KEY", "a real one")
	env := surroundings("somewhere", "somewhere/terraform.rc")
	if slices.ContainsFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "TF_CLI_ARGS") || strings.HasPrefix(v, "PIONEER_")
	}) {
		t.Errorf("the caller's settings reach Terraform: %q", env)
	}
	if !slices.Contains(env, "HOME=somewhere") || !slices.Contains(env, "TF_CLI_CONFIG_FILE=somewhere/terraform.rc") {
		t.Errorf("no home or CLI configuration of its own: %q", env)
	}
}
