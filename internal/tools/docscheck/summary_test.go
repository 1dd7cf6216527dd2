package docscheck

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestSummaries_planted(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{"p/a.go": {Data: []byte(`package p

const fixed = "From a constant"

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
	diags.AddWarning(fixed, "detail")
	diags.AddAttributeError(at, other.Summary(), "detail")
}

func (c *client) use() {
	c.failure("read", nil)
	c.failure("list", nil)
	diag.NewAttributeWarningDiagnostic(at, "Plain", "detail")
	bad := func(name string, err error) { diags.AddError("Bad "+name, "detail") }
	bad("closure", nil)
}

func (c *client) elsewhere() { bad("another function of that name", nil) }

type check struct {
	form    string
	summary string
}

func (c check) run() { diags.AddError(c.summary, "detail") }

func all() []any { return []any{check{"x", "Positional"}, check{summary: "By name"}, other{summary: "Another struct"}} }
`)}, "p/a_test.go": {Data: []byte("package p\nfunc f() { d.AddError(\"Only in a test\", \"\") }\n")}}
	got, err := Summaries(root, "p")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Bad closure", "By name", "Could not list … key", "Could not read … key", "From a constant", "Plain", "Positional", "… is bad"}
	if all := slices.Sorted(maps.Keys(got)); !slices.Equal(all, want) {
		t.Errorf("found %q, want %q", all, want)
	}
	kinds, err := Constants(root, "p", "kind")
	if err != nil || !slices.Equal(slices.Sorted(maps.Keys(kinds)), []string{"one", "two"}) {
		t.Errorf("constants %v, %v; want one and two", kinds, err)
	}
}

// What cannot be followed must not pass for a code without messages.
func TestSummaries_refuses(t *testing.T) {
	t.Parallel()
	for _, code := range []string{`d.AddError(build(), "")`, `d.AddError(unknown, "")`, `d.AddError(fmt.Sprintf(format, x), "")`} {
		root := fstest.MapFS{"p/a.go": {Data: []byte("package p\nfunc f() { " + code + " }\n")}}
		if got, err := Summaries(root, "p"); err == nil || !strings.Contains(err.Error(), "p/a.go:2") {
			t.Errorf("%s: %v, %v; want an error with its place", code, got, err)
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
