package acceptance_test

import (
	"fmt"
	"strings"
	"testing"
)

// An import block takes a key over that another address holds: where that one would
// be destroyed, or stays, the plan fails; where it is forgotten, the key moves. A
// replacement, which Terraform plans twice, holds no key twice.
func TestAccCLI_importedElsewhere(t *testing.T) {
	t.Parallel()
	b := newHarness(t)
	c := newCLI(b)
	each := func(text func(s subject) string) string {
		all := required
		for _, s := range b.subjects() {
			all += text(s)
		}
		return all
	}
	importTo := func(s subject, label string) string {
		return fmt.Sprintf("import {\n  to = %s.%s\n  id = %q\n}\n", s.kind(), label, s.live()[0].ID) + s.labelled(label, `name = "ci"`)
	}
	c.write("main.tf", each(func(s subject) string { return s.labelled("old", `name = "ci"`) }))
	c.run(true, "apply", "-auto-approve")
	for name, more := range map[string]func(subject) string{
		"destroyed": func(subject) string { return "" },
		"kept":      func(s subject) string { return s.labelled("old", `name = "ci"`) },
		"twice":     func(s subject) string { return importTo(s, "third") },
	} {
		c.write("main.tf", each(func(s subject) string { return importTo(s, "new") + more(s) }))
		out := c.run(false, "apply", "-auto-approve")
		for _, s := range b.subjects() {
			if !strings.Contains(out, "Two resources manage one key") || !strings.Contains(out, s.only().ID) {
				t.Errorf("%s: nothing is said of %s:\n%s", name, s.only().ID, out)
			}
		}
	}
	c.write("main.tf", each(func(s subject) string {
		return importTo(s, "new") + fmt.Sprintf("removed {\n  from = %s.old\n  lifecycle { destroy = false }\n}\n", s.kind())
	}))
	c.run(true, "apply", "-auto-approve")
	c.run(true, "plan", "-detailed-exitcode") // 2 if there were a change
	for _, s := range b.subjects() {
		if held := c.state()[s.kind()+".new"]; held["id"] != s.only().ID {
			t.Errorf("%s: the state holds %v, want %s", s.name(), held["id"], s.only().ID)
		}
		c.run(true, "apply", "-auto-approve", "-replace="+s.kind()+".new")
		c.run(true, "taint", s.kind()+".new")
	}
	c.run(true, "apply", "-auto-approve")
	for _, s := range b.subjects() {
		if made := s.own(); len(made) != 3 {
			t.Errorf("%s: %s", s.name(), describe(made))
		}
	}
	c.run(true, "destroy", "-auto-approve")
}
