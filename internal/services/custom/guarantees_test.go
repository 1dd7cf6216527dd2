package custom

import (
	"strings"
	"testing"
)

func TestGuarantees(t *testing.T) {
	t.Parallel()
	holding := func(declaration string) string {
		d, err := Decode([]byte(declaration))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, g := range d.Guarantees() {
			if !strings.HasSuffix(g.Text, ".") {
				t.Errorf("%s: %q is no sentence", g.Name, g.Text)
			}
			if g.Holds {
				names = append(names, g.Name)
			}
		}
		return strings.Join(names, " ")
	}
	if got, want := holding(bare), "never_created_twice"; got != want {
		t.Errorf("without times: %s, want %s", got, want)
	}
	if got, want := holding(wrapped), "never_created_twice lost_creates_cleared_up own_key_protected renamed_in_place arguments_changed_in_place age_by_service"; got != want {
		t.Errorf("with times, a hint and an update: %s, want %s", got, want)
	}
}
