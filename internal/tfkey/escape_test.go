package tfkey

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"key k-1 (\"ci\")\n\ttab":      "key k-1 (\"ci\")\n\ttab",
		"naïve 鍵 🔑":                    "naïve 鍵 🔑",
		"k\x1b[31m":                    `k\x1b[31m`,
		"k\rforged":                    `k\rforged`,
		"k\x00\u0085":                  `k\x00\u0085`,
		"a\u202eb\u2066c\u200bd\ufeff": `a\u202eb\u2066c\u200bd\ufeff`,
		"line\u2028paragraph\u2029":    `line\u2028paragraph\u2029`,
	} {
		if got := escape(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Every call that comes in ends in begin or RecoverPanic, which make its diagnostics
// visible and keep their severities and paths.
func TestEscapeAll(t *testing.T) {
	fill := func(diags *diag.Diagnostics) {
		diags.AddAttributeError(path.Root("name"), "Error of \x1b[31m", "key \u202e")
		diags.AddWarning("Warning", "key \r")
	}
	var begun, rescued diag.Diagnostics
	func() {
		_, _, done := (&serviceBase{}).begin(t.Context(), &begun)
		defer done()
		fill(&begun)
	}()
	func() {
		defer RecoverPanic(t.Context(), &rescued)
		fill(&rescued)
	}()
	var want diag.Diagnostics
	want.AddAttributeError(path.Root("name"), `Error of \x1b[31m`, `key \u202e`)
	want.AddWarning("Warning", `key \r`)
	for _, got := range []diag.Diagnostics{begun, rescued} {
		if !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if strings.ContainsFunc(want[0].Detail(), isUnprintable) {
		t.Error("what is wanted steers a terminal itself")
	}
}
