package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// outcome is what a step has shown beyond the form of its answers.
type outcome struct {
	seen, ok bool
	words    string
}

// life is what has become of the key.
type life struct {
	minted driver.Minted // zero unless a create has succeeded
	listed *driver.Key   // its record in the listing after the create

	findable, unlisted, renamed, replaced outcome
}

func (l life) isListed() outcome   { return l.findable }
func (l life) isUnlisted() outcome { return l.unlisted }
func (l life) isRenamed() outcome  { return l.renamed }
func (l life) isReplaced() outcome { return l.replaced }

// namePrefix begins the names of all keys of this program.
const namePrefix = "terraform-provider-apikeys-smoke-"

// newName is a name that no other key has.
func newName(now time.Time) string {
	return namePrefix + now.UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:8])
}

// run is one run of the program at one service.
type run struct {
	service services.Service
	config  services.Config // resolved; its HTTP part is complete
	options keyring.Options
	name    string
	log     io.Writer // for the owner of the account; may name keys
	seen    observed

	svc  driver.Service
	ring *keyring.Ring
	// current is the key that is to be revoked, with its value.
	current driver.Minted
	// made are the ids of all keys that this run knows it has created, alive those that
	// are not known to be revoked.
	made, alive []string
	// open are the creates whose outcome is unknown.
	open []keyring.CreateWindow
	// isWhole says that every step has been gone through, isInterrupted that somebody
	// has ended the run.
	isWhole, isInterrupted bool
	// isAsked says that a key has been asked for.
	isAsked bool
}

// connect opens the service, with another credential if one is given.
func (r *run) connect(credential driver.Secret) (driver.Service, error) {
	cfg := r.config
	cfg.HTTP.Wrap = r.seen.wrap
	if !credential.IsZero() {
		cfg.Settings, cfg.Source = r.signedWith(credential)
		cfg.Lists = nil // a program that prints a bearer would come before it
	}
	open, err := r.service.Connect(cfg)
	if err != nil {
		return nil, err
	}
	return open(""), nil
}

// signedWith are the settings with a key in place of the credential.
func (r *run) signedWith(key driver.Secret) (settings, source map[string]string) {
	settings, source = map[string]string{}, map[string]string{}
	replaced := false
	for _, s := range r.service.Settings {
		switch {
		case s.List:
		case !s.Sensitive:
			settings[s.Name], source[s.Name] = r.config.Settings[s.Name], r.config.Source[s.Name]
		case !replaced:
			settings[s.Name], source[s.Name], replaced = key.Reveal(), services.FromAttribute, true
		}
	}
	return settings, source
}

// fresh is a Ring that knows nothing yet, so that it asks the service.
func (r *run) fresh() *keyring.Ring { return keyring.New(r.svc, r.options) }

// note prints that a step failed.
func (r *run) note(s step, err error) {
	if err != nil {
		_, _ = fmt.Fprintf(r.log, "%s: %v\n", s, err)
	}
}

// do is one step. What fails is noted, and makes the run incomplete.
func (r *run) do(ctx context.Context, s step, f func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.seen.begin(s)
	err := f(ctx)
	if err != nil {
		r.isWhole = false
		r.note(s, err)
	}
	return err
}

// live takes one key through its life.
func (r *run) live(ctx context.Context) (err error) {
	if r.svc, err = r.connect(driver.Secret{}); err != nil {
		return err
	}
	r.ring, r.isWhole = r.fresh(), true
	if err := r.do(ctx, stepList, func(ctx context.Context) error { _, err := r.ring.List(ctx); return err }); err != nil {
		return err
	}
	if err := r.do(ctx, stepCreate, r.create); err != nil {
		return err
	}
	steps := []struct {
		step step
		do   func(context.Context) error
	}{
		{stepFind, r.find}, {stepWhoami, r.whoami}, {stepRead, r.read}, {stepUpdate, r.update}, {stepRotate, r.rotate},
	}
	for _, s := range steps {
		_ = r.do(ctx, s.step, s.do) // the others may show something all the same
	}
	if err := r.do(ctx, stepRevoke, r.revoke); err != nil {
		return err
	}
	_ = r.do(ctx, stepGone, r.gone)
	r.probe(ctx)
	return ctx.Err()
}

