// Package keyringtest is a service in memory, for tests of the engine and of the
// packages above it. [Account] has no optional abilities, [Lookup] is a driver.Getter,
// [Full] has all abilities.
package keyringtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Op is a call of the driver.
type Op string

// The calls.
const (
	Create Op = "create"
	List   Op = "list"
	Get    Op = "get"
	Update Op = "update"
	Rotate Op = "rotate"
	Revoke Op = "revoke"
	Self   Op = "self"
)

// Call is what a [Hook] is called with.
type Call struct {
	Op   Op
	N    int // how many calls of that Op there have been, this one included
	ID   string
	Name string       // of the key to create
	List driver.Query // of a listing
}

// Account is the keys of one account. Set the exported fields before using it.
type Account struct {
	PageSize     int  // rows a page; 0: all keys are on one
	Totals       bool // pages have the total
	IgnorePaging bool // every page is the complete listing, and names one more
	Announce     int  // how much the total is too high; needs Totals
	NoID         bool // answers to creates have no id
	NoCreated    bool // listings have no times of creation
	Forgets      bool // revoked keys cannot be got any more
	RotateKeeps  bool // rotating leaves the old key alive, and the answer says so
	Cut          bool // pages may be cut off

	Signer driver.Secret // what requests are signed with
	SelfID string        // the id of that, if it is a key
	Clock  func() time.Time
	// Uncertainty is how far Clock may be off.
	Uncertainty time.Duration

	// Before may fail a call, which then has no effect. After may fail one that has had its
	// effect. Both may take time, and change the Account.
	Before, After Hook

	mu     sync.Mutex
	keys   []driver.Key
	values map[string]driver.Secret
	calls  map[Op]int
	next   int
}

// New returns an Account with n keys named "old", created an hour ago.
func New(n int) *Account {
	a := &Account{}
	for range n {
		a.Add(driver.Key{Name: "old", CreatedAt: a.Now().Add(-time.Hour)})
	}
	return a
}

// NewFull is [New] with all abilities.
func NewFull(n int) Full { return Full{Lookup{New(n)}} }

// Lost is the error of a call without an answer: it may have had its effect.
func Lost(op Op) error {
	return &driver.Error{Service: "Test", Operation: string(op), Kind: driver.KindConnection, Message: "connection reset"}
}

// Refused is the error of a call that the service refused: it had no effect.
func Refused(op Op, kind driver.Kind) error {
	return &driver.Error{Service: "Test", Operation: string(op), Kind: kind, Effect: driver.EffectNone}
}

// call counts the call, runs the hooks around act, and returns the first error.
func (a *Account) call(ctx context.Context, c Call, act func() error) error {
	a.mu.Lock()
	if a.calls == nil {
		a.calls = map[Op]int{}
	}
	a.calls[c.Op]++
	c.N = a.calls[c.Op]
	a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return &driver.Error{Service: "Test", Operation: string(c.Op), Kind: driver.KindCanceled, Effect: driver.EffectNone, Err: err}
	}
	if c.Op == Create || c.Op == Rotate {
		ctx = context.WithoutCancel(ctx) // as the driver demands
	}
	if a.Before != nil {
		if err := a.Before(ctx, c); err != nil {
			return err
		}
	}
	a.mu.Lock()
	err := act()
	a.mu.Unlock()
	if err == nil && a.After != nil {
		err = a.After(ctx, c)
	}
	return err
}

// Create implements driver.Service.
func (a *Account) Create(ctx context.Context, spec driver.Spec) (m driver.Minted, err error) {
	sentAt := time.Now()
	err = a.call(ctx, Call{Op: Create, Name: spec.Name}, func() error {
		m = a.mint(driver.Key{Name: spec.Name, Attributes: maps.Clone(spec.Attributes)})
		return nil
	})
	return a.answer(m, sentAt, err)
}

// answer is what the service says about a key that it has created.
func (a *Account) answer(m driver.Minted, sentAt time.Time, err error) (driver.Minted, error) {
	if err != nil {
		return driver.Minted{}, setSentAt(err, sentAt)
	}
	m.SentAt = sentAt
	if a.NoID {
		m.ID, m.Hint = "", driver.Hint{}
	}
	return m, nil
}

