package keyring

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
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
	Name string
	// From and To are the time in which it was created, by the service's clock.
	From, To time.Time
	// Known are the ids of keys of that name and time that it did not create: they
	// existed before, or other requests created them.
	Known []string
	// Made: the answer had a value, so a key was certainly created, but it was not found.
	Made bool
	// CreatedAt is when, if the answer said so. Only with Made.
	CreatedAt time.Time
	// Also is another name that the key may have: that of the answer.
	Also string
	// Value is the key's value if the caller has it. It is not part of the id.
	Value driver.Secret
}

// createWindowPrefix begins the id of a create whose outcome is unknown.
const createWindowPrefix = "unknown-outcome-"

// The parts of such an id. Ids and names are escaped, so these are not in them.
const (
	madeMark       = "*" // then the time of creation
	knownMark      = "~" // then the known ids
	knownSeparator = ","
	nameMark       = "!" // then a name
)

// ID returns the window as an id, to be kept where the key's id would be:
// "unknown-outcome-<from>-<to>" in Unix milliseconds, "*<time>" if a key was created, in
// Unix nanoseconds or empty if the time is unknown, "~<id>,<id>" for known keys, and
// "!<name>" for each name.
func (w CreateWindow) ID() string {
	id := fmt.Sprintf("%s%d-%d", createWindowPrefix, w.From.UnixMilli(), w.To.UnixMilli())
	if w.Made {
		id += madeMark
		if !w.CreatedAt.IsZero() {
			id += strconv.FormatInt(w.CreatedAt.UnixNano(), 10)
		}
	}
	for i, known := range w.Known {
		id += []string{knownMark, knownSeparator}[min(i, 1)] + url.QueryEscape(known)
	}
	if w.Name != "" {
		id += nameMark + url.QueryEscape(w.Name)
		if w.Also != "" {
			id += nameMark + url.QueryEscape(w.Also)
		}
	}
	return id
}

// ParseCreateWindow reads what [CreateWindow.ID] wrote; ok is false for the id of a key.
func ParseCreateWindow(id string) (w CreateWindow, ok bool) {
	rest, ok := strings.CutPrefix(id, createWindowPrefix)
	if !ok {
		return CreateWindow{}, false
	}
	rest, names, _ := strings.Cut(rest, nameMark)
	name, also, _ := strings.Cut(names, nameMark)
	var err1, err2 error
	w.Name, err1 = url.QueryUnescape(name)
	w.Also, err2 = url.QueryUnescape(also)
	if err1 != nil || err2 != nil {
		return CreateWindow{}, false
	}
	rest, known, hasKnown := strings.Cut(rest, knownMark)
	if hasKnown {
		for escaped := range strings.SplitSeq(known, knownSeparator) {
			id, err := url.QueryUnescape(escaped)
			if err != nil || id == "" {
				return CreateWindow{}, false
			}
			w.Known = append(w.Known, id)
		}
	}
	rest, created, made := strings.Cut(rest, madeMark)
	if w.Made = made; created != "" {
		nanos, err := strconv.ParseInt(created, 10, 64)
		if err != nil {
			return CreateWindow{}, false
		}
		w.CreatedAt = time.Unix(0, nanos)
	}
	from, to, ok := strings.Cut(rest, "-")
	f, err1 := strconv.ParseInt(from, 10, 64)
	t, err2 := strconv.ParseInt(to, 10, 64)
	w.From, w.To = time.UnixMilli(f), time.UnixMilli(t)
	return w, ok && err1 == nil && err2 == nil
}

// names are those that the key may have.
func (w CreateWindow) names() []string {
	if w.Also == "" {
		return []string{w.Name}
	}
	return []string{w.Name, w.Also}
}

// mayConcern reports whether a key could be taken for the one of the window.
func (w CreateWindow) mayConcern(k ownKey) bool {
	return w.includes(k.created) && slices.ContainsFunc(w.names(), func(name string) bool {
		_, ok := nameChange(name, k.name)
		return ok
	})
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
