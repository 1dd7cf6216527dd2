package onepin

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/servicestest"
)

// tokenProgram as the first argument makes the test binary a token_command: it
// prints the remaining lines of a file one run at a time.
const tokenProgram = "token-program"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == tokenProgram {
		os.Exit(runTokenProgram(os.Args[2]))
	}
	os.Exit(m.Run())
}

func runTokenProgram(file string) int {
	// Each run leaves a mark, by which it also knows how many there were.
	marks, _ := filepath.Glob(file + ".run*")
	_ = os.WriteFile(fmt.Sprintf("%s.run%d", file, len(marks)), nil, 0o600)
	script, _ := os.ReadFile(file)
	lines := strings.Split(string(script), "\n")
	line := lines[min(len(marks), len(lines)-1)]
	action, text, _ := strings.Cut(line, " ")
	switch action {
	case "print":
		fmt.Println(text)
	case "silent":
	case "fail":
		fmt.Println("op_live_half_a_secret")
		fmt.Fprintln(os.Stderr, "login expired for op_live_half_a_secret,\nrun login;  token eyJhbGciOi.eyJleHAiOjF9.c2ln")
		return 3
	case "complain":
		fmt.Fprintln(os.Stderr, text)
		return 3
	case "hang":
		time.Sleep(time.Minute)
	case "slow":
		time.Sleep(200 * time.Millisecond)
		fmt.Println(text)
	case "leave": // a child that keeps the pipes
		fmt.Println(text)
		self, _ := os.Executable()
		child := exec.Command(self, tokenProgram, file+".child")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		_ = os.WriteFile(file+".child", []byte("linger"), 0o600)
		if child.Start() != nil {
			return 4
		}
	case "linger":
		time.Sleep(5 * time.Second)
	case "flood":
		fmt.Println(strings.Repeat("x", maxOutput+1))
	}
	return 0
}

// program is a token_command that acts by one line of the script at each run.
type program struct{ file string }

func script(t *testing.T, lines ...string) program {
	t.Helper()
	p := program{filepath.Join(t.TempDir(), "script")}
	if err := os.WriteFile(p.file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p program) command(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, tokenProgram, p.file}
}

func (p program) runs() int {
	marks, _ := filepath.Glob(p.file + ".run*")
	return len(marks)
}

func (p program) config(t *testing.T, s *servicestest.Server) services.Config {
	t.Helper()
	c := servicestest.Config(s.URL, nil)
	c.Lists[commandSetting] = p.command(t)
	return c
}