// create creates the key. What the engine could not reconcile goes into r.open.
func (r *run) create(ctx context.Context) error {
	r.isAsked = true
	minted, err := r.ring.Create(ctx, driver.Spec{Name: r.name})
	var open *keyring.OutcomeUnknownError
	if errors.As(err, &open) {
		r.open = append(r.open, open.Window)
	}
	if err != nil {
		return err
	}
	r.hold(minted)
	r.seen.life.minted = minted
	return nil
}

// hold tracks a key as the current one. Its suspects are this run's too: no other key has
// their name.
func (r *run) hold(m driver.Minted) {
	r.current = m
	for _, k := range append(m.Suspects, m.Key) {
		r.made, r.alive = append(r.made, k.ID), append(r.alive, k.ID)
	}
}

// kill revokes a key of this run.
func (r *run) kill(ctx context.Context, id string, value driver.Secret) error {
	err := r.ring.Revoke(ctx, id, value)
	if err == nil {
		r.isDead(id)
	}
	return err
}

func (r *run) isDead(id string) {
	r.alive = slices.DeleteFunc(r.alive, func(alive string) bool { return alive == id })
}

// find looks for the key as another process would.
func (r *run) find(ctx context.Context) error {
	keys, err := r.fresh().List(ctx)
	if err != nil {
		return err
	}
	found := &r.seen.life.findable
	found.seen, found.words = true, "it is not there"
	for _, k := range keys {
		if strings.EqualFold(k.ID, r.current.ID) {
			r.seen.life.listed = &k
			found.ok, found.words = k.Name == r.name, "its name is another one"
		}
	}
	if found.ok {
		found.words = ""
	}
	return nil
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

// update gives the key another name that says what it is.
func (r *run) update(ctx context.Context) error {
	if _, ok := r.svc.(driver.Updater); !ok {
		return nil
	}
	name := r.name + "-renamed"
	k, err := r.ring.Update(ctx, r.current.ID, driver.Changes{Name: &name})
	if err != nil {
		return err
	}
	r.seen.life.renamed = outcome{seen: true, ok: k.Name == name}
	if !r.seen.life.renamed.ok {
		r.seen.life.renamed.words = "its name is another one"
	}
	r.current.Name = k.Name
	return nil
}

func (r *run) rotate(ctx context.Context) error {
	if _, ok := r.svc.(driver.Rotator); !ok {
		return nil
	}
	old := r.current
	minted, unrevoked, err := r.ring.Rotate(ctx, old.Key, old.Value)
	var open *keyring.OutcomeUnknownError
	if errors.As(err, &open) {
		r.open = append(r.open, open.Window)
	}
	if err != nil {
		return err
	}
	r.hold(minted)
	r.seen.life.replaced = outcome{seen: true, ok: unrevoked == "" && !strings.EqualFold(old.ID, minted.ID)}
	if !r.seen.life.replaced.ok {
		r.seen.life.replaced.words = "the old key is not shown as revoked, or has the same id"
	}
	if unrevoked != "" {
		return r.kill(ctx, unrevoked, old.Value)
	}
	r.isDead(old.ID)
	return nil
}

func (r *run) revoke(ctx context.Context) error {
	return r.kill(ctx, r.current.ID, r.current.Value)
}

// gone looks whether the listing still has the key.
func (r *run) gone(ctx context.Context) error {
	keys, err := r.fresh().List(ctx)
	if err != nil {
		return err
	}
	gone := &r.seen.life.unlisted
	gone.seen, gone.ok = true, true
	for _, k := range keys {
		if strings.EqualFold(k.ID, r.current.ID) {
			gone.ok, gone.words = false, "it is still there"
		}
	}
	return nil
}

// probe asks for what must be refused. That it is, is no failure of the run.
func (r *run) probe(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	r.seen.begin(stepRevoked)
	getter, isGetter := r.svc.(driver.Getter)
	if isGetter {
		_, _ = getter.Get(ctx, r.current.ID)
	}
	r.seen.begin(stepUnknown)
	if isGetter {
		_, _ = getter.Get(ctx, noKey)
	} else {
		_ = r.svc.Revoke(ctx, r.current.ID) // it is revoked, and nobody else's
	}
	r.seen.begin(stepRefused)
	if revoked, err := r.connect(r.current.Value); err == nil {
		_, _ = revoked.List(ctx, driver.Query{})
	}
}

// noKey is the id of no key.
const noKey = "00000000-0000-4000-8000-000000000000"
