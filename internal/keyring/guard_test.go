package keyring_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/keyringtest"
)

// The account of these tests has one key, key-00001, which signs the requests,
// and another, key-00002.
func TestGuard(t *testing.T) {
	shown := driver.Hint{Prefix: "pk_live_00001", Suffix: "0001"}
	for _, tc := range []struct {
		name      string
		id        string
		known     string // whose value the caller holds
		identify  bool
		session   bool // the credential is no key
		silent    bool // whoami does not say which key it is
		unknown   bool // nor is it known
		forbidden bool
		hint      driver.Hint
		want      driver.Kind
		requests  int
	}{
		{name: "own, by value", id: "key-00001", known: "key-00001", identify: true, want: driver.KindSelf},
		{name: "another, by value", id: "key-00002", known: "key-00002", identify: true},
		{name: "another's value outweighs whoami", id: "key-00001", known: "key-00002", identify: true},
		{name: "own, by whoami", id: "key-00001", identify: true, want: driver.KindSelf, requests: 1},
		{name: "own, by whoami, written otherwise", id: "KEY-00001", identify: true, want: driver.KindSelf, requests: 1},
		{name: "another, by whoami", id: "key-00002", identify: true, requests: 1},
		{name: "own, value known but not the credential", id: "key-00001", known: "key-00001", identify: true, unknown: true, want: driver.KindSelf, requests: 1},
		{name: "session", id: "key-00001", identify: true, session: true, unknown: true, requests: 1},
		{name: "own, whoami does not say, by record", id: "key-00001", identify: true, silent: true, hint: shown, want: driver.KindSelf, requests: 2},
		{name: "another, whoami does not say", id: "key-00002", identify: true, silent: true, hint: shown, requests: 2},
		{name: "own, whoami forbidden, by record", id: "key-00001", identify: true, forbidden: true, hint: shown, want: driver.KindSelf, requests: 2},
		{name: "another, whoami forbidden", id: "key-00002", identify: true, forbidden: true, hint: shown, requests: 2},
		{name: "own, by record", id: "key-00001", hint: shown, want: driver.KindSelf, requests: 1},
		{name: "another, by record", id: "key-00002", hint: shown, requests: 1},
		{name: "own, but the record shows nothing", id: "key-00001", requests: 1},
		{name: "own, but the record shows what all share", id: "key-00001", hint: driver.Hint{Prefix: "pk_live_"}, requests: 1},
		{name: "credential unknown", id: "key-00001", unknown: true, hint: shown},
		{name: "credential unknown, value known", id: "key-00001", known: "key-00001", unknown: true, hint: shown},
		{name: "a key that does not exist", id: "nobody", hint: shown, requests: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := keyringtest.NewFull(2)
			f.SelfID, f.Signer = "key-00001", f.Value("key-00001")
			if tc.session {
				f.SelfID, f.Signer = "", driver.NewSecret("a.b.c")
			}
			if tc.silent {
				f.SelfID = ""
			}
			if tc.unknown {
				f.Signer = driver.Secret{}
			}
			f.Edit("key-00001", func(k *driver.Key) { k.Hint = tc.hint })
			if tc.forbidden {
				f.Before = fails(keyringtest.Self, 0, keyringtest.Refused(keyringtest.Self, driver.KindForbidden))
			}
			var svc driver.Service = f.Account
			if tc.identify {
				svc = f
			}
			r := ringOf(svc)
			var known driver.Secret
			if tc.known != "" {
				known = f.Value(tc.known)
			}
			err := r.Guard(t.Context(), tc.id, known)
			if kindOf(err) != tc.want || (err != nil) != (tc.want != "") {
				t.Errorf("guard says %v, want kind %q", err, tc.want)
			}
			if n := f.Requests(); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
			// So do its callers.
			if tc.want == driver.KindSelf {
				if err := r.Revoke(t.Context(), tc.id, known); kindOf(err) != tc.want {
					t.Errorf("revoke says %v", err)
				}
				if full, ok := svc.(keyringtest.Full); ok {
					k := full.Key(strings.ToLower(tc.id))
					k.ID = tc.id
					if _, _, err := r.Rotate(t.Context(), k, known); kindOf(err) != tc.want {
						t.Errorf("rotate says %v", err)
					}
				}
				if !f.Key(strings.ToLower(tc.id)).Live() || f.Calls(keyringtest.Revoke)+f.Calls(keyringtest.Rotate) > 0 {
					t.Error("the provider's own credential was touched")
				}
			}
		})
	}
}

