package keyring

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"golang.org/x/sync/semaphore"
)

// Ring is all the keys of one scope at one service, as this process sees them.
// Its methods may be called concurrently.
type Ring struct {
	svc  driver.Service
	opts Options
	dir  directory

	mu              sync.Mutex
	creates         createState
	self            self
	credentialScope atomic.Pointer[string] // what Home has found
	// creationTimes are what Born was given.
	creationTimes map[string]time.Time
	// unreadable are keys with values that could not be read.
	unreadable           map[string]driver.Key
	isUnreadableReported bool
}

// New returns a Ring over a service.
func New(svc driver.Service, opts Options) *Ring {
	r := &Ring{svc: svc, opts: opts.withDefaults()}
	r.dir = directory{page: r.page, opts: &r.opts, quiet: semaphore.NewWeighted(wholeQuiet)}
	return r
}

// CreateProblem says why the service will probably refuse to create keys; "" if nothing
// speaks against it, see [CreateChecker].
func (r *Ring) CreateProblem() string {
	if forecast, ok := r.svc.(driver.CreateChecker); ok {
		return forecast.CreateProblem()
	}
	return ""
}

// Now is the service's clock.
func (r *Ring) Now() time.Time { return r.svc.Now() }

// earliest is what the service's clock says at least, latest at most. An answer
// that comes in between makes the time better known, but not the doubt too small.
func (r *Ring) earliest() time.Time { doubt := r.svc.ClockError(); return r.svc.Now().Add(-doubt) }
func (r *Ring) latest() time.Time   { doubt := r.svc.ClockError(); return r.svc.Now().Add(doubt) }

// page is one page of the service's listing.
func (r *Ring) page(ctx context.Context, q driver.Query) (driver.Page, error) {
	page, err := contained(ctx, &r.opts, listKeys, func() (driver.Page, error) { return r.svc.List(ctx, q) })
	for i := range page.Keys {
		r.expire(&page.Keys[i])
	}
	r.noteUnreadable(page.Keys...)
	return page, err
}

// noteUnreadable remembers keys with values that could not be read.
func (r *Ring) noteUnreadable(keys ...driver.Key) {
	for _, k := range keys {
		if len(k.Unreadable) > 0 {
			r.mu.Lock()
			if r.unreadable == nil {
				r.unreadable = map[string]driver.Key{}
			}
			r.unreadable[k.ID] = k
			r.mu.Unlock()
		}
	}
}

// UnreadableKeys returns the keys with values that could not be read, oldest first, once: the
// first call after some were seen has them, later ones have none.
func (r *Ring) UnreadableKeys() []driver.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unreadable) == 0 || r.isUnreadableReported {
		return nil
	}
	r.isUnreadableReported = true
	return Sorted(r.unreadable)
}

// HasUnreadable reports whether [Ring.UnreadableKeys] would return any.
func (r *Ring) HasUnreadable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unreadable) > 0 && !r.isUnreadableReported
}

// Listed returns a key from the shared listing if that is fresh, or on its way. It starts
// none, so a key that is not found may exist all the same.
func (r *Ring) Listed(ctx context.Context, id string) (driver.Key, bool) {
	if !r.dir.hasFresh() {
		return driver.Key{}, false
	}
	if _, ok := r.svc.(driver.Getter); ok {
		return r.dir.listed(ctx, id)
	}
	k, found, err := r.dir.find(ctx, id, anyFresh)
	return k, found && err == nil
}

// List returns every live key, oldest first, from the shared listing.
func (r *Ring) List(ctx context.Context) ([]driver.Key, error) { return r.Keys(ctx, driver.StatusLive) }

// Keys returns every key of a state, oldest first. Callers share one listing for
// the usable and live keys, and one for each other state; see [Ring.Pages].
func (r *Ring) Keys(ctx context.Context, status driver.Status) ([]driver.Key, error) {
	all, err := r.dir.of(status).all(ctx, anyFresh)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(_ string, k driver.Key) bool { return !status.Selects(k) })
	return Sorted(all), nil
}

// FindByName returns the live keys that bear a name, oldest first. When the default
// listing has none, keys that are switched off are looked for too.
func (r *Ring) FindByName(ctx context.Context, name string) ([]driver.Key, error) {
	found, err := r.findByName(ctx, driver.StatusLive, name)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return r.findByName(ctx, driver.StatusInactive, name)
}

// FindActiveByName returns the usable keys that bear a name, oldest first, from the
// shared listing. Keys that are switched off are not looked for: that would cost a
// listing of their own.
func (r *Ring) FindActiveByName(ctx context.Context, name string) ([]driver.Key, error) {
	return r.findByName(ctx, driver.StatusActive, name)
}

// findByName picks them from the shared listing without copying it: it may be long.
func (r *Ring) findByName(ctx context.Context, status driver.Status, name string) ([]driver.Key, error) {
	var found []driver.Key
	err := r.dir.of(status).view(ctx, anyFresh, func(l *listing) {
		for _, k := range l.keys {
			if k.Name == name && k.Live() && status.Selects(k) {
				found = append(found, k)
			}
		}
	})
	slices.SortFunc(found, older)
	return found, err
}

