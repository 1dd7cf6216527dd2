package tfkey

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// escape escapes characters that control a terminal, or that reorder or hide text. Ids and
// names come from servers, and Terraform prints diagnostics as they are.
func escape(text string) string {
	if !strings.ContainsFunc(text, isUnprintable) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isUnprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isUnprintable reports whether a character must not reach a terminal.
func isUnprintable(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case unicode.ReplacementChar:
		return false
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// escapeAll escapes all diagnostics, and redacts what looks like a key of the service by the
// prefixes of its values.
func escapeAll(diags diag.Diagnostics, prefixes ...string) {
	for i, d := range diags {
		of, detail := escaped{d}, escape(keyring.RedactKeys(d.Detail(), prefixes))
		if of.Summary() == d.Summary() && detail == d.Detail() {
			continue
		}
		shown := diag.Diagnostic(diag.NewErrorDiagnostic(of.Summary(), detail))
		if d.Severity() == diag.SeverityWarning {
			shown = diag.NewWarningDiagnostic(of.Summary(), detail)
		}
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			shown = diag.WithPath(at.Path(), shown)
		}
		diags[i] = shown
	}
}

// escaped is a diagnostic with an escaped summary.
type escaped struct{ diag.Diagnostic }

// Summary implements diag.Diagnostic.
func (e escaped) Summary() string { return escape(e.Diagnostic.Summary()) }