// setSentAt returns err with the time at which its request was sent.
func setSentAt(err error, at time.Time) error {
	e, ok := driver.AsError(err)
	if !ok || !e.SentAt.IsZero() || e.Kind == driver.KindCanceled {
		return err
	}
	sent := *e
	sent.SentAt = at
	return &sent
}

// mint creates a key. a.mu is held.
func (a *Account) mint(k driver.Key) driver.Minted {
	a.next++
	if k.ID == "" {
		k.ID = fmt.Sprintf("key-%05d", a.next)
	}
	if k.CreatedAt.IsZero() {
		k.CreatedAt = a.Now()
	}
	value := driver.NewSecret(fmt.Sprintf("pk_live_%05dsecret%05d", a.next, a.next))
	if a.values == nil {
		a.values = map[string]driver.Secret{}
	}
	a.values[k.ID] = value
	a.keys = append(a.keys, k)
	return driver.Minted{Key: k, Value: value}
}

// List implements driver.Service.
func (a *Account) List(ctx context.Context, q driver.Query) (p driver.Page, err error) {
	err = a.call(ctx, Call{Op: List, List: q}, func() error {
		p, err = a.page(a.rows(q.Status), q.Cursor)
		return err
	})
	if err != nil {
		return driver.Page{}, err
	}
	return p, nil
}

// rows are the keys of that status as a listing shows them. a.mu is held.
func (a *Account) rows(status driver.Status) []driver.Key {
	var rows []driver.Key
	for _, k := range a.keys {
		usable := k.Live() && k.Attributes["active"] != false
		if status == driver.StatusAll || usable == (status != driver.StatusInactive) {
			if a.NoCreated {
				k.CreatedAt = time.Time{}
			}
			rows = append(rows, k)
		}
	}
	return rows
}

// page cuts the page at a cursor: its first row, and the id of the row before it, which
// comes again. a.mu is held.
func (a *Account) page(rows []driver.Key, cursor string) (driver.Page, error) {
	p := driver.Page{Keys: rows, Total: -1, MayHaveMore: a.Cut}
	if a.Totals {
		p.Total = len(rows) + a.Announce
	}
	first, anchor, _ := strings.Cut(cursor, " ")
	at, _ := strconv.Atoi(first)
	size := a.PageSize
	switch {
	case a.IgnorePaging:
		p.Next = strconv.Itoa(at + max(size, 1))
	case size > 0:
		end := min(at+size, len(rows))
		p.Keys = rows[min(max(at-1, 0), len(rows)):end]
		if p.Anchor = anchor; anchor != "" && (len(p.Keys) == 0 || p.Keys[0].ID != anchor) {
			return driver.Page{}, &driver.Error{Service: "Test", Operation: string(List), Kind: driver.KindMalformed, Effect: driver.EffectNone, Code: driver.CodeListingShifted}
		}
		if end < len(rows) {
			p.Next = fmt.Sprint(end, " ", rows[end-1].ID)
		}
	}
	p.Keys = slices.Clone(p.Keys)
	return p, nil
}

// Revoke implements driver.Service.
func (a *Account) Revoke(ctx context.Context, id string) error {
	return a.call(ctx, Call{Op: Revoke, ID: id}, func() error {
		k := a.find(id)
		if k == nil || !k.Live() {
			return Refused(Revoke, driver.KindNotFound)
		}
		k.RevokedAt = a.Now()
		return nil
	})
}

// find returns a key to change, or nil. a.mu is held.
func (a *Account) find(id string) *driver.Key {
	i := slices.IndexFunc(a.keys, func(k driver.Key) bool { return k.ID == id })
	if i < 0 {
		return nil
	}
	return &a.keys[i]
}

// Credential implements driver.Service.
func (a *Account) Credential() driver.Secret { return a.Signer }

// Now implements driver.Service.
func (a *Account) Now() time.Time {
	if a.Clock == nil {
		return time.Now()
	}
	return a.Clock()
}

// ClockError implements driver.Service.
func (a *Account) ClockError() time.Duration { return a.Uncertainty }
