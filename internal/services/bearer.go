package services

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

const (
	// commandLimit bounds one run of a program that prints a token.
	commandLimit = 30 * time.Second
	// renewBefore is how long before its expiry a token is no longer used. Clerk's
	// session tokens, which OnePin takes, live for a minute by default.
	renewBefore = 15 * time.Second
	// maxOutput bounds what is kept of a program's output, in bytes.
	maxOutput = 64 << 10
	// maxComplaint bounds what an error quotes of a program's stderr, in bytes.
	maxComplaint = 200
)

const (
	authorization = "Authorization"
	bearerScheme  = "Bearer "
)

// Bearer is a credential in the Authorization header: a fixed token, or what a
// program prints. It is safe for concurrent use.
type Bearer struct {
	// Now is the clock that a token's expiry counts by: the service's.
	Now func() time.Time

	command []string // nil: the token is fixed
	limit   time.Duration
	setting string // of the program, for messages: "onepin.token_command"

	runs singleflight.Group // concurrent callers share one run

	mu     sync.Mutex
	token  driver.Secret
	expiry time.Time // zero: not known
	// known are all tokens that this process has had, so that no message quotes one.
	known []driver.Secret
	// expired is the error of a fixed token that the service has refused and whose
	// time has passed.
	expired error
}

// FixedBearer always sends the same token. setting is the attribute that can name a
// program instead, for messages.
func FixedBearer(token driver.Secret, setting string) *Bearer {
	return &Bearer{token: token, setting: setting, Now: time.Now}
}

// Bearer is the bearer that two settings name, a token and a program that prints one;
// ok is false if neither is set.
func (c Config) Bearer(service definition.Info, token, program Setting) (b *Bearer, ok bool, err error) {
	setting := service.Name + "." + program.Name
	command := c.Lists[program.Name]
	switch {
	case command == nil && c.Source[token.Name] == "":
		return nil, false, nil
	case command == nil: // also if there is nothing in it, which is an error
		value, err := c.Credential(service, token)
		return FixedBearer(value, setting), true, err
	case c.Source[token.Name] == FromAttribute:
		return nil, true, BadSetting(service, program.Name, fmt.Sprintf("%s.%s and %s are both set; set one of them", service.Name, token.Name, setting))
	case len(command) == 0 || command[0] == "":
		return nil, true, BadSetting(service, program.Name, "the list names no program")
	}
	b = &Bearer{command: command, limit: commandLimit, setting: setting, Now: time.Now}
	if unused := driver.NewSecret(c.Settings[token.Name]); !unused.IsZero() {
		b.known = append(b.known, unused) // the program sees the variable, too
	}
	return b, true, nil
}

// Current is the current token; zero before the first run.
func (b *Bearer) Current() driver.Secret {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token
}

// Authorize sets the credential header, see httpclient.Config.Authorize.
func (b *Bearer) Authorize(ctx context.Context, h http.Header) error {
	b.mu.Lock()
	err := b.expired
	b.mu.Unlock()
	if err != nil {
		return err
	}
	token, err := b.get(ctx)
	if err != nil {
		return err
	}
	h.Set(authorization, bearerScheme+token.Reveal())
	return nil
}

// Renew forgets the token that was rejected, so that the next attempt runs the
// program again; one that another caller has already renewed stays. A fixed token that
// has expired fails the next attempt with an error that says so, because
// "unauthorized" would suggest a wrong key.
func (b *Bearer) Renew(_ context.Context, rejected http.Header) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command == nil {
		at := expiry(b.token.Reveal())
		if at.IsZero() || b.Now().Before(at) {
			return false
		}
		b.expired = fmt.Errorf("the session token expired at %s: such tokens expire soon; set %s to fetch new ones", at.UTC().Format(time.RFC3339), b.setting)
		return true
	}
	if rejected.Get(authorization) == bearerScheme+b.token.Reveal() {
		b.token = driver.Secret{}
	}
	return true
}