// Read returns a key, and whether it exists. It does not exist only on proof: a
// service that can be asked for it says so, or it is absent from a complete
// listing that began after Read was called. A revoked key that the service still
// remembers exists, and is not Live. An error proves nothing.
//
// born is when the key was made, or any time after that; zero if nothing is known. A
// service may show a new key late: that one is absent which is younger than
// Options.Young proves nothing, so Read looks again until it appears or is old
// enough, unless this process has revoked it. One from the future counts as made now.
func (r *Ring) Read(ctx context.Context, id string, born time.Time) (driver.Key, bool, error) {
	k, found, err := r.read(ctx, id)
	old := born.Add(r.opts.NewKeyDelay)
	if latest := r.Now().Add(r.opts.NewKeyDelay); old.After(latest) {
		old = latest
	}
	for wait := r.opts.PollInterval; err == nil && !found && !r.dir.isGone(id); wait *= 2 {
		left := old.Sub(r.Now())
		if left <= 0 {
			break
		}
		if err := r.opts.Sleep(ctx, min(wait, left)); err != nil {
			return driver.Key{}, false, fmt.Errorf("key %s is not listed, and was made so lately that it may be listed later: %w", id, err)
		}
		k, found, err = r.again(ctx, id)
	}
	return conclusive(k, found, err)
}

// read looks a key up in the shared listing, or asks for it.
func (r *Ring) read(ctx context.Context, id string) (driver.Key, bool, error) {
	getter, ok := r.svc.(driver.Getter)
	if !ok {
		asked := r.dir.mark()
		k, found, err := r.dir.find(ctx, id, anyFresh)
		if err == nil && !found {
			k, found, err = r.dir.find(ctx, id, asked)
		}
		return k, found, err
	}
	k, found, single, err := r.dir.peek(ctx, id)
	if err == nil && !found && !single {
		if k, found, err = r.dir.find(ctx, id, anyFresh); isUnlisted(err) {
			err = nil
		}
	}
	if found || err != nil {
		return k, found, err
	}
	// Rows move between pages while keys come and go, so absence from a listing
	// proves nothing here; the service is asked.
	return r.get(ctx, getter, id)
}

// again looks for a key that was not there a moment ago.
func (r *Ring) again(ctx context.Context, id string) (driver.Key, bool, error) {
	if getter, ok := r.svc.(driver.Getter); ok {
		return r.get(ctx, getter, id)
	}
	return r.dir.find(ctx, id, r.dir.mark())
}

// CredentialScope returns what the listed keys say of the given attribute: the scope
// that a credential belongs to, at services where every record names it. "" when
// nothing is listed or the records do not tell.
func (r *Ring) CredentialScope(ctx context.Context, attribute string) (string, error) {
	if home := r.credentialScope.Load(); home != nil {
		return *home, nil // a credential keeps its scope
	}
	l, err := r.dir.listing(ctx, anyFresh)
	if err != nil {
		return "", err
	}
	r.dir.mu.Lock()
	defer r.dir.mu.Unlock()
	for _, k := range l.keys {
		if home, _ := k.Attributes[attribute].(string); home != "" {
			r.credentialScope.Store(&home)
			return home, nil
		}
	}
	return "", nil
}

// CheckCredential asks the service whether it accepts the credential, by the first page of
// the listing that all share: nothing is sent if there is a fresh one.
func (r *Ring) CheckCredential(ctx context.Context) error {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	_, err := r.dir.listing(ctx, anyFresh)
	return err
}

// CachedByName returns the live keys of that name in the newest listing, oldest first,
// without asking the service, and whether that listing is complete.
func (r *Ring) CachedByName(name string) (keys []driver.Key, complete bool) { return r.dir.seen(name) }

// readFresh reads a key anew, whatever this process already knows.
func (r *Ring) readFresh(ctx context.Context, id string) (driver.Key, bool, error) {
	if getter, ok := r.svc.(driver.Getter); ok {
		k, found, err := r.get(ctx, getter, id)
		if err == nil && !found {
			// A wrong base_url answers 404 to everything, perhaps only from now on.
			// It is believed where keys can be listed, and where the listing does
			// not show the key.
			asked := r.dir.mark()
			if _, err = r.dir.listing(ctx, asked); err == nil {
				k, found, _, err = r.dir.peek(ctx, id)
			}
		}
		return conclusive(k, found, err)
	}
	return conclusive(r.dir.find(ctx, id, r.dir.mark()))
}

// conclusive fails for a key that was found and may be revoked or not.
func conclusive(k driver.Key, found bool, err error) (driver.Key, bool, error) {
	if err == nil && found {
		err = k.CheckConclusive()
	}
	return k, found && err == nil, err
}

func (r *Ring) get(ctx context.Context, getter driver.Getter, id string) (driver.Key, bool, error) {
	k, err := contained(ctx, &r.opts, "read the key", func() (driver.Key, error) { return getter.Get(ctx, id) })
	if driver.IsNotFound(err) {
		return driver.Key{}, false, nil
	}
	if _, marker := ParseCreateWindow(k.ID); marker {
		return driver.Key{}, false, &driver.Error{Service: "the service", Operation: "read the key", Kind: driver.KindMalformed, Effect: driver.EffectNone, Message: fmt.Sprintf("%q is not the id of a key", k.ID)}
	}
	r.noteUnreadable(k)
	r.expire(&k)
	return k, err == nil, err
}

// expire sets Expired on a key whose time has passed by the service's clock, at the
// earliest that it may show.
func (r *Ring) expire(k *driver.Key) {
	k.Expired = !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(r.earliest())
}

// Update changes a key in place. It fails if the service cannot do that.
func (r *Ring) Update(ctx context.Context, id string, c driver.Changes) (driver.Key, error) {
	updater, ok := r.svc.(driver.Updater)
	if !ok {
		return driver.Key{}, fmt.Errorf("the service cannot change a key in place")
	}
	done, err := r.dir.writing(ctx, "change the key")
	if err != nil {
		return driver.Key{}, err
	}
	k, err := contained(ctx, &r.opts, "change the key", func() (driver.Key, error) { return updater.Update(ctx, id, c) })
	done()
	if err != nil {
		return driver.Key{}, err
	}
	k.ID = id // it is about this key, however the answer writes it
	r.dir.wrote(id, &k)
	return k, nil
}
