package keyring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

func TestParseCreateWindow(t *testing.T) {
	from := time.Date(2026, 2, 13, 10, 0, 0, 123_000_000, time.UTC)
	for id, want := range map[string]bool{
		keyring.CreateWindow{From: from, To: from.Add(time.Minute)}.ID(): true,
		"unknown-outcome-1770976800123-1770976860123":                    true,
		"unknown-outcome-0-0":                    true,
		"":                                       false,
		"key-1":                                  false,
		"unknown-outcome-":                       false,
		"unknown-outcome-1":                      false,
		"unknown-outcome-1-":                     false,
		"unknown-outcome--1":                     false,
		"unknown-outcome-1-2-3":                  false,
		"unknown-outcome-1-2~":                   false,
		"unknown-outcome-1-2~a,":                 false,
		"unknown-outcome-1-2~%":                  false,
		"unknown-outcome-1-2~key-1,a%2Cb":        true,
		"unknown-outcome-1-2!ci":                 true,
		"unknown-outcome-1-2~key-1!a%21b~c":      true,
		"unknown-outcome-1-2!%":                  false,
		"unknown-outcome-1!ci":                   false,
		"unknown-outcome-1-x":                    false,
		"unknown-outcome-x-1":                    false,
		"unknown-outcome-1-99999999999999999999": false,
		"unknown-outcome-99999999999999999999-1": false,
		"xunknown-outcome-1-2":                   false,
		"Unknown-outcome-1-2":                    false,
	} {
		w, ok := keyring.ParseCreateWindow(id)
		if ok != want {
			t.Errorf("%q parses: %t", id, ok)
		}
		if ok && w.ID() != id {
			t.Errorf("%q is written back as %q", id, w.ID())
		}
	}
	w := keyring.CreateWindow{From: from, To: from.Add(90 * time.Second)}
	if w.ID() != "unknown-outcome-1770976800123-1770976890123" {
		t.Errorf("the id is %q", w.ID())
	}
	if back, ok := keyring.ParseCreateWindow(w.ID()); !ok || !back.From.Equal(w.From) || !back.To.Equal(w.To) {
		t.Errorf("read back as %+v", back)
	}
}

// The name and the ids of keys that are known survive, whatever they look like.
func TestCreateWindow_known(t *testing.T) {
	odd := []string{"a", "b-1", "c,d", "e~f", "g!h", "ü /%", "unknown-outcome-1-2"}
	for _, name := range odd {
		w := keyring.CreateWindow{Name: name, From: time.UnixMilli(1), To: time.UnixMilli(2), Known: odd}
		back, ok := keyring.ParseCreateWindow(w.ID())
		if !ok || back.Name != name || !slices.Equal(back.Known, odd) {
			t.Errorf("%q is read back as %+v", w.ID(), back)
		}
	}
}

func FuzzParseCreateWindow(f *testing.F) {
	for _, id := range []string{"unknown-outcome-1770976800123-1770976890123", "unknown-outcome-1--2", "unknown-outcome-1-2~a,b%2Fc", "unknown-outcome-1-2~a!n%21", "unknown-outcome-+1-02", "unknown-outcome-9223372036854775807-0", "key-1", ""} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		w, ok := keyring.ParseCreateWindow(id)
		if !ok {
			return
		}
		back, ok := keyring.ParseCreateWindow(w.ID())
		if !ok || !back.From.Equal(w.From) || !back.To.Equal(w.To) || back.ID() != w.ID() || back.Name != w.Name {
			t.Errorf("%q means %+v, but %q means %+v (%t)", id, w, w.ID(), back, ok)
		}
	})
}