func jwt(exp time.Time) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"RS256","typ":"JWT"}`) + "." + part(fmt.Sprintf(`{"sub":"user","exp":%d}`, exp.Unix())) + "." + part("signature")
}

// nobody answers every whoami call; accepted limits it to some bearers.
func nobody(t *testing.T, accepted ...string) *servicestest.Server {
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
	p, s := script(t, "print   \ufeffop_live_one \t\r"), nobody(t)
	w := workspaceOf(t, p.config(t, s))
	if p.runs() != 0 || !w.Credential().IsZero() {
		t.Errorf("connecting ran the program %d times", p.runs())
	}
	for range 3 {
		if _, err := w.Self(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := bearers(s); got != "op_live_one op_live_one op_live_one" || p.runs() != 1 {
		t.Errorf("got %q in %d runs", got, p.runs())
	}
	if got := w.Credential().Reveal(); got != "op_live_one" {
		t.Errorf("credential is %q", got)
	}
}

func TestTokenCommand_concurrentCallersShareARun(t *testing.T) {
	t.Parallel()
	p, s := script(t, "slow op_live_one"), nobody(t)
	w := workspaceOf(t, p.config(t, s))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.Self(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if p.runs() != 1 {
		t.Errorf("%d runs", p.runs())
	}
}

func TestTokenCommand_renewsBeforeExpiry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	first, second := jwt(now.Add(40*time.Second)), jwt(now.Add(3*time.Minute))
	p, s := script(t, "print "+first, "print "+second), nobody(t)
	b := &bearer{command: p.command(t), limit: commandLimit, now: func() time.Time { return now }}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, first}, {24 * time.Second, first}, {26 * time.Second, second}, {2 * time.Minute, second}} {
		at := now.Add(step.after)
		b.now = func() time.Time { return at }
		if got, err := b.get(context.Background()); err != nil || got.Reveal() != step.want {
			t.Errorf("after %v: got %q, %v", step.after, got.Reveal(), err)
		}
	}
	if p.runs() != 2 {
		t.Errorf("%d runs", p.runs())
	}
	// A session is not an API key, so it is no key that could be revoked.
	w := workspaceOf(t, p.config(t, s))
	if _, err := w.Self(context.Background()); err != nil || !w.Credential().IsZero() {
		t.Errorf("got %v, %v", w.Credential().Reveal(), err)
	}
}

func TestTokenCommand_renewsOnceWhenRejected(t *testing.T) {
	t.Parallel()
	p, s := script(t, "print op_live_old", "print op_live_new", "print op_live_newer"), nobody(t, "op_live_new")
	w := workspaceOf(t, p.config(t, s))
	for range 2 {
		if _, err := w.Self(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := bearers(s); got != "op_live_old op_live_new op_live_new" || p.runs() != 2 {
		t.Errorf("got %q in %d runs", got, p.runs())
	}

	p, s = script(t, "print op_live_wrong"), nobody(t, "op_live_right")
	_, err := workspaceOf(t, p.config(t, s)).Self(context.Background())
	if e := servicestest.Failure(t, err); e.Kind != keyring.KindUnauthorized || len(s.Requests()) != 2 || p.runs() != 2 {
		t.Errorf("got %v after %d requests and %d runs", e, len(s.Requests()), p.runs())
	}

	// Another caller's fresh token is not thrown away.
	b := &bearer{command: []string{"x"}, token: keyring.NewSecret("fresh"), now: time.Now}
	if !b.renew(context.Background(), http.Header{"Authorization": {"Bearer stale"}}) || b.current().Reveal() != "fresh" {
		t.Error("the fresh token is gone")
	}
}

// A fixed session token that has expired says so, and when; a key that is refused,
// and a token whose time has not come, are refusals like any other.
func TestToken_expired(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token string
		want  keyring.Kind
	}{
		"expired session": {jwt(time.Now().Add(-time.Hour)), keyring.KindCredential},
		"session":         {jwt(time.Now().Add(time.Hour)), keyring.KindUnauthorized},
		"key":             {"op_live_wrong", keyring.KindUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := nobody(t, "op_live_right")
			w := workspaceOf(t, servicestest.Config(s.URL, map[string]string{"token": tc.token}))
			for range 2 {
				_, err := w.Self(context.Background())
				e := servicestest.Failure(t, err)
				if e.Kind != tc.want || e.Effect != keyring.EffectNone || strings.Contains(e.Error(), tc.token) {
					t.Errorf("%v", e)
				}
				if told := strings.Contains(e.Error(), "expired at "); told != (tc.want == keyring.KindCredential) {
					t.Errorf("%v", e)
				}
			}
		})
	}
}

// A program may leave an agent behind that holds on to its output.
func TestTokenCommand_leavesChild(t *testing.T) {
	t.Parallel()
	p, s := script(t, "leave op_live_left"), nobody(t, "op_live_left")
	if _, err := workspaceOf(t, p.config(t, s)).Self(context.Background()); err != nil {
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
		p, s := script(t, name), nobody(t)
		_, err := workspaceOf(t, p.config(t, s)).Self(context.Background())
		e := servicestest.Failure(t, err)
		if e.Kind != keyring.KindCredential || e.Effect != keyring.EffectNone || !strings.Contains(e.Message, want) || !strings.Contains(e.Message, "token_command") {
			t.Errorf("%s: got %v", name, e)
		}
		if text := e.Error(); strings.Contains(text, "op_live_") || strings.Contains(text, "eyJ") || strings.Contains(text, "xxx") || strings.Contains(text, "script") {
			t.Errorf("%s: the error tells too much: %s", name, text)
		}
		if name == "fail" && !strings.Contains(e.Message, "login expired") {
			t.Errorf("the program's complaint is missing: %s", e.Message)
		}
		if len(s.Requests()) != 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
	c := servicestest.Config("http://127.0.0.1:1", nil)
	c.Lists[commandSetting] = []string{filepath.Join(t.TempDir(), "missing")}
	_, err := workspaceOf(t, c).Self(context.Background())
	if e := servicestest.Failure(t, err); e.Kind != keyring.KindCredential || !strings.Contains(e.Message, "could not be run") {
		t.Errorf("got %v", e)
	}
}

// A program that fails may quote the token that it printed before, or was given: no
// error does.
func TestTokenCommand_quotesNoToken(t *testing.T) {
	t.Parallel()
	given, old, older := "opaque-and-given", "opaque-and-old", "opaque-and-older"
	jwt := jwt(time.Now().Add(-time.Hour))
	p := script(t, "print "+older, "print "+old, "complain cannot refresh "+old+" nor "+older+", "+jwt+", op_live_0123456789, Bearer "+given+" nor <"+given+">")
	s := nobody(t, "none of these")
	c := p.config(t, s)
	c.Settings[tokenSetting], c.Source[tokenSetting] = given, "ONEPIN_TOKEN"
	w := workspaceOf(t, c)
	for range 3 { // each is refused, and fetched anew
		_, err := w.Self(context.Background())
		text := servicestest.Failure(t, err).Error()
		for _, secret := range []string{given, old, older, jwt, "op_live_0", "opaque"} {
			if strings.Contains(text, secret) {
				t.Errorf("the error quotes %q: %s", secret, text)
			}
		}
		if p.runs() == 3 && !strings.Contains(text, "cannot refresh") {
			t.Errorf("the program's complaint is missing: %s", text)
		}
	}
	if p.runs() < 3 {
		t.Errorf("%d runs, so that this proves nothing", p.runs())
	}
}

func TestTokenCommand_isBounded(t *testing.T) {
	t.Parallel()
	p := script(t, "hang")
	b := &bearer{command: p.command(t), limit: 300 * time.Millisecond, now: time.Now}
	if _, err := b.get(context.Background()); err == nil || !strings.Contains(err.Error(), "300ms") {
		t.Errorf("got %v", err)
	}
	// A caller who gives up does not wait for the program.
	b = &bearer{command: p.command(t), limit: time.Second, now: time.Now}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.get(ctx); err == nil {
		t.Error("want an error")
	}
}

func TestIsJWT(t *testing.T) {
	t.Parallel()
	at := time.Unix(1800000000, 0)
	if token := jwt(at); !isJWT(token) || !expiry(token).Equal(at) {
		t.Errorf("%s: %v", token, expiry(token))
	}
	for _, token := range []string{"", "op_live_abc", "a.b", "a..c", "a.b.c.d", "ä.b.c", "op.live.key!"} {
		if isJWT(token) || !expiry(token).IsZero() {
			t.Errorf("%q is no JWT", token)
		}
	}
	for _, payload := range []string{`{}`, `[]`, `{"exp":"soon"}`, `{"exp":-1}`, `{"exp":1e300}`} {
		token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".e30"
		if !isJWT(token) || !expiry(token).IsZero() {
			t.Errorf("%s: got %v", payload, expiry(token))
		}
	}
}
