package keyring

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// skew is how far the service's clock and our estimate of it may differ: Date headers
// have whole seconds and take their time, and so may times of creation.
const skew = 3 * time.Second

// CreateWindow describes the key that a request of unknown outcome may have created.
type CreateWindow struct {
	// Name is the name that was asked for. The resource that keeps the window may have
	// another name by now.
	Name string `json:"name"`
	// From and To are the time in which it was created, by the service's clock.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// NotCreated are the ids of keys of that name and time that it did not create: they
	// existed before, or other requests created them.
	NotCreated []string `json:"not,omitempty"`
	// Certain: the answer had a value, so a key was certainly created, but it was not found.
	Certain bool `json:"certain,omitempty"`
	// CreatedAt is when, if the answer said so. Only with Certain.
	CreatedAt time.Time `json:"created,omitzero"`
	// Value is the key's value if the caller has it. It is not part of the id.
	Value driver.Secret `json:"-"`
}

// createWindowPrefix begins the id of a create whose outcome is unknown.
const createWindowPrefix = "unknown-outcome-"

// ID returns the window as an id, to be kept where the key's id would be: a prefix, then
// the window as JSON.
func (w CreateWindow) ID() string {
	w.From, w.To, w.CreatedAt = asJSON(w.From), asJSON(w.To), asJSON(w.CreatedAt)
	text, err := json.Marshal(w)
	if err != nil {
		panic(err) // there is nothing left that JSON does not have
	}
	return createWindowPrefix + string(text)
}

// asJSON returns a time as JSON has it: in UTC, and in a year of four digits. Services that
// count seconds can say others.
func asJSON(t time.Time) time.Time {
	switch t = t.UTC(); {
	case t.Year() < 0:
		return time.Time{}
	case t.Year() > 9999:
		return time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// IsWindowID reports whether an id is that of a create of unknown outcome, and not of a key.
func IsWindowID(id string) bool { return strings.HasPrefix(id, createWindowPrefix) }

// ParseCreateWindow reads what [CreateWindow.ID] wrote; ok is false for anything else.
func ParseCreateWindow(id string) (w CreateWindow, ok bool) {
	text, ok := strings.CutPrefix(id, createWindowPrefix)
	return w, ok && json.Unmarshal([]byte(text), &w) == nil
}

// mayConcern reports whether a key could be taken for the one of the window.
func (w CreateWindow) mayConcern(k createdKey) bool {
	return w.includes(k.created) && compareNames(w.Name, k.name) != otherName
}

// includes reports whether a time of creation fits the window. An unknown one does.
func (w CreateWindow) includes(created time.Time) bool {
	return created.IsZero() || !created.Before(w.From.Add(-skew)) && !created.After(w.To.Add(skew))
}

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
// one that the service may have changed it to. That proves too little to revoke one.
func (u *OutcomeUnknownError) Renamed() bool {
	return len(u.Candidates) > 0 && compareNames(u.Window.Name, u.Candidates[0].Name) == changedName
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
