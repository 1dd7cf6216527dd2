package services_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

func row(t *testing.T, text string) *services.Object {
	t.Helper()
	var r services.Object
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// The id alone is indispensable; a number is read as it is written.
func TestRow_ID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"id": "k1"}`: "k1", `{"id": 42}`: "42", `{"id": 12345678901234567890}`: "12345678901234567890", `{"key_id": null, "id": "k1"}`: "k1", `{"key_id": "", "id": 7}`: "7",
		`{}`: "", `null`: "", `{"id": null}`: "", `{"id": "null"}`: "", `{"id": ""}`: "", `{"id": 1.5}`: "", `{"id": 1e3}`: "", `{"id": true}`: "", `{"id": ["k1"]}`: "",
	} {
		if got, err := row(t, text).ID("key_id", "id"); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	var r services.Object
	if json.Unmarshal([]byte(`"k1"`), &r) == nil {
		t.Error("a string passes for a record")
	}
}

// What can be read is read, what cannot is missing and named.
func TestRow_times(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	day := at.Truncate(24 * time.Hour)
	for text, want := range map[string]driver.Key{
		`{}`: {},
		`{"created_at": "2026-02-13T10:00:00", "last_used_at": null, "revoked_at": "null"}`: {CreatedAt: at},
		`{"created_at": 1770976800, "last_used_at": "1770976800000", "revoked_at": ""}`:     {CreatedAt: at, LastUsedAt: at},
		`{"created_at": 1770976800000.0, "revoked_at": "2026-02-13T10:00:00+00:00"}`:        {CreatedAt: at, RevokedAt: at},
		`{"created_at": "2026-02-13", "last_used_at": "2026-02-13"}`:                        {CreatedAt: day, DateOnly: true, LastUsedAt: day.Add(24*time.Hour - time.Second)},
		`{"expires_at": "2026-02-13T10:00:00Z"}`:                                            {ExpiresAt: at},
		`{"expires_at": "2026-02-13"}`:                                                      {ExpiresAt: day.Add(24 * time.Hour)},
		`{"expires_at": "soon"}`:                                                            {Unreadable: []string{"expires_at"}},
		`{"created_at": true, "last_used_at": "often", "revoked_at": {}}`:                   {Unreadable: []string{"created_at", "last_used_at", "revoked_at"}},
		`{"created_at": 0, "last_used_at": [1], "revoked_at": false}`:                       {Unreadable: []string{"created_at", "last_used_at", "revoked_at"}},
	} {
		r, k := row(t, text), driver.Key{}
		r.Times(&k)
		k.Unreadable = r.Unreadable
		if !reflect.DeepEqual(k, want) {
			t.Errorf("%s: got %+v, want %+v", text, k, want)
		}
	}
}

func TestRow_attributes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 13, 10, 0, 0, 0, time.UTC)
	declared := []definition.Attribute{
		{Name: "text"}, {Name: "on", Kind: definition.Bool}, {Name: "n", Kind: definition.Int64}, {Name: "cost", Kind: definition.Float64},
		{Name: "list", Kind: definition.StringSet}, {Name: "at", Kind: definition.Time},
	}
	for text, want := range map[string]struct {
		attributes driver.Attributes
		unreadable []string
	}{
		`{"other": 1}`: {nil, nil},
		`{"text": "x", "on": true, "n": 7, "list": ["a"], "at": "2026-02-13T10:00:00Z"}`: {driver.Attributes{"text": "x", "on": true, "n": int64(7), "list": []string{"a"}, "at": at}, nil},
		`{"text": 5, "on": "false", "n": "7", "list": [], "at": 1770976800}`:             {driver.Attributes{"text": "5", "on": false, "n": int64(7), "list": []string{}, "at": at}, nil},
		`{"text": null, "on": null, "n": null, "list": null, "at": null}`:                {driver.Attributes{"text": nil, "on": nil, "n": nil, "list": nil, "at": nil}, nil},
		`{"text": true, "on": "maybe", "n": 1.5, "list": "a", "at": "then"}`:             {nil, []string{"at", "list", "n", "on", "text"}},
		`{"n": 7.0, "cost": 0.25}`:                               {driver.Attributes{"n": int64(7), "cost": 0.25}, nil},
		`{"n": 1e3, "cost": 3}`:                                  {driver.Attributes{"n": int64(1000), "cost": 3.0}, nil},
		`{"n": 1e300, "cost": "much"}`:                           {nil, []string{"cost", "n"}},
		`{"n": null, "cost": null}`:                              {driver.Attributes{"n": nil, "cost": nil}, nil},
		`{"text": {}, "on": [], "n": {}, "list": [1], "at": {}}`: {nil, []string{"at", "list", "n", "on", "text"}},
	} {
		r := row(t, text)
		got := r.Attributes(declared)
		slices.Sort(r.Unreadable)
		if !reflect.DeepEqual(got, want.attributes) || !slices.Equal(r.Unreadable, want.unreadable) {
			t.Errorf("%s: got %+v, unreadable %v", text, got, r.Unreadable)
		}
	}
}
