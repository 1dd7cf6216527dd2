package keyring_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func TestParseCreateWindow(t *testing.T) {
	from := time.Date(2026, 2, 13, 10, 0, 0, 123_000_000, time.UTC)
	for _, w := range []keyring.CreateWindow{
		{},
		{Name: "ci", From: from, To: from.Add(time.Minute)},
		{Name: `ü "/%!~,` + "\n", NotCreated: []string{"a", "c,d", `"`, "unknown-outcome-{}"}},
		{Certain: true},
		{Certain: true, CreatedAt: from.Add(1)},
	} {
		if back, ok := keyring.ParseCreateWindow(w.ID()); !ok || !reflect.DeepEqual(back, w) || !keyring.IsWindowID(w.ID()) {
			t.Errorf("%q is read back as %+v", w.ID(), back)
		}
	}
	if w := (keyring.CreateWindow{Name: "ci", From: from.In(time.Local), To: from.Add(time.Hour), Value: driver.NewSecret("secret")}); w.ID() != `unknown-outcome-{"name":"ci","from":"2026-02-13T10:00:00.123Z","to":"2026-02-13T11:00:00.123Z"}` {
		t.Errorf("the id is %q", w.ID())
	}
	for _, id := range []string{"", "key-1", "unknown-outcome-", "unknown-outcome-1-2", `unknown-outcome-{"name":1}`, `unknown-outcome-{"from":"yesterday"}`, "x" + keyring.CreateWindow{}.ID()} {
		if w, ok := keyring.ParseCreateWindow(id); ok {
			t.Errorf("%q is read as %+v", id, w)
		}
	}
}

func FuzzParseCreateWindow(f *testing.F) {
	for _, id := range []string{"key-1", "", `unknown-outcome-{"name":"ci","from":"2026-02-13T10:00:00.123Z","to":"2026-02-13T11:00:00+01:00","not":["a"],"certain":true}`} {
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
