package httpclient

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// TrimSetting takes away what files, editors and secret stores put around a value:
// spaces, tabs, line breaks and byte order marks at its ends.
func TrimSetting(value string) string { return strings.Trim(value, " \t\r\n\ufeff") }

// CheckCredential refuses a credential that cannot be sent as a header: empty, or
// with spaces, control characters or anything besides ASCII. Its error says what
// is wrong and where, never the value.
func CheckCredential(value string) error {
	if value == "" {
		return errors.New("the credential is empty")
	}
	bad := strings.IndexFunc(value, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	if bad < 0 {
		return nil
	}
	what := "a control character"
	switch r, _ := utf8.DecodeRuneInString(value[bad:]); {
	case r == '\n' || r == '\r':
		what = "a line break"
	case unicode.IsSpace(r):
		what = "a space"
	case r > 0x7f:
		what = "a character that is not ASCII"
	}
	return fmt.Errorf("the credential holds %s (character %d of %d)", what, utf8.RuneCountInString(value[:bad])+1, utf8.RuneCountInString(value))
}

// Redacted replaces a secret.
const Redacted = "(redacted)"

// minSecret is the shortest text that is treated as a secret when it is passed
// in; shorter ones would blot out ordinary words.
const minSecret = 6

// credentialWords match what looks like a secret wherever it stands: keys that
// begin with whose they are and what kind of key, as those of all services here
// do (docs.pioneer.ai and public code: pio_sk_; Expunct documentation, API Keys:
// pk_live_, pk_test_; OnePin's CLI: op_live_), and JWTs.
var credentialWords = pattern(`(?i)[a-z]{2,16}_(?:sk|live|test)_[\pL\pN._~+/=-]*|` +
	`eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?`)

// labelled matches a word behind something that announces a secret.
var labelled = pattern(`(?i)(\bbearer[\s:="']+|\bx-api-key\\?["']?\s*[:=]\s*\\?["']?)([^\s"',;<>)\\]+)`)

// plainWords follow such an announcement in sentences about credentials.
var plainWords = pattern(`(?i)^(?:tokens?|auth|authenticat(?:ion|ed)|authori[sz]ation|scheme|credentials?|keys?|` +
	`headers?|format|jwt|is|was|are|not|must|or|and|required|missing|invalid|expected|expired|malformed|\(redacted\)?)[.:!?]*$`)

// pattern is a regular expression that is compiled when it is first needed: most
// runs of a provider meet no error, and each one would pay for it at its start.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// Redact replaces the secrets passed in, and every word that looks like a secret,
// by a fixed text.
func Redact(s string, secrets ...string) string {
	// The longest first: one may be part of another.
	secrets = slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			s = strings.ReplaceAll(s, secret, Redacted)
		}
	}
	s = credentialWords().ReplaceAllString(s, Redacted)
	return labelled().ReplaceAllStringFunc(s, func(match string) string {
		part := labelled().FindStringSubmatch(match)
		if plainWords().MatchString(part[2]) {
			return match
		}
		return part[1] + Redacted
	})
}

// sanitize makes foreign text fit for a message: one line, valid UTF-8, nothing that
// steers a terminal, no secrets, at most limit bytes. The cut comes last, so that
// it cannot leave half a secret that is no longer recognised.
func sanitize(s string, limit int, secrets []string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = Redact(strings.Join(strings.Fields(s), " "), secrets...)
	if len(s) > limit {
		const ellipsis = "…"
		s = strings.ToValidUTF8(s[:limit-len(ellipsis)], "") + ellipsis
	}
	return s
}
