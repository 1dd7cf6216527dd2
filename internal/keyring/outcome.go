package keyring

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// OutcomeUnknownError is the error of a create or rotation that may have created a key,
// or created one that cannot be distinguished from others. The caller must keep Window, and pass
// it to [Ring.Reconcile] before creating a key again.
type OutcomeUnknownError struct {
	Window CreateWindow
	// Candidates are the keys that it may have created: none or several.
	Candidates []driver.Key
	// Err is why the outcome is unknown.
	Err error
}

func (u *OutcomeUnknownError) Error() string { return fmt.Sprintf("%v; %s", u.Err, u.Outcome()) }

// Unwrap returns why the outcome is unknown.
func (u *OutcomeUnknownError) Unwrap() error { return u.Err }

// Outcome says what is known: that no key has appeared, or which keys may be the one.
func (u *OutcomeUnknownError) Outcome() string {
	switch {
	case len(u.Candidates) == 0:
		return fmt.Sprintf("no new key named %q has appeared so far", u.Window.Name)
	case u.Renamed():
		return fmt.Sprintf("no new key named %q has appeared, but new ones whose names the service may have changed:\n%s", u.Window.Name, Describe(u.Candidates))
	}
	return fmt.Sprintf("it may have created any of these keys:\n%s", Describe(u.Candidates))
}

// Renamed reports whether the candidates do not have the name that was asked for, but
// one that the service may have made of it. That proves too little to revoke one.
func (u *OutcomeUnknownError) Renamed() bool {
	if len(u.Candidates) == 0 {
		return false
	}
	how, ok := nameChange(u.Window.Name, u.Candidates[0].Name)
	return ok && how != nameSame
}

// Describe lists keys, one a line: id, name, and what the service says about when the
// key was created and last used.
func Describe(keys []driver.Key) string {
	lines := make([]string, len(keys))
	for i, k := range keys {
		lines[i] = fmt.Sprintf("%s (%q)", k.ID, k.Name)
		if !k.CreatedAt.IsZero() {
			lines[i] += ", created " + k.CreatedAt.UTC().Format(time.RFC3339)
		}
		if !k.LastUsedAt.IsZero() {
			lines[i] += ", last used " + k.LastUsedAt.UTC().Format(time.RFC3339)
		}
	}
	return strings.Join(lines, "\n")
}
