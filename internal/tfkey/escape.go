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
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp))
}

// escapeAll escapes all diagnostics, and redacts what looks like a key of the service by the
// prefixes of its values.
func escapeAll(diags diag.Diagnostics, prefixes ...string) {
	for i, d := range diags {
		summary, detail := escape(d.Summary()), escape(keyring.RedactKeys(d.Detail(), prefixes))
		if summary != d.Summary() || detail != d.Detail() {
			diags[i] = withTexts(d, summary, detail)
		}
	}
}

// withTexts is a diagnostic with other texts.
func withTexts(d diag.Diagnostic, summary, detail string) diag.Diagnostic {
	changed := diag.Diagnostic(diag.NewErrorDiagnostic(summary, detail))
	if d.Severity() == diag.SeverityWarning {
		changed = diag.NewWarningDiagnostic(summary, detail)
	}
	if at, ok := d.(diag.DiagnosticWithPath); ok {
		changed = diag.WithPath(at.Path(), changed)
	}
	return changed
}
