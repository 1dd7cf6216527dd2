package onepin

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

func TestMain(m *testing.M) { servicestest.Main(m) }

// programmed is a configuration with a token_command.
func programmed(t *testing.T, p servicestest.Program, s *servicestest.Server) services.Config {
	t.Helper()
	c := servicestest.Config(s.URL, nil)
	c.Lists["token_command"] = p.Command(t)
	return c
}

// whoami answers every whoami call; accepted limits it to some bearers.
func whoami(t *testing.T, accepted ...string) *servicestest.Server {
	t.Helper()
	return servicestest.Serve(t, func(r servicestest.Request) servicestest.Answer {
		for _, token := range accepted {
			if r.Header.Get("Authorization") == "Bearer "+token {
				return servicestest.OK(enveloped(`{}`))
			}
		}
		if len(accepted) > 0 {
			return servicestest.Answer{Status: http.StatusUnauthorized, Body: `{"error": {"code": "unauthorized", "message": "no"}}`}
		}
		return servicestest.OK(enveloped(`{}`))
	})
}

func workspaceOf(t *testing.T, c services.Config) workspace {
	t.Helper()
	w, ok := servicestest.Connect(t, Connect, c).(workspace)
	if !ok {
		t.Fatal("not a workspace")
	}
	return w
}

