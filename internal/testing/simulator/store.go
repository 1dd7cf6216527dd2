package simulator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Store is one service's keys, credentials, requests and faults. It is safe for
// concurrent use. Create it with [NewStore] or [Server.Mount].
type Store struct {
	now      func() time.Time
	admin    string // the administrator's credential
	owner    string // the administrator's user id
	protocol Protocol
	traffic  traffic

	mu       sync.RWMutex
	quirks   Quirks
	entries  []*entry // every key there ever was, oldest first
	byID     map[string]*entry
	byValue  map[string]*entry
	sessions map[string]time.Time
	latest   time.Time // creation time of the newest key
}

type entry struct {
	Record
	listedFrom time.Time // see FaultNamesake
}

// NewStore returns an empty store and what serves it. Handler is a service's
// simulator, which must call [Store.Serve] exactly once. A nil now is the real clock.
func NewStore(now func() time.Time, handler func(*Store) http.Handler) (*Store, http.Handler) {
	if now == nil {
		now = time.Now
	}
	st := &Store{now: now, owner: UUID(), byID: map[string]*entry{}, byValue: map[string]*entry{}, sessions: map[string]time.Time{}}
	return st, handler(st)
}

// Admin returns the credential of the store's administrator: it looks like a key, is
// in no listing, may do everything in every scope and is never revoked.
func (st *Store) Admin() string { return st.admin }

// Home returns the administrator's scope, "" at services without scopes.
func (st *Store) Home() string { return st.protocol.Home }

// Owner returns the administrator's user id, a UUID.
func (st *Store) Owner() string { return st.owner }

// Quirk sets the store's quirks, in place of those it had.
func (st *Store) Quirk(q Quirks) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.quirks = q
}

// Quirks returns the store's quirks.
func (st *Store) Quirks() Quirks {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.quirks
}

// Ledger returns every key there ever was, oldest first.
func (st *Store) Ledger() []Record {
	st.traffic.runPostponed(st.now())
	st.mu.RLock()
	defer st.mu.RUnlock()
	return records(st.entries)
}

// Live returns the keys that are not revoked, oldest first.
func (st *Store) Live() []Record {
	return slices.DeleteFunc(st.Ledger(), func(r Record) bool { return !r.Live() })
}

// Get returns one key, live or revoked.
func (st *Store) Get(id string) (Record, bool) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	if e := st.byID[id]; e != nil {
		return e.Record, true
	}
	return Record{}, false
}

// List returns one page of a listing, with the store's quirks.
func (st *Store) List(q Query) Page {
	st.mu.RLock()
	defer st.mu.RUnlock()
	rows, all := st.rows(q)
	if st.protocol.NewestFirst != st.quirks.ReverseOrder {
		slices.Reverse(rows)
	}
	page := Page{Total: cmp.Or(st.quirks.Total, len(rows)), Limit: q.Limit}
	if st.quirks.TotalAll {
		page.Total = all
	}
	if st.quirks.IgnoreOffset {
		q.Offset = 0
	}
	if limit := st.quirks.PageCap; limit > 0 && q.Limit > limit {
		page.Limit = limit
	}
	if q.Limit > 0 && !st.quirks.IgnorePaging {
		rows = rows[min(q.Offset, len(rows)):]
		page.More = len(rows) > page.Limit
		rows = rows[:min(page.Limit, len(rows))]
	}
	page.Records = records(rows)
	return page
}

// rows are the keys that a listing shows, and the number of keys of every status.
func (st *Store) rows(q Query) (rows []*entry, all int) {
	now, lag, end := st.now(), st.quirks.ListingLag, st.quirks.ListingEnd
	for _, e := range st.entries {
		if e.Scope != q.Scope {
			continue
		}
		all++
		hidden := lag > 0 && !e.CreatedAt.Before(now.Add(-lag)) || !end.IsZero() && !e.CreatedAt.Before(end) || e.listedFrom.After(now)
		if !hidden && q.Status.selects(e.Record) {
			rows = append(rows, e)
		}
	}
	return rows, all
}

// Create creates a key for the caller in ctx, for [Outside] without one. With
// [Quirks.UniqueNames] it may fail with a 409 [*Problem].
func (st *Store) Create(ctx context.Context, d Draft) (Record, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	d.Name = st.quirks.Names.of(d.Name)
	d.Scope = cmp.Or(d.Scope, st.protocol.Home)
	if st.quirks.UniqueNames && slices.ContainsFunc(st.entries, func(e *entry) bool { return e.Live() && e.Scope == d.Scope && e.Name == d.Name }) {
		return Record{}, Conflict("name", fmt.Sprintf("an API key named %q exists", d.Name))
	}
	call := CallOf(ctx)
	if call.fault.Kind == FaultNamesake {
		st.add(Outside, d, st.changeTime(ctx), "")
	}
	e := st.add(call.Caller.ID, d, st.changeTime(ctx), "")
	if call.fault.Kind == FaultNamesake {
		e.listedFrom = e.CreatedAt.Add(call.fault.Delay)
	}
	st.traffic.changed(call.entry, e.ID, "")
	return e.Record, nil
}

