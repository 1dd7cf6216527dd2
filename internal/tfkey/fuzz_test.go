package tfkey

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// A duration is positive and means the same as one written the plain way.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"90d", "720h", "1d12h", "1h30m", "0d", "-1d", "1d-1h", "d", "106752d", "9223372036854775807ns", "1.5h", "٣d", " 1d", "1d ", "1dd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err != nil {
			if d != 0 {
				t.Fatalf("%q: %v together with an error", s, d)
			}
			return
		}
		if d <= 0 {
			t.Fatalf("%q is %v", s, d)
		}
		if again, err := ParseDuration(d.String()); err != nil || again != d {
			t.Fatalf("%q is %v, which is %v, %v", s, d, again, err)
		}
	})
}

// An import id is taken apart without losing a character, and a name is never
// taken for a scope.
func FuzzParseImport(f *testing.F) {
	for _, s := range []string{"", "id", "name:ci", "ws/id", "ws/name:ci", "name:a/b", "/", "a/b/c", "ws/name:a/b", "name:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		plain, scoped := &keyResource{serviceBase{def: serviceDef{definition.Service{}}}}, &keyResource{serviceBase{def: serviceDef{definition.Service{Scope: "tenant_id"}}}}
		if id, scope := plain.parseImport(raw); id != raw || scope != "" {
			t.Fatalf("without scopes %q is %q in %q", raw, id, scope)
		}
		id, scope := scoped.parseImport(raw)
		if strings.HasPrefix(raw, byName) && (id != raw || scope != "") {
			t.Fatalf("the name in %q is taken for a scope", raw)
		}
		if joined := scope + "/" + id; joined != raw && id != raw {
			t.Fatalf("%q is %q in %q", raw, id, scope)
		}
	})
}

// Only what expiringName writes is taken for the name of an ephemeral key: what
// somebody else's key is called must never let it look expired.
func FuzzParseExpiringName(f *testing.F) {
	f.Add("ci" + expiryOpen + "2030-01-02T03:04:05Z" + expiryClose)
	f.Add("ci" + expiryOpen + "2030-01-02T03:04:05+00:00" + expiryClose)
	f.Add("ci" + expiryOpen + "2030-01-02T03:04:05.000Z" + expiryClose)
	f.Add(expiryOpen + expiryClose)
	f.Add("ci" + expiryOpen + expiryOpen + "2030-01-02T03:04:05Z" + expiryClose + expiryClose)
	f.Fuzz(func(t *testing.T, s string) {
		name, expires, ok := parseExpiringName(s)
		if ok && expiringName(name, expires) != s {
			t.Fatalf("%q is taken for %q until %v", s, name, expires)
		}
		if !ok && (name != "" || !expires.IsZero()) {
			t.Fatalf("%q: %q, %v although it is none", s, name, expires)
		}
		made := expiringName(s, time.Unix(1_900_000_000, 0))
		if back, at, ok := parseExpiringName(made); !ok || back != s || at.Unix() != 1_900_000_000 {
			t.Fatalf("%q does not come back: %q, %v, %v", s, back, at, ok)
		}
	})
}
