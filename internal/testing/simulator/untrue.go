package simulator

import (
	"maps"
	"slices"
	"strings"
)

// lay replaces fields of the new key in an answer: the object that has its
// id, or its value where the service gives no id.
func (st *Store) lay(fields map[string]any, made Record, a *answer) {
	laid := false
	for _, mark := range []string{made.ID, made.Value} {
		a.rewrite(func(object map[string]any) {
			if laid || !slices.ContainsFunc(slices.Collect(maps.Values(object)), func(v any) bool { return v == mark }) {
				return
			}
			laid = true
			for field, value := range fields {
				switch value {
				case OtherID:
					value = st.other(made)
				case OwnValue:
					value = made.Value
				}
				object[field] = value
			}
		})
	}
}

// echo puts keys' values into the fields of an answer that the quirks name.
func (st *Store) echo(a *answer) {
	fields := st.Quirks().Echo
	if fields == "" {
		return
	}
	a.rewrite(func(object map[string]any) {
		key, found := st.keyOf(object)
		for field := range strings.SplitSeq(fields, ",") {
			if _, there := object[field]; there && found {
				object[field] = key.Value
			}
		}
	})
}

// keyOf is the key whose value an object of an answer holds, or whose id.
func (st *Store) keyOf(object map[string]any) (Record, bool) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, field := range object {
		if text, _ := field.(string); st.byValue[text] != nil {
			return st.byValue[text].Record, true
		}
	}
	for _, field := range []string{"id", "key_id"} {
		if id, _ := object[field].(string); st.byID[id] != nil {
			return st.byID[id].Record, true
		}
	}
	return Record{}, false
}

// other is the id of the newest live key that is older than the given one, of its
// name if there is one; "" if there is no other.
func (st *Store) other(than Record) string {
	st.mu.RLock()
	defer st.mu.RUnlock()
	id, same := "", false
	for _, e := range st.entries {
		if e.ID == than.ID {
			break
		}
		if e.Scope == than.Scope && e.Live() && (!same || e.Name == than.Name) {
			id, same = e.ID, e.Name == than.Name
		}
	}
	return id
}
