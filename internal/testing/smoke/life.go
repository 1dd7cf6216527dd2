package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
)

// namePrefix begins the names of all keys of this program.
const namePrefix = "terraform-provider-apikeys-smoke-"

// newName is a name that no other key has.
func newName(now time.Time) string {
	return namePrefix + now.UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:8])
}

// run is one run of the program at one service.
type run struct {
	service services.Service
	// arguments are what the create sends to a declared service.
	arguments string
	config    services.Config
	options   keyring.Options
	name      string
	log       io.Writer // for the owner of the account; may name keys
	seen      *observed

	svc     driver.Service
	ring    *keyring.Ring
	current driver.Minted // to be revoked
	// live has the ids of all keys that this run has created: false if revoked.
	live map[string]bool
	// unknown are the creates whose outcome is unknown.
	unknown []keyring.CreateWindow
	// isComplete: no step has failed.
	isComplete, isInterrupted bool
	hasCreated                bool // or tried to
}

// connect opens the service, with another credential if one is given.
func (r *run) connect(credential driver.Secret) (driver.Service, error) {
	cfg := r.config
	cfg.HTTP.Wrap = r.seen.wrap
	if !credential.IsZero() {
		cfg.Settings, cfg.Source = maps.Clone(cfg.Settings), maps.Clone(cfg.Source)
		cfg.Lists = nil // without token_command, which comes first
		isSet := false
		for _, s := range r.service.Settings {
			switch {
			case !s.Sensitive || s.List:
			case isSet: // further credentials
				delete(cfg.Settings, s.Name)
				delete(cfg.Source, s.Name)
			default:
				cfg.Settings[s.Name], cfg.Source[s.Name], isSet = credential.Reveal(), services.FromAttribute, true
			}
		}
	}
	open, err := r.service.Connect(cfg)
	if err != nil {
		return nil, err
	}
	return open(""), nil
}

// uncached is a Ring that has to ask the service.
func (r *run) uncached() *keyring.Ring { return keyring.New(r.svc, r.options) }

// note prints that a step failed.
func (r *run) note(s step, err error) {
	if err != nil {
		_, _ = fmt.Fprintf(r.log, "%s: %v\n", s, err)
	}
}

// do is one step. Its failure makes the run incomplete.
func (r *run) do(ctx context.Context, s step, f func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.seen.begin(s)
	err := f(ctx)
	if err != nil {
		r.isComplete = false
		r.note(s, err)
	}
	return err
}

// useOneKey takes one key through all steps.
func (r *run) useOneKey(ctx context.Context) (err error) {
	if r.svc, err = r.connect(driver.Secret{}); err != nil {
		return err
	}
	r.ring, r.isComplete = r.uncached(), true
	if err := r.do(ctx, stepList, r.listBefore); err != nil {
		return err
	}
	if err := r.do(ctx, stepCreate, r.create); err != nil {
		return err
	}
	// One of these may show something although another fails.
	_ = r.do(ctx, stepFind, func(ctx context.Context) error { return r.list(ctx, stepFind, true) })
	_ = r.do(ctx, stepWhoami, r.whoami)
	_ = r.do(ctx, stepRead, r.read)
	_ = r.do(ctx, stepUpdate, r.update)
	_ = r.do(ctx, stepRotate, r.rotate)
	if err := r.do(ctx, stepRevoke, func(ctx context.Context) error { return r.revoke(ctx, r.current.ID, r.current.Value) }); err != nil {
		return err
	}
	_ = r.do(ctx, stepGone, func(ctx context.Context) error { return r.list(ctx, stepGone, false) })
	if ctx.Err() == nil {
		r.provokeRefusals(ctx)
	}
	return ctx.Err()
}

// track tracks the key that a create or a rotation returned, or the create if its
// outcome is unknown.
func (r *run) track(m driver.Minted, err error) error {
	var unknown *keyring.OutcomeUnknownError
	if errors.As(err, &unknown) {
		r.unknown = append(r.unknown, unknown.Window)
	}
	if err != nil {
		return err
	}
	r.current = m
	r.live[m.ID] = true
	return nil
}

