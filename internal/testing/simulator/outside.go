package simulator

import (
	"context"
	"time"
)

// What follows happens behind the back of whoever uses the service's API.

// Seed makes n keys in the administrator's scope, named by name(0) to
// name(n-1), of which the first was made n seconds ago and the last just now.
// In a store that has keys already all of them are younger than those.
func (st *Store) Seed(n int, name func(i int) string) []Record {
	st.mu.Lock()
	defer st.mu.Unlock()
	made := make([]Record, 0, n)
	now := st.instant()
	for i := range n {
		at := now.Add(time.Duration(i+1-n) * time.Second)
		if !at.After(st.latest) {
			at = st.latest.Add(time.Millisecond)
		}
		st.latest = at
		made = append(made, st.add(Outside, Draft{Name: name(i), Scope: st.home}, at, "").Record)
	}
	return made
}

// Mint creates a key in the administrator's scope, whatever the quirks say about
// its name.
func (st *Store) Mint(name string) Record { return st.MintDraft(Draft{Name: name}) }

// MintDraft makes any key, whatever the quirks say about its name.
func (st *Store) MintDraft(d Draft) Record {
	st.mu.Lock()
	defer st.mu.Unlock()
	if d.Scope == "" {
		d.Scope = st.home
	}
	return st.add(Outside, d, st.tick(st.instant()), "").Record
}

// Revoke revokes a live key. A key that never was or has been revoked before is
// an error.
func (st *Store) Revoke(id string) error {
	_, err := st.Retire(context.Background(), id)
	return err
}

// Update alters a live key: any field, such as Active, Name, CreatedAt or
// Attributes. UpdatedAt moves unless edit sets it. A key that never was or has
// been revoked is an error.
func (st *Store) Update(id string, edit func(*Record)) error {
	_, err := st.Change(context.Background(), id, edit)
	return err
}

// Use counts one use of a live key, now. A key that never was or has been
// revoked is an error.
func (st *Store) Use(id string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	e, found := st.byID[id]
	if !found || !e.Live() {
		return NotFound("API key not found")
	}
	st.touch(e)
	return nil
}

// touch moves a key's last use to now.
func (st *Store) touch(e *entry) {
	e.Uses++
	e.LastUsedAt = st.instant()
}