// get returns a token that is valid for some time. A caller who gives up does not end
// a run that others wait for.
func (b *Bearer) get(ctx context.Context) (driver.Secret, error) {
	if token := b.usable(); !token.IsZero() {
		return token, nil
	}
	done := b.runs.DoChan("", func() (any, error) {
		if token := b.usable(); !token.IsZero() {
			return token, nil
		}
		return b.run(context.WithoutCancel(ctx))
	})
	select {
	case result := <-done:
		token, _ := result.Val.(driver.Secret)
		return token, result.Err
	case <-ctx.Done():
		return driver.Secret{}, ctx.Err()
	}
}

func (b *Bearer) usable() driver.Secret {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command != nil && !b.expiry.IsZero() && b.expiry.Sub(b.Now()) < renewBefore {
		return driver.Secret{}
	}
	return b.token
}

// run runs the program once and keeps what it prints. Errors name the program
// but neither its arguments, which may be secret, nor its output, which is.
func (b *Bearer) run(ctx context.Context) (driver.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	var stdout, stderr capped
	cmd := exec.CommandContext(ctx, b.command[0], b.command[1:]...) //nolint:gosec // the user's own setting; no shell is involved
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // for children that keep the pipes open
	err := cmd.Run()
	fail := func(format string, args ...any) (driver.Secret, error) {
		return driver.Secret{}, fmt.Errorf("%s %q "+format, append([]any{b.setting, b.command[0]}, args...)...)
	}
	output := httpclient.TrimSetting(stdout.kept.String())
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fail("did not end within %v", b.limit)
	case errors.As(err, &exit):
		return fail("failed with %v%s", exit, b.complaint(stderr.kept.String(), output))
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // which says that a child keeps the pipes open
		return fail("could not be run: %w", err)
	case output == "":
		return fail("printed nothing%s", b.complaint(stderr.kept.String(), output))
	case stdout.cut:
		return fail("printed more than %d KiB", maxOutput>>10)
	}
	if err := httpclient.CheckCredential(output); err != nil {
		return fail("printed something that is no token: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.token, b.expiry = driver.NewSecret(output), expiry(output)
	b.known = append(b.known, b.token)
	return b.token, nil
}

// complaint is what a program said on stderr, fit for a message: without what it
// printed, without tokens of earlier runs, and without whatever looks like one.
func (b *Bearer) complaint(stderr, output string) string {
	b.mu.Lock()
	secrets := strings.Fields(output)
	for _, token := range b.known {
		secrets = append(secrets, token.Reveal())
	}
	b.mu.Unlock()
	words := strings.ToValidUTF8(strings.Join(strings.Fields(stderr), " "), "")
	words = httpclient.Redact(words, secrets...)
	if words == "" {
		return ""
	}
	return fmt.Sprintf(": %.*q", maxComplaint, words)
}

// capped keeps the first maxOutput bytes that are written to it. The buffer is
// not embedded: io.Copy would find its ReadFrom, which has no bound.
type capped struct {
	kept bytes.Buffer
	cut  bool
}

// Write implements io.Writer. It never fails: a program must not fail because it prints much.
func (c *capped) Write(p []byte) (int, error) {
	room := maxOutput - c.kept.Len()
	c.cut = c.cut || len(p) > room
	c.kept.Write(p[:min(len(p), room)])
	return len(p), nil
}

// claims returns the payload of a JWT, and whether token looks like one:
// three parts in base64url, separated by dots (RFC 7519).
func claims(token string) ([]byte, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	var payload []byte
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
		if err != nil || len(decoded) == 0 {
			return nil, false
		}
		if i == 1 {
			payload = decoded
		}
	}
	return payload, true
}

// IsJWT reports whether a token looks like a session rather than an API key.
func IsJWT(token string) bool {
	_, ok := claims(token)
	return ok
}

// expiry is a JWT's exp; zero for any other token, or if it names none.
func expiry(token string) time.Time {
	payload, ok := claims(token)
	var c struct {
		Exp float64 `json:"exp"` // seconds since 1970, possibly with a fraction
	}
	if !ok || json.Unmarshal(payload, &c) != nil || c.Exp <= 0 || c.Exp > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(c.Exp), 0)
}
