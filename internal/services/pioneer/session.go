package pioneer

import (
	"net/http"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// setSession says which settings let the provider create keys.
const setSession = "set pioneer.session_token, pioneer.session_token_command or the environment variable PIONEER_SESSION_TOKEN"

// byHand is the advice without a session.
const byHand = "Pioneer lets API keys list and revoke keys, but not create them. Create the key by hand (pioneer.ai, Settings > API Keys) " +
	"and import it with its value (key_wo), or " + setSession + "."

// refusedSession is the advice after a create that a session has signed.
const refusedSession = "Pioneer does not accept the session that creates keys, from the pioneer settings session_token or session_token_command " +
	"or the environment variable PIONEER_SESSION_TOKEN: it is wrong or has expired, or its user may not create keys. The API key was not used. Set the token of a new session and apply again."

// explain adds to a refused create what to do about it.
func (a account) explain(err error) error {
	e, ok := driver.AsError(err)
	switch {
	case !ok, e.Kind != driver.KindUnauthorized && e.Kind != driver.KindForbidden:
	case a.hasSession:
		e.Advice = refusedSession
	case e.Status == http.StatusForbidden && isForDashboard(e.Code+" "+e.Message):
		e.Advice = byHand
	}
	return err
}

// isForDashboard recognises "API key creation is only allowed from the web dashboard."
// (docs.pioneer.ai, Authentication), however it may be worded.
func isForDashboard(words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(words, "dashboard") || strings.Contains(words, "browser session")
}

// CreateProblem implements driver.CreateChecker. A listing as it is documented since
// 2026-07-15 speaks against creating keys without a session.
func (a account) CreateProblem() string {
	if a.hasSession || !a.dashboard.Load() {
		return ""
	}
	return "Its listing looks like that of a server on which API keys cannot create keys, and no session is set; to create keys, " + setSession
}
