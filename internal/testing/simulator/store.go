package simulator

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Store is one service's keys, credentials, counters and faults. It is safe for
// concurrent use. Make one with [NewStore] or [Server.Mount].
type Store struct {
	now   func() time.Time
	admin string // the administrator's credential
	home  string // the administrator's scope
	owner string // the administrator's user id

	traffic traffic
	diary   requestLog
	late    backlog

	mu       sync.RWMutex
	protocol Protocol
	quirks   Quirks
	entries  []*entry // every key ever made, oldest first
	byID     map[string]*entry
	byValue  map[string]*entry
	shelves  map[string]*sortedKeys // by scope
	names    map[label]int          // live keys of each name
	sessions map[string]time.Time
	latest   time.Time // creation time of the newest key
	delayed  bool      // some key is listed late
}

// entry is a record and its place in the order of making.
type entry struct {
	Record
	number int
	shown  time.Time // when listings begin to have it; see FaultNamesake
}

// label is what two keys share that have the same name.
type label struct{ scope, name string }

// NewStore returns an empty store. Handler is a service's simulator, which
// must call [Store.Serve] exactly once; its result is the second value. A nil
// now is the real clock.
func NewStore(now func() time.Time, handler func(*Store) http.Handler) (*Store, http.Handler) {
	if now == nil {
		now = time.Now
	}
	st := &Store{
		now:      now,
		owner:    UUID(),
		byID:     map[string]*entry{},
		byValue:  map[string]*entry{},
		shelves:  map[string]*sortedKeys{},
		names:    map[label]int{},
		sessions: map[string]time.Time{},
	}
	st.traffic.counts = map[string]int{}
	return st, handler(st)
}

// Admin returns the credential of the store's administrator: it looks like one
// of the service's keys, is in no listing, may do everything in every scope and
// is never revoked.
func (st *Store) Admin() string { return st.admin }

// Home returns the scope that the administrator belongs to, "" at services
// without scopes.
func (st *Store) Home() string { return st.home }

// Owner returns the administrator's user id, a UUID.
func (st *Store) Owner() string { return st.owner }

// Quirk sets the store's oddities, in place of those it had.
func (st *Store) Quirk(q Quirks) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.quirks = q
}

// Quirks returns the store's oddities.
func (st *Store) Quirks() Quirks {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.quirks
}

// Ledger returns every key ever made, oldest first.
func (st *Store) Ledger() []Record {
	st.catchUp()
	st.mu.RLock()
	defer st.mu.RUnlock()
	return records(st.entries)
}

// Live returns the keys that are not revoked, oldest first.
func (st *Store) Live() []Record {
	return slices.DeleteFunc(st.Ledger(), func(r Record) bool { return !r.Live() })
}

// Get returns one key, whatever became of it.
func (st *Store) Get(id string) (Record, bool) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	e, found := st.byID[id]
	if !found {
		return Record{}, false
	}
	return e.Record, true
}

// isValue reports whether the text is the value of a key, dead or alive.
func (st *Store) isValue(text string) bool {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.byValue[text] != nil
}

// List returns one page of a listing, as the quirks of the store would have it.
func (st *Store) List(q Query) Page {
	st.mu.RLock()
	defer st.mu.RUnlock()
	rows := []*entry{}
	if s := st.shelves[q.Scope]; s != nil {
		rows = s.selection(q.Status)
	}
	if lag, end := st.quirks.ListingLag, st.quirks.ListingEnd; lag > 0 || !end.IsZero() || st.delayed {
		now := st.now()
		rows = slices.DeleteFunc(slices.Clone(rows), func(e *entry) bool {
			return lag > 0 && !e.CreatedAt.Before(now.Add(-lag)) || !end.IsZero() && !e.CreatedAt.Before(end) || e.shown.After(now)
		})
	}
	page := Page{Total: or(st.quirks.Total, len(rows)), Limit: q.Limit}
	if s := st.shelves[q.Scope]; st.quirks.TotalAll && s != nil {
		page.Total = len(s.all)
	}
	if st.quirks.IgnoreOffset {
		q.Offset = 0
	}
	if limit := st.quirks.PageCap; limit > 0 && q.Limit > limit {
		page.Limit = limit
	}
	first, end := min(q.Offset, len(rows)), len(rows)
	if q.Limit == 0 || st.quirks.IgnorePaging {
		first = 0
	} else if first+page.Limit < end {
		end, page.More = first+page.Limit, true
	}
	if st.protocol.NewestFirst != st.quirks.ReverseOrder {
		page.Records = records(rows[len(rows)-end : len(rows)-first])
		slices.Reverse(page.Records)
	} else {
		page.Records = records(rows[first:end])
	}
	return page
}

// Create creates a key on behalf of whoever signed the call in ctx, of [Outside]
// without one. With [Quirks.UniqueNames] it fails with a 409 [*Problem].
func (st *Store) Create(ctx context.Context, d Draft) (Record, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if d.Scope == "" {
		d.Scope = st.home
	}
	d.Name = st.quirks.Names.of(d.Name)
	if n := st.names[label{d.Scope, d.Name}]; n > 0 && st.quirks.UniqueNames {
		return Record{}, Conflict("name", fmt.Sprintf("an API key named %q exists", d.Name))
	}
	call := CallOf(ctx)
	if call.fault.Kind == FaultNamesake {
		st.add(Outside, d, st.tick(st.moment(ctx)), "")
	}
	made := st.add(call.Caller.ID, d, st.tick(st.moment(ctx)), "")
	if call.fault.Kind == FaultNamesake {
		made.shown, st.delayed = made.CreatedAt.Add(call.fault.Delay), true
	}
	st.wrote(ctx, made.ID, "")
	return made.Record, nil
}

