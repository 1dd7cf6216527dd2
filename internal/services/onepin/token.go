package onepin

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
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

const (
	// commandLimit bounds one run of token_command.
	commandLimit = 30 * time.Second
	// renewBefore is how long before its expiry a token is no longer used. Clerk's
	// session tokens live for a minute by default.
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

// bearer is the credential: a fixed token, or what token_command prints. It is
// safe for concurrent use.
type bearer struct {
	command []string // nil: the token is fixed
	limit   time.Duration
	now     func() time.Time

	runs singleflight.Group // concurrent callers share one run

	mu     sync.Mutex
	token  keyring.Secret
	expiry time.Time // zero: not known
	// known are all tokens that this process has had or been given, so that none is
	// quoted.
	known []keyring.Secret
	// expired is what a fixed token is refused with, once the service has refused
	// it and its time is found to have passed.
	expired error
}

// current is the token as far as it is known; zero before the first run.
func (b *bearer) current() keyring.Secret {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token
}

// authorize sets the credential header.
func (b *bearer) authorize(ctx context.Context, h http.Header) error {
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

// renew forgets the token that was rejected, so that the next try runs the
// program again; one that another caller has renewed already stays. A fixed token
// that has expired makes the next try end with words of its own: "unauthorized"
// would send its user looking for a wrong key.
func (b *bearer) renew(_ context.Context, rejected http.Header) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command == nil {
		at := expiry(b.token.Reveal())
		if at.IsZero() || b.now().Before(at) {
			return false
		}
		b.expired = fmt.Errorf("the session token expired at %s: such tokens live about a minute; let onepin.token_command fetch them, or sign in with an API key", at.UTC().Format(time.RFC3339))
		return true
	}
	if rejected.Get(authorization) == bearerScheme+b.token.Reveal() {
		b.token = keyring.Secret{}
	}
	return true
}

// get returns a token that is good for another while. A caller who gives up does
// not end a run that others wait for.
func (b *bearer) get(ctx context.Context) (keyring.Secret, error) {
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
		token, _ := result.Val.(keyring.Secret)
		return token, result.Err
	case <-ctx.Done():
		return keyring.Secret{}, ctx.Err()
	}
}

func (b *bearer) usable() keyring.Secret {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command != nil && !b.expiry.IsZero() && b.expiry.Sub(b.now()) < renewBefore {
		return keyring.Secret{}
	}
	return b.token
}

// run runs the program once and keeps what it prints. Errors name the program
// but neither its arguments, which may be secret, nor its output, which is.
func (b *bearer) run(ctx context.Context) (keyring.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	var stdout, stderr capped
	cmd := exec.CommandContext(ctx, b.command[0], b.command[1:]...) //nolint:gosec // the user's own setting; no shell is involved
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // for children that keep the pipes open
	err := cmd.Run()
	fail := func(format string, args ...any) (keyring.Secret, error) {
		return keyring.Secret{}, fmt.Errorf("token_command %q "+format, append([]any{b.command[0]}, args...)...)
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
	b.token, b.expiry = keyring.NewSecret(output), expiry(output)
	b.known = append(b.known, b.token)
	return b.token, nil
}

// complaint is what a program said on stderr, fit for a message: without what it
// printed, without tokens of earlier runs, and without whatever looks like one.
func (b *bearer) complaint(stderr, output string) string {
	b.mu.Lock()
	secrets := strings.Fields(output)
	for _, token := range b.known {
		secrets = append(secrets, token.Reveal())
	}
	b.mu.Unlock()
	words := strings.ToValidUTF8(strings.Join(strings.Fields(stderr), " "), "")
	words = httpclient.Scrub(words, secrets...)
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

// Write implements io.Writer. It never fails: a program must not die of its talk.
func (c *capped) Write(p []byte) (int, error) {
	room := maxOutput - c.kept.Len()
	c.cut = c.cut || len(p) > room
	c.kept.Write(p[:min(len(p), room)])
	return len(p), nil
}

// claims returns the payload of a JWT, and whether token is one by its looks:
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

func isJWT(token string) bool {
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
