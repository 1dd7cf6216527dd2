package custom

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Entry is a service of the catalog.
type Entry struct {
	Declaration
	// Documentation are the public pages or documents that the entry was written from.
	Documentation []string `json:"documentation"`
	// Read is the day on which they were read, such as "2026-11-28".
	Read string `json:"read"`
	// Tried says that somebody has used the entry at the real service.
	Tried bool `json:"tried"`
	// Notes say what a user must know, in Markdown: one sentence each.
	Notes []string `json:"notes,omitempty"`
	// Arguments is an example for a key's arguments, in JSON.
	Arguments string `json:"arguments,omitempty"`
}

//go:embed catalog/*.json
var files embed.FS

// Catalog returns all entries, ordered by name. A file that cannot be read is a bug,
// which a test finds.
var Catalog = sync.OnceValue(func() []Entry {
	names, err := fs.Glob(files, "catalog/*.json")
	if err != nil {
		panic(err)
	}
	entries := make([]Entry, 0, len(names))
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var e Entry
		if err := decoder.Decode(&e); err != nil {
			panic(fmt.Errorf("%s: %w", name, err))
		}
		if want := strings.TrimSuffix(filepath.Base(name), ".json"); e.Name != want {
			panic(fmt.Errorf("%s: the entry is named %q", name, e.Name))
		}
		entries = append(entries, e)
	}
	return entries
})

// Lookup returns the catalog's entry of a name.
func Lookup(name string) (Entry, bool) {
	entries := Catalog()
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return entries[i], true
}