// Change lets edit alter a live key on behalf of whoever signed the call in
// ctx. A key that never was or has been revoked is a 404 [*Problem].
func (st *Store) Change(ctx context.Context, id string, edit func(*Record)) (Record, error) {
	return st.change(ctx, id, Updated, edit)
}

// Retire revokes a live key on behalf of whoever signed the call in ctx. A key
// that never was or has been revoked before is a 404 [*Problem].
func (st *Store) Retire(ctx context.Context, id string) (Record, error) {
	return st.change(ctx, id, Revoked, func(*Record) {})
}

// Replace revokes a live key and makes its successor, of the same name, scope
// and attributes, on behalf of whoever signed the call in ctx. A key that never
// was or has been revoked is a 404 [*Problem].
func (st *Store) Replace(ctx context.Context, id string) (old, successor Record, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, err := st.alter(ctx, id, Rotated, func(*Record) {})
	if err != nil {
		return Record{}, Record{}, err
	}
	added := st.add(CallOf(ctx).Caller.ID, Draft{Name: e.Name, Scope: e.Scope, Attributes: e.Attributes}, st.tick(st.moment(ctx)), id)
	e.RotatedTo = added.ID
	revoked := id
	if e.Live() {
		revoked = ""
	}
	st.wrote(ctx, added.ID, revoked)
	return e.Record, added.Record, nil
}

// change is alter for those who do not hold the lock.
func (st *Store) change(ctx context.Context, id string, what What, edit func(*Record)) (Record, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, err := st.alter(ctx, id, what, edit)
	if err != nil {
		return Record{}, err
	}
	if !e.Live() {
		st.wrote(ctx, "", id)
	}
	return e.Record, nil
}

// alter changes a live key and sets down who did it.
func (st *Store) alter(ctx context.Context, id string, what What, edit func(*Record)) (*entry, error) {
	e, found := st.byID[id]
	if !found || !e.Live() {
		return nil, NotFound("API key not found")
	}
	if what != Updated && CallOf(ctx).fault.Kind == FaultNotRevoked {
		return e, nil
	}
	st.displace(e)
	defer st.place(e)
	by, at, before := CallOf(ctx).Caller.ID, st.moment(ctx), e.UpdatedAt
	e.Attributes = maps.Clone(e.Attributes) // copies that are out there keep the old ones
	name := e.Name
	edit(&e.Record)
	if e.Name != name {
		e.Name = st.quirks.Names.of(e.Name)
	}
	if e.UpdatedAt.Equal(before) {
		e.UpdatedAt = at
	}
	if what != Updated {
		e.RevokedAt = at
	}
	if !e.Live() {
		e.RevokedBy, e.Active = by, false
	}
	e.History = append(e.History, Event{At: at, What: what, By: by})
	return e, nil
}

// add creates a key and puts it into every index.
func (st *Store) add(by string, d Draft, at time.Time, from string) *entry {
	attributes := maps.Clone(st.protocol.Attributes)
	if attributes == nil {
		attributes = map[string]any{}
	}
	maps.Copy(attributes, d.Attributes)
	id := st.protocol.NewID()
	for st.byID[id] != nil {
		id = st.protocol.NewID()
	}
	e := &entry{number: len(st.entries), Record: Record{
		ID: id, Name: d.Name, Scope: d.Scope, Value: st.protocol.NewValue(),
		CreatedAt: at, CreatedBy: by, UpdatedAt: at, RotatedFrom: from,
		Active: true, Attributes: attributes,
		History: []Event{{At: at, What: Created, By: by}},
	}}
	st.entries = append(st.entries, e)
	st.place(e)
	return e
}

// place puts an entry into the indexes that depend on what can change.
func (st *Store) place(e *entry) {
	st.byID[e.ID], st.byValue[e.Value] = e, e
	s := st.shelves[e.Scope]
	if s == nil {
		s = &sortedKeys{}
		st.shelves[e.Scope] = s
	}
	s.put(e)
	if e.Live() {
		st.names[label{e.Scope, e.Name}]++
	}
}

// displace undoes place, before a change.
func (st *Store) displace(e *entry) {
	delete(st.byID, e.ID)
	delete(st.byValue, e.Value)
	st.shelves[e.Scope].take(e)
	if l := (label{e.Scope, e.Name}); e.Live() && st.names[l] > 1 {
		st.names[l]--
	} else if e.Live() {
		delete(st.names, l)
	}
}

// instant is now, as precise as the times of the service.
func (st *Store) instant() time.Time { return st.now().UTC().Truncate(time.Millisecond) }

// tick is the creation time of a key made at a time: later than that of any before.
func (st *Store) tick(at time.Time) time.Time {
	if !at.After(st.latest) {
		at = st.latest.Add(time.Millisecond)
	}
	st.latest = at
	return at
}

func records(entries []*entry) []Record {
	out := make([]Record, len(entries))
	for i, e := range entries {
		out[i] = e.Record
	}
	return out
}
