package onepin

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

// someSession is a token that has the form of a session's.
const someSession = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyIn0.c2ln"

const forbidden = `{"error": {"code": "forbidden", "message": "not allowed"}, "meta": {"request_id": "7e57"}}`

// operations are all calls that manage keys.
func operations(w workspace) map[string]func() error {
	ctx, name := context.Background(), "n"
	return map[string]func() error{
		"create": func() error { _, err := w.Create(ctx, driver.Spec{Name: name}); return err },
		"list":   func() error { _, err := w.List(ctx, driver.Query{}); return err },
		"revoke": func() error { return w.Revoke(ctx, someID) },
		"read":   func() error { _, err := w.Get(ctx, someID); return err },
		"change": func() error {
			_, err := w.Update(ctx, someID, driver.Changes{Name: &name})
			return err
		},
		"rotate": func() error { _, _, err := w.Rotate(ctx, someID); return err },
	}
}

// A 403 to an API key may mean that no API key manages keys any more; one to a
// session does not, nor does one that something in between has sent.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token, body string
		want        bool
	}{
		"an API key":        {someToken, forbidden, true},
		"another key":       {"pk_test_caller", forbidden, true},
		"a session":         {someSession, forbidden, false},
		"a page of a proxy": {someToken, "<html><title>Forbidden</title></html>", false},
	} {
		s := servicestest.Always(t, servicestest.Answer{Status: http.StatusForbidden, Body: test.body})
		for operation, do := range operations(dial(t, s, map[string]string{"token": test.token})) {
			e := servicestest.Failure(t, do())
			said := strings.Contains(e.Advice, "token_command") && strings.Contains(e.Advice, "dashboard") && strings.Contains(e.Advice, "not documented")
			if e.Kind != driver.KindForbidden || said != test.want {
				t.Errorf("%s, %s: %v, advice: %q", name, operation, e, e.Advice)
			}
		}
	}
}

// A 426 names the version that OnePin asks for, if what the header holds is one.
func TestUpgradeRequired(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"0.42.0":                "0.42.0",
		" v1.2.3-rc1 ":          "v1.2.3-rc1",
		"":                      "",
		"not a version":         "",
		someToken:               "",
		strings.Repeat("1", 99): "",
		"12345.67890":           "", // it is the credential
	} {
		s := servicestest.Always(t, servicestest.Answer{
			Status: http.StatusUpgradeRequired, Header: map[string]string{"X-OnePin-Required-Version": header},
			Body: `{"error": {"code": "upgrade_required", "message": "too old"}, "meta": {"request_id": "7e57"}}`,
		})
		token := someToken
		if header == "12345.67890" {
			token = header
		}
		for operation, do := range operations(dial(t, s, map[string]string{"token": token})) {
			e := servicestest.Failure(t, do())
			if e.Kind != driver.KindUnsupported || e.Effect != driver.EffectNone || !strings.Contains(e.Advice, "Upgrade the provider") {
				t.Errorf("%q, %s: %v, advice: %q", header, operation, e, e.Advice)
			}
			if strings.Contains(e.Advice, "asks for version") != (want != "") || !strings.Contains(e.Advice, want) {
				t.Errorf("%q, %s: advice: %q", header, operation, e.Advice)
			}
			if header != "" && want == "" && strings.Contains(e.Advice, header) {
				t.Errorf("%q is quoted: %q", header, e.Advice)
			}
		}
	}
}