// Change lets edit alter a live key for the caller in ctx. A key that is unknown or
// revoked is a 404 [*Problem].
func (st *Store) Change(ctx context.Context, id string, edit func(*Record)) (Record, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, err := st.alter(ctx, id, Updated, edit)
	if err != nil {
		return Record{}, err
	}
	return e.Record, nil
}

// Retire revokes a live key for the caller in ctx. A key that is unknown or revoked is
// a 404 [*Problem].
func (st *Store) Retire(ctx context.Context, id string) (Record, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, err := st.alter(ctx, id, Revoked, func(*Record) {})
	if err != nil {
		return Record{}, err
	}
	return e.Record, nil
}

// Replace revokes a live key and creates its successor with the same name, scope and
// attributes, for the caller in ctx. A key that is unknown or revoked is a 404
// [*Problem].
func (st *Store) Replace(ctx context.Context, id string) (old, successor Record, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, err := st.alter(ctx, id, Rotated, func(*Record) {})
	if err != nil {
		return Record{}, Record{}, err
	}
	call := CallOf(ctx)
	added := st.add(call.Caller.ID, Draft{Name: e.Name, Scope: e.Scope, Attributes: e.Attributes}, st.changeTime(ctx), id)
	e.RotatedTo = added.ID
	revoked := ""
	if !e.Live() {
		revoked = id
	}
	st.traffic.changed(call.entry, added.ID, revoked)
	return e.Record, added.Record, nil
}

// alter changes a live key. st.mu is held.
func (st *Store) alter(ctx context.Context, id string, what What, edit func(*Record)) (*entry, error) {
	e, call := st.byID[id], CallOf(ctx)
	if e == nil || !e.Live() {
		return nil, NotFound("API key not found")
	}
	if what != Updated && call.fault.Kind == FaultNotRevoked {
		return e, nil
	}
	at, updatedAt, name := st.changeTime(ctx), e.UpdatedAt, e.Name
	e.Attributes = maps.Clone(e.Attributes) // returned copies keep the old ones
	edit(&e.Record)
	if e.Name != name {
		e.Name = st.quirks.Names.of(e.Name)
	}
	if e.UpdatedAt.Equal(updatedAt) {
		e.UpdatedAt = at
	}
	if what != Updated {
		e.RevokedAt, e.RevokedBy, e.Active = at, call.Caller.ID, false
		st.traffic.changed(call.entry, "", id)
	}
	e.History = append(e.History, Event{At: at, What: what, By: call.Caller.ID})
	return e, nil
}

// add creates a key, later than any before. st.mu is held.
func (st *Store) add(by string, d Draft, at time.Time, rotatedFrom string) *entry {
	if !at.After(st.latest) {
		at = st.latest.Add(time.Millisecond)
	}
	st.latest = at
	attributes := map[string]any{}
	maps.Copy(attributes, st.protocol.Attributes)
	maps.Copy(attributes, d.Attributes)
	id := st.protocol.NewID()
	for st.byID[id] != nil {
		id = st.protocol.NewID()
	}
	e := &entry{Record: Record{
		ID: id, Name: d.Name, Scope: cmp.Or(d.Scope, st.protocol.Home), Value: st.protocol.NewValue(),
		CreatedAt: at, CreatedBy: by, UpdatedAt: at, RotatedFrom: rotatedFrom,
		Active: true, Attributes: attributes,
		History: []Event{{At: at, What: Created, By: by}},
	}}
	st.entries = append(st.entries, e)
	st.byID[e.ID], st.byValue[e.Value] = e, e
	return e
}

// instant is now, as precise as the times of the service.
func (st *Store) instant() time.Time { return st.now().UTC().Truncate(time.Millisecond) }

// changeTime is when a call changes something: now, or later with [FaultLate].
func (st *Store) changeTime(ctx context.Context) time.Time {
	if late := CallOf(ctx).late; !late.IsZero() {
		return late.UTC().Truncate(time.Millisecond)
	}
	return st.instant()
}

func records(entries []*entry) []Record {
	out := make([]Record, len(entries))
	for i, e := range entries {
		out[i] = e.Record
	}
	return out
}