// A revoked key is nobody's credential, whatever its record shows.
func TestGuard_revokedRecord(t *testing.T) {
	f := keyringtest.NewFull(1)
	f.Signer = f.Value("key-00001")
	f.Edit("key-00001", func(k *driver.Key) { k.Hint = driver.Hint{Prefix: "pk_live_00001"} })
	f.Kill("key-00001")
	if err := ringOf(f.Lookup).Guard(t.Context(), "key-00001", driver.Secret{}); err != nil {
		t.Error(err)
	}
}

// Who is calling is asked once, unless the answer was a failure.
func TestGuard_asksOnce(t *testing.T) {
	f := keyringtest.NewFull(2)
	f.SelfID, f.Signer = "key-00001", f.Value("key-00001")
	f.Before = fails(keyringtest.Self, 1, keyringtest.Refused(keyringtest.Self, driver.KindServer))
	r := ringOf(f)
	if err := r.Revoke(t.Context(), "key-00002", driver.Secret{}); kindOf(err) != driver.KindServer {
		t.Errorf("got %v, want the failure of whoami", err)
	}
	if !f.Key("key-00002").Live() {
		t.Error("a key was revoked without knowing whose it is")
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := r.Guard(t.Context(), "key-00002", driver.Secret{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantCalls(t, f, keyringtest.Self, 2)
}

// That the service refuses to say who is calling is remembered.
func TestGuard_refusedOnce(t *testing.T) {
	f := keyringtest.NewFull(2)
	f.Signer = f.Value("key-00001")
	f.Edit("key-00001", func(k *driver.Key) { k.Hint = driver.Hint{Prefix: "pk_live_00001"} })
	f.Before = fails(keyringtest.Self, 0, keyringtest.Refused(keyringtest.Self, driver.KindForbidden))
	r := ringOf(f)
	for range 3 {
		if err := r.Guard(t.Context(), "key-00001", driver.Secret{}); kindOf(err) != driver.KindSelf {
			t.Errorf("own: %v", err)
		}
		if err := r.Guard(t.Context(), "key-00002", driver.Secret{}); err != nil {
			t.Errorf("another: %v", err)
		}
	}
	wantCalls(t, f, keyringtest.Self, 1)
}

// Who waits for the answer can give up, and the others get it.
func TestGuard_givesUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := keyringtest.NewFull(2)
		f.SelfID, f.Signer = "key-00001", f.Value("key-00001")
		f.Before = only(keyringtest.Self, 0, func(ctx context.Context) error { wait(ctx, time.Minute); return nil })
		r := ringOf(f)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := r.Guard(t.Context(), "key-00001", driver.Secret{}); kindOf(err) != driver.KindSelf {
				t.Errorf("the first caller gets %v", err)
			}
		})
		synctest.Wait() // the first caller asks
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := r.Guard(ctx, "key-00002", driver.Secret{}); kindOf(err) != driver.KindCanceled || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		wg.Wait()
		wantCalls(t, f, keyringtest.Self, 1)
	})
}

// What the guard cannot find out stops the revocation.
func TestGuard_failures(t *testing.T) {
	f := keyringtest.NewFull(1)
	f.Signer = f.Value("key-00001")
	f.Before = func(_ context.Context, c keyringtest.Call) error {
		return keyringtest.Refused(c.Op, driver.KindUnauthorized)
	}
	for name, svc := range map[string]driver.Service{"whoami": f, "listing": f.Account} {
		if err := ringOf(svc).Guard(t.Context(), "key-00001", driver.Secret{}); kindOf(err) != driver.KindUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCanRecognize(t *testing.T) {
	f, named, blocked := keyringtest.NewFull(1), keyringtest.NewFull(1), keyringtest.NewFull(1)
	named.SelfID = "key-00001"
	blocked.Before = fails(keyringtest.Self, 0, keyringtest.Refused(keyringtest.Self, driver.KindForbidden))
	shown, silent := driver.Key{Hint: driver.Hint{Prefix: "pk_live_000"}}, driver.Key{Hint: driver.Hint{Prefix: "pk_live_00"}}
	for _, tc := range []struct {
		name   string
		svc    driver.Service
		signer string
		key    driver.Key
		want   bool
	}{
		{"by whoami", named, "v", silent, true},
		{"whoami does not say", f, "v", silent, false},
		{"whoami is refused", blocked, "v", silent, false},
		{"whoami is refused, by record", blocked, "v", shown, true},
		{"no credential", f.Account, "", silent, true},
		{"by record", f.Account, "v", shown, true},
		{"the record shows too little", f.Account, "v", silent, false},
	} {
		f.Signer, named.Signer, blocked.Signer = driver.NewSecret(tc.signer), driver.NewSecret(tc.signer), driver.NewSecret(tc.signer)
		if got := ringOf(tc.svc).CanRecognize(t.Context(), tc.key); got != tc.want {
			t.Errorf("%s: %t", tc.name, got)
		}
	}
}
