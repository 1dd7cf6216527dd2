package pioneer

import (
	"net/http"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// The settings for the session that signs creates. Since 2026-07-15 the API keys page
// of docs.pioneer.ai lets API keys list and revoke keys, but not create them.
var (
	sessionToken = services.Setting{
		Name: "session_token", Env: []string{"PIONEER_SESSION_TOKEN"}, Sensitive: true, Session: true,
		Description: "Token of a dashboard session, which signs the requests that create keys in place of `api_key`; nothing else. " +
			"Servers that let API keys create keys need none. Default: none.",
	}
	sessionTokenCommand = services.Setting{
		Name: "session_token_command", List: true,
		Description: "Program, with its arguments, that prints such a token. It runs without a shell, within 30 seconds, when a key is created; " +
			"its token is kept, and renewed when it expires or is refused. Not together with the attribute `session_token`; it wins over the environment variable.",
	}
)

// setSession says which settings let the provider create keys.
const setSession = "set pioneer.session_token, pioneer.session_token_command or the environment variable PIONEER_SESSION_TOKEN"

// byHand is what there is to do without a session.
const byHand = "Pioneer lets API keys list and revoke keys, but not create them. Create the key by hand (pioneer.ai, Settings > API Keys) " +
	"and import it with its value (key_wo), or " + setSession + "."

// refusedSession is the next step after a create that a session has signed.
const refusedSession = "Pioneer does not accept the session that creates keys, from the pioneer settings session_token or session_token_command " +
	"or the environment variable PIONEER_SESSION_TOKEN: it is wrong or has expired, or its user may not create keys. The API key was not used. Set the token of a new session and apply again."

// explainCreate says what a refused create means: who was refused, and what there is to
// do.
func explainCreate(hasSession bool) func(*http.Response, *driver.Error) {
	return func(_ *http.Response, e *driver.Error) {
		switch {
		case e.Kind != driver.KindUnauthorized && e.Kind != driver.KindForbidden:
		case hasSession:
			e.Advice = refusedSession
		case e.Status == http.StatusForbidden && isForDashboard(e.Code+" "+e.Message):
			e.Advice = byHand
		}
	}
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
