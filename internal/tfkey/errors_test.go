package tfkey

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Where the state could not be written, the next apply knows nothing of a create
// whose outcome is unknown: the message says what to look for.
func TestErrUnknownOutcome(t *testing.T) {
	c := serviceBase{def: serviceDef{definition.Service{Info: definition.Info{Name: "test", Title: "Test", Console: "the console"}}}}
	unknown := &keyring.OutcomeUnknownError{Err: errors.New("cut off"), Window: keyring.CreateWindow{Name: "ci", From: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}}
	for failed, words := range map[bool][]string{
		false: {"Apply again"},
		true:  {"no later run looks for it", `"ci"`, "2030-01-02T03:04:05Z", "by hand", "the console"},
	} {
		var saved diag.Diagnostics
		if failed {
			saved.AddError("not written", "")
		}
		got := c.errUnknownOutcome(unknown, saved)
		if got.Severity() != diag.SeverityError {
			t.Fatalf("%v", got)
		}
		for _, w := range words {
			if !strings.Contains(got.Detail(), w) {
				t.Errorf("not saved %v: %q does not say %q", failed, got.Detail(), w)
			}
		}
		if failed == strings.Contains(got.Detail(), "Apply again") {
			t.Errorf("not saved %v: %q", failed, got.Detail())
		}
	}
}