func (r *run) create(ctx context.Context) error {
	r.hasCreated = true
	spec := driver.Spec{Name: r.name}
	if r.arguments != "" && r.service.Key.Declared {
		spec.Attributes = driver.Attributes{custom.Arguments: r.arguments}
	}
	m, err := r.ring.Create(ctx, spec)
	if err == nil {
		r.seen.minted = m
	}
	return r.track(m, err)
}

// listBefore names keys of earlier runs: they may be those of a run that is going on.
func (r *run) listBefore(ctx context.Context) error {
	keys, err := r.ring.List(ctx)
	for _, k := range keys {
		if strings.HasPrefix(k.Name, namePrefix) {
			_, _ = fmt.Fprintf(r.log, "A key of another run is live: id %s, name %s. Revoke it: %s.\n", k.ID, k.Name, r.service.Key.Console)
		}
	}
	return err
}

// revoke revokes a key of this run.
func (r *run) revoke(ctx context.Context, id string, value driver.Secret) error {
	err := r.ring.Revoke(ctx, id, value)
	if err == nil {
		r.live[id] = false
	}
	return err
}

// list looks for the key as another process would.
func (r *run) list(ctx context.Context, s step, want bool) error {
	keys, err := r.uncached().List(ctx)
	if err != nil {
		return err
	}
	var found *driver.Key
	for _, k := range keys {
		if strings.EqualFold(k.ID, r.current.ID) {
			found = &k
		}
	}
	switch {
	case !want:
		r.learn(s, found == nil, "it is still there")
	case found == nil:
		r.learn(s, false, "it is not there")
	default:
		r.seen.listed = found
		r.learn(s, found.Name == r.name, "its name is another one")
	}
	return nil
}

// learn notes what a step has shown besides the form of its answers.
func (r *run) learn(s step, ok bool, otherwise string) {
	if ok {
		otherwise = ""
	}
	r.seen.facts[s] = verdictOf(ok, otherwise)
}

func (r *run) whoami(ctx context.Context) error {
	if identifier, ok := r.svc.(driver.Identifier); ok {
		_, err := identifier.Self(ctx)
		return err
	}
	return nil
}

func (r *run) read(ctx context.Context) error {
	if getter, ok := r.svc.(driver.Getter); ok {
		_, err := getter.Get(ctx, r.current.ID)
		return err
	}
	return nil
}

// update renames the key.
func (r *run) update(ctx context.Context) error {
	if _, ok := r.svc.(driver.Updater); !ok || !r.service.Key.CanRename {
		return nil
	}
	name := r.name + "-renamed"
	k, err := r.ring.Update(ctx, r.current.ID, driver.Changes{Name: &name})
	if err != nil {
		return err
	}
	r.learn(stepUpdate, k.Name == name, "its name is another one")
	r.current.Name = k.Name
	return nil
}

func (r *run) rotate(ctx context.Context) error {
	if _, ok := r.svc.(driver.Rotator); !ok {
		return nil
	}
	old := r.current
	m, unrevoked, err := r.ring.Rotate(ctx, old.Key, old.Value)
	if err := r.track(m, err); err != nil {
		return err
	}
	r.learn(stepRotate, unrevoked == "" && !strings.EqualFold(old.ID, m.ID), "the old key is not shown as revoked, or has the same id")
	if unrevoked != "" {
		return r.revoke(ctx, unrevoked, old.Value)
	}
	r.live[old.ID] = false
	return nil
}

// provokeRefusals sends requests that must be refused.
func (r *run) provokeRefusals(ctx context.Context) {
	r.seen.begin(stepRevoked)
	getter, isGetter := r.svc.(driver.Getter)
	if isGetter {
		_, _ = getter.Get(ctx, r.current.ID)
	}
	r.seen.begin(stepUnknown)
	if isGetter {
		_, _ = getter.Get(ctx, "00000000-0000-4000-8000-000000000000")
	} else {
		_ = r.svc.Revoke(ctx, r.current.ID) // which is revoked
	}
	r.seen.begin(stepRefused)
	if revoked, err := r.connect(r.current.Value); err == nil {
		_, _ = revoked.List(ctx, driver.Query{})
	}
}
