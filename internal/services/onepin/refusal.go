package onepin

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// requiredVersion is the header that comes with a 426 (podonos/onepin-python,
// _version_gate.py).
const requiredVersion = "X-OnePin-Required-Version"

// version matches what may be quoted of it. No credential of OnePin's does.
var version = regexp.MustCompile(`^v?[0-9]+(\.[0-9A-Za-z+-]+)*$`)

// maxVersion is the longest version that is quoted.
const maxVersion = 32

// dashboardOnly is what a 403 to an API key may mean (podonos/onepin-python, commits
// 76a0b71 and 394f488).
const dashboardOnly = "The API key that the provider signs in with may not do this: it lacks a scope, belongs to another workspace, or no API key may manage keys any more. " +
	"OnePin's newest public SDK calls managing keys dashboard-only; whether an API key may still do it is not documented. " +
	"Sign in with a session (onepin.token or onepin.token_command), or manage the key in OnePin's dashboard and import it."

// keyID matches the ids of keys: UUIDs (OnePin API reference, Get Api Key: key_id).
var keyID = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$`)

// explain adds to a refusal what to do about it, where that follows from OnePin's own
// conventions. The id of no key is refused with 422, which would read like a mistake in
// the request.
func explain(a *services.Answer, e *driver.Error) {
	switch {
	case e.Kind == driver.KindForbidden:
		if !slices.ContainsFunc(a.SignedWith(), services.IsJWT) {
			e.Advice = dashboardOnly
		}
	case e.Kind == driver.KindInvalid && a.ID != "" && !keyID.MatchString(a.ID):
		if !slices.ContainsFunc(e.Fields, func(f driver.FieldError) bool { return !strings.HasSuffix(f.Field, "key_id") }) {
			e.Kind, e.Message, e.Fields = driver.KindNotFound, "this is no id of OnePin, whose ids are UUIDs", nil
		}
	case a.Status == http.StatusUpgradeRequired:
		e.Advice = "Upgrade the provider: OnePin no longer accepts this version of it."
		asked := strings.TrimSpace(a.Header.Get(requiredVersion))
		if len(asked) <= maxVersion && version.MatchString(asked) && !slices.Contains(a.SignedWith(), asked) {
			e.Advice = fmt.Sprintf("Upgrade the provider: OnePin asks for version %s (%s), which counts the versions of its own SDK.", asked, requiredVersion)
		}
	}
}
