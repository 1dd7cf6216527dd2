package simulator

import (
	"context"
	"time"
)

// These changes are made by [Outside], not through the service's API.

// Seed creates n keys in the administrator's scope, named by name(0) to name(n-1): the
// first n seconds ago and the last just now, but all after those that exist.
func (st *Store) Seed(n int, name func(i int) string) []Record {
	st.mu.Lock()
	defer st.mu.Unlock()
	seeded := make([]Record, n)
	now := st.instant()
	for i := range n {
		seeded[i] = st.add(Outside, Draft{Name: name(i)}, now.Add(time.Duration(i+1-n)*time.Second), "").Record
	}
	return seeded
}

// Mint creates a key in the administrator's scope, ignoring quirks about names.
func (st *Store) Mint(name string) Record { return st.MintDraft(Draft{Name: name}) }

// MintDraft creates any key, ignoring quirks about names.
func (st *Store) MintDraft(d Draft) Record {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.add(Outside, d, st.instant(), "").Record
}

// Revoke revokes a live key; any other is an error.
func (st *Store) Revoke(id string) error {
	_, err := st.Retire(context.Background(), id)
	return err
}

// Update alters any field of a live key but its id and value; any other key is an
// error. UpdatedAt becomes now unless edit sets it.
func (st *Store) Update(id string, edit func(*Record)) error {
	_, err := st.Change(context.Background(), id, edit)
	return err
}

// Use counts one use of a live key, now; any other is an error.
func (st *Store) Use(id string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	e := st.byID[id]
	if e == nil || !e.Live() {
		return NotFound("API key not found")
	}
	st.touch(e)
	return nil
}

func (st *Store) touch(e *entry) {
	e.Uses++
	e.LastUsedAt = st.instant()
}
