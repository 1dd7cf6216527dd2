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
	"regexp"
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

// Credential signs requests with a header: a fixed token, or what a program prints. It
// is safe for concurrent use.
type Credential struct {
	// Now is the clock that a token's expiry counts by: the service's.
	Now func() time.Time

	header, scheme string
	encode         func(token string) string // after scheme; nil sends the token as it is

	command []string // nil: the token is fixed
	limit   time.Duration
	setting string // of the program, for messages: "onepin.token_command"

	runs singleflight.Group // concurrent callers share one run

	mu     sync.Mutex
	token  driver.Secret
	expiry time.Time // zero: not known
	// secrets are all tokens that this process has had, so that no message quotes one.
	secrets []driver.Secret
	// expired is the error of a fixed token that the service has refused and whose
	// time has passed.
	expired error
}

// FixedBearer always sends the same token. setting is the attribute that can name a
// program instead, for messages.
func FixedBearer(token driver.Secret, setting string) *Credential {
	return &Credential{header: "Authorization", scheme: "Bearer ", token: token, setting: setting, limit: commandLimit, Now: time.Now}
}

// Bearer is the bearer that two settings name, a token and a program that prints one;
// nil if neither is set.
func (c Config) Bearer(service definition.Info, token, program Setting) (*Credential, error) {
	setting := service.Name + "." + program.Name
	command := c.Lists[program.Name]
	switch {
	case command == nil && c.Source[token.Name] == "":
		return nil, nil //nolint:nilnil // no bearer
	case command == nil: // also if there is nothing in it, which is an error
		value, err := c.Credential(service, token)
		return FixedBearer(value, setting), err
	case c.Source[token.Name] == FromAttribute:
		return nil, BadSetting(service, program.Name, fmt.Sprintf("%s.%s and %s are both set; set one of them", service.Name, token.Name, setting))
	case len(command) == 0 || command[0] == "":
		return nil, BadSetting(service, program.Name, "the list names no program")
	}
	b := FixedBearer(driver.Secret{}, setting)
	b.command = command
	b.secrets = []driver.Secret{driver.NewSecret(c.Settings[token.Name])} // the program sees the variable, too
	return b, nil
}

// In makes the credential be sent in another header, after a scheme; encode, unless nil,
// changes what follows that.
func (c *Credential) In(header, scheme string, encode func(token string) string) {
	c.header, c.scheme, c.encode = header, scheme, encode
}

// value is what the header holds.
func (c *Credential) value(token driver.Secret) string {
	if c.encode != nil {
		return c.scheme + c.encode(token.Reveal())
	}
	return c.scheme + token.Reveal()
}

// Current is the API key in use; zero before the first run of a program. A bearer that is
// a JWT is a session, and no API key.
func (c *Credential) Current() driver.Secret {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.scheme != "" && IsJWT(c.token.Reveal()) {
		return driver.Secret{}
	}
	return c.token
}

// Authorize sets the credential header, see [httpclient.Signer]. A caller who
// gives up does not end a run of the program that others wait for.
func (c *Credential) Authorize(ctx context.Context, h http.Header) error {
	token, err := c.usable()
	if err == nil && token.IsZero() {
		done := c.runs.DoChan("", func() (any, error) {
			if token, _ := c.usable(); !token.IsZero() {
				return token, nil
			}
			return c.run(context.WithoutCancel(ctx))
		})
		select {
		case result := <-done:
			token, _ = result.Val.(driver.Secret)
			err = result.Err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err == nil {
		h.Set(c.header, c.value(token))
	}
	return err
}

// usable is the token if it is valid for some time.
func (c *Credential) usable() (driver.Secret, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.expiry.IsZero() && c.expiry.Sub(c.Now()) < renewBefore {
		return driver.Secret{}, nil
	}
	return c.token, c.expired
}

// Renew forgets the token that was rejected, so that the next attempt runs the
// program again; one that another caller has already renewed stays. A fixed token that
// has expired fails the next attempt with an error that says so, because
// "unauthorized" would suggest a wrong key.
func (c *Credential) Renew(_ context.Context, rejected http.Header) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.command == nil {
		at := expiry(c.token.Reveal())
		if at.IsZero() || c.Now().Before(at) || c.setting == "" {
			return false
		}
		c.expired = fmt.Errorf("the session token expired at %s: such tokens expire soon; set %s to fetch new ones", at.UTC().Format(time.RFC3339), c.setting)
		return true
	}
	if rejected.Get(c.header) == c.value(c.token) {
		c.token = driver.Secret{}
	}
	return true
}

// run runs the program once and keeps what it prints. Errors name the program
// but neither its arguments, which may be secret, nor its output, which is.
func (c *Credential) run(ctx context.Context) (driver.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	var stdout, stderr capped
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...) //nolint:gosec // the user's own setting; no shell is involved
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // for children that keep the pipes open
	err := cmd.Run()
	token := httpclient.TrimSetting(stdout.kept.String())
	var exit *exec.ExitError
	switch bad := httpclient.CheckCredential(token); {
	case ctx.Err() != nil:
		err = fmt.Errorf("did not end within %v", c.limit)
	case errors.As(err, &exit):
		err = fmt.Errorf("failed with %w%s", exit, c.complaint(stderr.kept.String(), token))
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // which says that a child keeps the pipes open
		err = fmt.Errorf("could not be run: %w", err)
	case token == "":
		err = fmt.Errorf("printed nothing%s", c.complaint(stderr.kept.String(), token))
	case stdout.cut:
		err = fmt.Errorf("printed more than %d KiB", maxOutput>>10)
	case bad != nil:
		err = fmt.Errorf("printed something that is no token: %w", bad)
	default:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.token, c.expiry = driver.NewSecret(token), expiry(token)
		c.secrets = append(c.secrets, c.token)
		return c.token, nil
	}
	return driver.Secret{}, fmt.Errorf("%s %q %w", c.setting, c.command[0], err)
}

// complaint is what a program said on stderr, fit for a message: without what it
// printed, without tokens of earlier runs, and without whatever looks like one.
func (c *Credential) complaint(stderr, output string) string {
	c.mu.Lock()
	secrets := strings.Fields(output)
	for _, token := range c.secrets {
		secrets = append(secrets, token.Reveal())
	}
	c.mu.Unlock()
	said := httpclient.Redact(strings.ToValidUTF8(strings.Join(strings.Fields(stderr), " "), ""), secrets...)
	if said == "" {
		return ""
	}
	return fmt.Sprintf(": %.*q", maxComplaint, said)
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

// jwt matches a token that looks like a JWT: three parts in base64url, the first of
// which is a JSON object (RFC 7519).
var jwt = regexp.MustCompile(`^e[w-z\d_-][\w-]*=*\.([\w-]+)=*\.[\w-]+=*$`)

// IsJWT reports whether a token looks like a session rather than an API key.
func IsJWT(token string) bool { return jwt.MatchString(token) }

// expiry is a JWT's exp; zero for any other token, or if it names none.
func expiry(token string) time.Time {
	parts := jwt.FindStringSubmatch(token)
	var c struct {
		Exp float64 `json:"exp"` // seconds since 1970, possibly with a fraction
	}
	if parts == nil {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil || c.Exp <= 0 || c.Exp > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(c.Exp), 0)
}
