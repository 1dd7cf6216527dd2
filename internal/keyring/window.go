package keyring

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// skew is how far the service's clock and our idea of it may be apart; Date
// headers have a resolution of one second.
const skew = 2 * time.Second

// Window is the time in which a request of unknown outcome may have made a key,
// by the service's clock.
type Window struct{ From, To time.Time }

// windowID begins the id that stands in for the unknown one of an unsettled key.
const windowID = "unsettled-"

// ID returns the window in the form of an id, to be kept where the id of the key
// would be: "unsettled-<from>-<to>", both in Unix milliseconds.
func (w Window) ID() string {
	return fmt.Sprintf("%s%d-%d", windowID, w.From.UnixMilli(), w.To.UnixMilli())
}

// ParseWindow reads what [Window.ID] wrote; ok is false for the id of a key.
func ParseWindow(id string) (w Window, ok bool) {
	rest, ok := strings.CutPrefix(id, windowID)
	if !ok {
		return Window{}, false
	}
	from, to, ok := strings.Cut(rest, "-")
	f, err1 := strconv.ParseInt(from, 10, 64)
	t, err2 := strconv.ParseInt(to, 10, 64)
	return Window{From: time.UnixMilli(f), To: time.UnixMilli(t)}, ok && err1 == nil && err2 == nil
}

// Unsettled is the error of a create (or rotation) that may or may not have made
// a key, or that made one which cannot be told from others. The caller must keep
// Name and Window, and hand them to [Ring.Resolve] before making a key anew.
type Unsettled struct {
	Name   string
	Window Window
	// Candidates are the keys that it may have made: none or several.
	Candidates []Key
	// Err is what left the outcome open.
	Err error
}

func (u *Unsettled) Error() string {
	return fmt.Sprintf("%v; %s", u.Err, u.Outcome())
}

// Outcome says in words what is known: "no new key named … has appeared" or the
// candidates.
func (u *Unsettled) Outcome() string {
	if len(u.Candidates) == 0 {
		return fmt.Sprintf("no new key named %q has appeared so far", u.Name)
	}
	return fmt.Sprintf("it cannot be told which of these keys it made: %s", Describe(u.Candidates))
}

func (u *Unsettled) Unwrap() error { return u.Err }

// Describe lists keys for a message: id, name, creation and last use.
func Describe(keys []Key) string {
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