func bearers(s *servicestest.Server) string {
	var list []string
	for _, r := range s.Requests() {
		list = append(list, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}
	return strings.Join(list, " ")
}

func TestTokenCommand_isKept(t *testing.T) {
	t.Parallel()
	p, s := servicestest.Script(t, "print   \ufeffop_live_one \t\r"), whoami(t)
	w := workspaceOf(t, programmed(t, p, s))
	if p.Runs() != 0 || !w.Credential().IsZero() {
		t.Errorf("connecting ran the program %d times", p.Runs())
	}
	for range 3 {
		if _, err := w.Self(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := bearers(s); got != "op_live_one op_live_one op_live_one" || p.Runs() != 1 {
		t.Errorf("got %q in %d runs", got, p.Runs())
	}
	if got := w.Credential().Reveal(); got != "op_live_one" {
		t.Errorf("credential is %q", got)
	}
}

func TestTokenCommand_concurrentCallersShareARun(t *testing.T) {
	t.Parallel()
	p, s := servicestest.Script(t, "slow op_live_one"), whoami(t)
	w := workspaceOf(t, programmed(t, p, s))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.Self(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if p.Runs() != 1 {
		t.Errorf("%d runs", p.Runs())
	}
}

func TestTokenCommand_renewsBeforeExpiry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	first, second := servicestest.JWT(now.Add(40*time.Second)), servicestest.JWT(now.Add(3*time.Minute))
	p, s := servicestest.Script(t, "print "+first, "print "+second), whoami(t)
	b := bearerOf(t, programmed(t, p, s))
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, first}, {24 * time.Second, first}, {26 * time.Second, second}, {2 * time.Minute, second}} {
		at := now.Add(step.after)
		b.Now = func() time.Time { return at }
		sent := http.Header{}
		if err := b.Authorize(context.Background(), sent); err != nil || sent.Get("Authorization") != "Bearer "+step.want {
			t.Errorf("after %v: got %v, %v", step.after, sent, err)
		}
	}
	if p.Runs() != 2 {
		t.Errorf("%d runs", p.Runs())
	}
	// A session is not an API key, so it is no key that could be revoked.
	w := workspaceOf(t, programmed(t, p, s))
	if _, err := w.Self(context.Background()); err != nil || !w.Credential().IsZero() {
		t.Errorf("got %v, %v", w.Credential().Reveal(), err)
	}
}

func TestTokenCommand_renewsOnceWhenRejected(t *testing.T) {
	t.Parallel()
	p, s := servicestest.Script(t, "print op_live_old", "print op_live_new", "print op_live_newer"), whoami(t, "op_live_new")
	w := workspaceOf(t, programmed(t, p, s))
	for range 2 {
		if _, err := w.Self(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := bearers(s); got != "op_live_old op_live_new op_live_new" || p.Runs() != 2 {
		t.Errorf("got %q in %d runs", got, p.Runs())
	}

	p, s = servicestest.Script(t, "print op_live_wrong"), whoami(t, "op_live_right")
	_, err := workspaceOf(t, programmed(t, p, s)).Self(context.Background())
	if e := servicestest.Failure(t, err); e.Kind != driver.KindUnauthorized || len(s.Requests()) != 2 || p.Runs() != 2 {
		t.Errorf("got %v after %d requests and %d runs", e, len(s.Requests()), p.Runs())
	}

	// Another caller's fresh token is not thrown away.
	b := bearerOf(t, programmed(t, servicestest.Script(t, "print fresh"), s))
	if err := b.Authorize(context.Background(), http.Header{}); err != nil {
		t.Fatal(err)
	}
	if !b.Renew(context.Background(), http.Header{"Authorization": {"Bearer stale"}}) || b.Current().Reveal() != "fresh" {
		t.Error("the fresh token is gone")
	}
}

// A fixed session token that has expired says so, and when; a key that is refused,
// and a token whose time has not come, are refusals like any other.
func TestToken_expired(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token string
		want  driver.Kind
	}{
		"expired session": {servicestest.JWT(time.Now().Add(-time.Hour)), driver.KindCredential},
		"session":         {servicestest.JWT(time.Now().Add(time.Hour)), driver.KindUnauthorized},
		"key":             {"op_live_wrong", driver.KindUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := whoami(t, "op_live_right")
			w := workspaceOf(t, servicestest.Config(s.URL, map[string]string{"token": tc.token}))
			for range 2 {
				_, err := w.Self(context.Background())
				e := servicestest.Failure(t, err)
				if e.Kind != tc.want || e.Effect != driver.EffectNone || strings.Contains(e.Error(), tc.token) {
					t.Errorf("%v", e)
				}
				if says := strings.Contains(e.Error(), "expired at "); says != (tc.want == driver.KindCredential) {
					t.Errorf("%v", e)
				}
			}
		})
	}
}

// A program may leave an agent behind that holds on to its output.
func TestTokenCommand_leavesChild(t *testing.T) {
	t.Parallel()
	p, s := servicestest.Script(t, "leave op_live_left"), whoami(t, "op_live_left")
	if _, err := workspaceOf(t, programmed(t, p, s)).Self(context.Background()); err != nil {
		t.Error(err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestTokenCommand_failures(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"silent":                "printed nothing",
		"fail":                  "exit status 3",
		"print two op_live_wds": "a space",
		"flood":                 "64 KiB",
	} {
		p, s := servicestest.Script(t, name), whoami(t)
		_, err := workspaceOf(t, programmed(t, p, s)).Self(context.Background())
		e := servicestest.Failure(t, err)
		if e.Kind != driver.KindCredential || e.Effect != driver.EffectNone || !strings.Contains(e.Message, want) || !strings.Contains(e.Message, "token_command") {
			t.Errorf("%s: got %v", name, e)
		}
		if text := e.Error(); strings.Contains(text, "op_live_") || strings.Contains(text, "eyJ") || strings.Contains(text, "xxx") || strings.Contains(text, "script") {
			t.Errorf("%s: the error reveals too much: %s", name, text)
		}
		if name == "fail" && !strings.Contains(e.Message, "login expired") {
			t.Errorf("the program's complaint is missing: %s", e.Message)
		}
		if len(s.Requests()) != 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
	c := servicestest.Config("http://127.0.0.1:1", nil)
	c.Lists["token_command"] = []string{filepath.Join(t.TempDir(), "missing")}
	_, err := workspaceOf(t, c).Self(context.Background())
	if e := servicestest.Failure(t, err); e.Kind != driver.KindCredential || !strings.Contains(e.Message, "could not be run") {
		t.Errorf("got %v", e)
	}
}

// A program that fails may quote the token that it printed before, or was given: no
// error does.
func TestTokenCommand_quotesNoToken(t *testing.T) {
	t.Parallel()
	given, old, older := "opaque-and-given", "opaque-and-old", "opaque-and-older"
	session := servicestest.JWT(time.Now().Add(-time.Hour))
	p := servicestest.Script(t, "print "+older, "print "+old, "complain cannot refresh "+old+" nor "+older+", "+session+", op_live_0123456789, Bearer "+given+" nor <"+given+">")
	s := whoami(t, "none of these")
	c := programmed(t, p, s)
	c.Settings["token"], c.Source["token"] = given, "ONEPIN_TOKEN"
	w := workspaceOf(t, c)
	for range 3 { // each is refused, and fetched anew
		_, err := w.Self(context.Background())
		text := servicestest.Failure(t, err).Error()
		for _, secret := range []string{given, old, older, session, "op_live_0", "opaque"} {
			if strings.Contains(text, secret) {
				t.Errorf("the error quotes %q: %s", secret, text)
			}
		}
		if p.Runs() == 3 && !strings.Contains(text, "cannot refresh") {
			t.Errorf("the program's complaint is missing: %s", text)
		}
	}
	if p.Runs() < 3 {
		t.Errorf("%d runs, so that this proves nothing", p.Runs())
	}
}

func bearerOf(t *testing.T, c services.Config) *services.Credential {
	t.Helper()
	b, err := findBearer(&c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
