package process

import "testing"

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
}
