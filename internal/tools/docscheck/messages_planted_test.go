package docscheck

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"
)

func TestSummaries_planted(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"p/a.go": {Data: []byte(`package p

type kind string

const (
	one kind = "one"
	two kind = "two" // with words
	not      = "another type"
)

func (c *client) failure(verb string, err error) {
	summary := fmt.Sprintf("Could not %s %s key", verb, c.def.Title)
	if bad {
		summary = c.def.Title + " is bad"
	}
	diags.AddError(summary, "detail")
	diags.AddAttributeError(at, other.Summary(), "detail")
}

func (c *client) use() {
	c.failure("read", nil)
	c.failed("list", nil)
	diag.NewAttributeWarningDiagnostic(at, "Plain", "detail")
	diag.NewWarningDiagnostic(fmt.Sprintf("%s key not found", title), "detail")
}

var all = []any{check{summary: "By name", form: "other"}, parses("Positional", "other")}
`)}, "p/a_test.go": {Data: []byte("package p\nfunc f() { d.AddError(\"Only in a test\", \"\") }\n")}}
	got, err := Summaries(root, "p")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"By name", "Could not list … key", "Could not read … key", "Plain", "Positional", "… is bad", "… key not found"}
	if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, want) {
		t.Errorf("found %q, want %q", all, want)
	}
	kinds, err := Constants(root, "p", "kind")
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(kinds)), []string{"one", "two"}) {
		t.Errorf("constants %v, %v; want one and two", kinds, err)
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{"Could not read … key": true, "Could not read": false, "I Could not read … key": false} {
		if got := Matches("Could not … key", message); got != want {
			t.Errorf("%s: %t", message, got)
		}
	}
}

func TestExplained(t *testing.T) {
	t.Parallel()
	page, err := Parse("x.md", "# No message\n### `In a heading`\n| Message | Cause |\n|---|---|\n| `In a table` | `no` |\nText with `code`.\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(Explained(page))); !slices.Equal(got, []string{"In a heading", "In a table"}) {
		t.Errorf("%q", got)
	}
}
