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

// skew is how far the service's clock and our idea of it may be apart: Date headers
// have a resolution of one second and take their time, so 1.5 seconds mean nothing,
// and times of creation may come in whole seconds.
const skew = 3 * time.Second

// CreateWindow is where the key is to be found that a request of unknown outcome may
// have made.
type CreateWindow struct {
	// Name is the key's name. What bears the window in its place may have another
	// one: a rotation may rename, and so may somebody else.
	Name string
	// From and To are the time in which it was made, by the service's clock.
	From, To time.Time
	// Known are the ids of the keys of that name and time that it did not make:
	// they were there before it, or other requests have made them.
	Known []string
	// Made: the answer had a value, so that a key was certainly made; it was not found.
	Made bool
	// CreatedAt is when, if the answer said so. Only with Made.
	CreatedAt time.Time
	// Also is another name that the key may have: that of the answer.
	Also string
	// Value is the key's value where the caller has it. It is not part of the id.
	Value driver.Secret
}

// createWindowPrefix begins the id that stands in for the unknown one of an unsettled key.
const createWindowPrefix = "unknown-outcome-"

// madeMark stands before the time of creation, knownMark before the known ids, which
// are separated by commas, nameMark before each name. Ids and names are escaped,
// which leaves none of these marks in them.
const madeMark, knownMark, knownSeparator, nameMark = "*", "~", ",", "!"

// ID returns the window in the form of an id, to be kept where the id of the key
// would be: "unknown-outcome-<from>-<to>", both in Unix milliseconds, "*<time>" if a key was
// made, in Unix nanoseconds or empty if it is not known when, "~<id>,<id>" if keys are
// known, and "!<name>" for each name.
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
	rest, name, _ := strings.Cut(rest, nameMark)
	name, also, _ := strings.Cut(name, nameMark)
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

// concerns reports whether a key could be taken for what the window stands for.
func (w CreateWindow) concerns(k ownKey) bool {
	return w.holds(k.created) && slices.ContainsFunc(w.names(), func(name string) bool {
		_, alike := nameChange(name, k.name)
		return alike
	})
}

// holds reports whether a key of that age may be the one. A time that is not told
// excludes nothing.
func (w CreateWindow) holds(created time.Time) bool {
	return created.IsZero() || !created.Before(w.From.Add(-skew)) && !created.After(w.To.Add(skew))
}

// OutcomeUnknownError is the error of a create (or rotation) that may or may not have made
// a key, or that made one which cannot be told from others. The caller must keep
// Window, and hand it to [Ring.Reconcile] before making a key anew.
type OutcomeUnknownError struct {
	Window CreateWindow
	// Candidates are the keys that it may have made: none or several.
	Candidates []driver.Key
	// Err is what left the outcome open.
	Err error
}

func (u *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%v; %s", u.Err, u.Outcome())
}

// Outcome says in words what is known: "no new key named … has appeared" or the
// candidates.
func (u *OutcomeUnknownError) Outcome() string {
	if len(u.Candidates) == 0 {
		return fmt.Sprintf("no new key named %q has appeared so far", u.Window.Name)
	}
	if u.Renamed() {
		return fmt.Sprintf("no new key named %q has appeared, but new ones whose names the service may have changed: %s", u.Window.Name, Describe(u.Candidates))
	}
	return fmt.Sprintf("it cannot be told which of these keys it made: %s", Describe(u.Candidates))
}

// Renamed reports whether the candidates have another name than was asked for, as if
// the service had changed it. That proves too little to revoke one.
func (u *OutcomeUnknownError) Renamed() bool {
	if len(u.Candidates) == 0 {
		return false
	}
	how, ok := nameChange(u.Window.Name, u.Candidates[0].Name)
	return ok && how != nameSame
}

func (u *OutcomeUnknownError) Unwrap() error { return u.Err }

// Describe lists keys for a message: id, name, creation and last use.
func Describe(keys []driver.Key) string {
	told := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format(time.RFC3339)
	}
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%s (%q, created %s, last used %s)", k.ID, k.Name, told(k.CreatedAt, "at an unknown time"), told(k.LastUsedAt, "never as far as the service tells"))
	}
	return strings.Join(parts, ", ")
}
