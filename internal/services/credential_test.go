package services_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/servicestest"
)

func TestMain(m *testing.M) { servicestest.Main(m) }

func TestBearer_programIsBounded(t *testing.T) {
	t.Parallel()
	p := servicestest.Script(t, "hang")
	b := services.NewBearer(p.Command(t), 300*time.Millisecond)
	if err := b.Authorize(context.Background(), http.Header{}); err == nil || !strings.Contains(err.Error(), "300ms") {
		t.Errorf("got %v", err)
	}
	// A caller who gives up does not wait for the program.
	b = services.NewBearer(p.Command(t), time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Authorize(ctx, http.Header{}); err == nil {
		t.Error("want an error")
	}
}

func TestIsJWT(t *testing.T) {
	t.Parallel()
	at := time.Unix(1800000000, 0)
	if token := servicestest.JWT(at); !services.IsJWT(token) || !services.Expiry(token).Equal(at) {
		t.Errorf("%s: %v", token, services.Expiry(token))
	}
	for _, token := range []string{"", "op_live_abc", "a.b", "a..c", "a.b.c.d", "ä.b.c", "op.live.key!"} {
		if services.IsJWT(token) || !services.Expiry(token).IsZero() {
			t.Errorf("%q is no JWT", token)
		}
	}
	for _, payload := range []string{`{}`, `[]`, `{"exp":"soon"}`, `{"exp":-1}`, `{"exp":1e300}`} {
		token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".e30"
		if !services.IsJWT(token) || !services.Expiry(token).IsZero() {
			t.Errorf("%s: got %v", payload, services.Expiry(token))
		}
	}
}

// What a token says of its expiry is a time that can be reckoned with, or none.
func FuzzTokenExpiry(f *testing.F) {
	for _, s := range []string{
		"", "op_live_abc", "a.b.c", "eyJhbGciOiJub25lIn0.eyJleHAiOjE5MDAwMDAwMDB9.c2ln", "eyJhbGciOiJub25lIn0.eyJleHAiOi0xfQ.c2ln",
		"eyJhbGciOiJub25lIn0.eyJleHAiOjFlMzAwfQ.c2ln", "eyJhbGciOiJub25lIn0.bnVsbA.c2ln", "eyJhbGciOiJub25lIn0=.eyJleHAiOjE5MDAwMDAwMDB9.c2ln", "...",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		at := services.Expiry(token)
		if at.IsZero() {
			return
		}
		if !services.IsJWT(token) {
			t.Fatalf("an expiry of what is no JWT: %q", token)
		}
		if at.Unix() < 0 || at.Unix() > 1<<40 || at.Sub(at.Add(-time.Hour)) != time.Hour {
			t.Fatalf("%q expires %v", token, at)
		}
	})
}
