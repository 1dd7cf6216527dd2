package tfkey

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Delivery knows whether answers still reach Terraform. A key that was made for
// somebody who is gone would live on with nobody to hold it, so it is revoked.
// The zero value delivers.
type Delivery struct {
	// Gone reports whether Terraform is seen to be gone; nil where it cannot be
	// seen. It is asked at the very moment of delivery.
	Gone func() bool

	mu      sync.Mutex
	lost    bool
	pending map[*handing]context.CancelFunc // keys that are being created or revoked
	idle    chan struct{}                   // closed when nothing is pending any more; nil unless somebody waits
	opened  map[openKey]*handing            // ephemeral keys that nobody has closed yet
}

// openKey identifies an ephemeral key.
type openKey struct {
	ring *keyring.Ring
	id   string
}

// Lost says that no answer reaches Terraform any more: the server has stopped, or
// Terraform is gone. Creates that have not been sent yet are canceled, and no new
// ones begin.
func (d *Delivery) Lost() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost = true
	for _, cancel := range d.pending {
		cancel()
	}
}

// Shutdown is for the end of the process: delivery is lost, and what nobody can
// take or close any more is revoked, all keys side by side, within the given time.
func (d *Delivery) Shutdown(limit time.Duration) {
	d.Lost()
	for _, h := range d.reclaim() {
		go func() { defer h.over(context.Background(), &diag.Diagnostics{}) }()
	}
	d.Wait(limit)
}

// reclaim makes the ephemeral keys that nobody has closed pending again.
func (d *Delivery) reclaim() []*handing {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*handing, 0, len(d.opened))
	for _, h := range d.opened {
		d.add(h, func() {})
		all = append(all, h)
	}
	d.opened = nil
	return all
}

// Wait waits until every key that was under way when delivery was lost has been
// revoked or given up, at most for the given time.
func (d *Delivery) Wait(limit time.Duration) {
	d.mu.Lock()
	if len(d.pending) == 0 {
		d.mu.Unlock()
		return
	}
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	idle := d.idle
	d.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(limit):
	}
}

// begin makes a key pending, unless Terraform is known to be gone. Lost cancels it.
func (d *Delivery) begin(h *handing, cancel context.CancelFunc) bool {
	if d.Gone != nil && d.Gone() {
		d.Lost()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost {
		return false
	}
	d.add(h, cancel)
	return true
}

// add makes a key pending. d.mu is held.
func (d *Delivery) add(h *handing, cancel context.CancelFunc) {
	if d.pending == nil {
		d.pending = map[*handing]context.CancelFunc{}
	}
	d.pending[h] = cancel
}

// release leaves a key to Terraform. It fails if delivery is lost: there is no
// moment in which an ephemeral key is neither pending nor open.
func (d *Delivery) release(h *handing) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost {
		return false
	}
	if h.ephemeral {
		if d.opened == nil {
			d.opened = map[openKey]*handing{}
		}
		d.opened[openKey{h.ring, h.made.ID}] = h
	}
	d.remove(h)
	return true
}

// closed forgets an ephemeral key that is revoked.
func (d *Delivery) closed(ring *keyring.Ring, id string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.opened, openKey{ring, id})
}

// end says that nothing more happens with a key.
func (d *Delivery) end(h *handing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remove(h)
}

// remove ends what is pending. d.mu is held.
func (d *Delivery) remove(h *handing) {
	cancel, pending := d.pending[h]
	if !pending {
		return
	}
	cancel()
	delete(d.pending, h)
	if len(d.pending) == 0 && d.idle != nil {
		close(d.idle)
		d.idle = nil
	}
}

// isKnownLost reports whether Lost was called.
func (d *Delivery) isKnownLost() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost
}

// farewell is how long an interrupted call waits to see whether Terraform is going
// away altogether: a process that is killed takes a moment to disappear.
const farewell = 500 * time.Millisecond

// isLost reports whether an answer given now would reach nobody.
func (d *Delivery) isLost(ctx context.Context) bool {
	look := time.NewTicker(farewell / 10)
	defer look.Stop()
	for waited := time.Duration(0); ; waited += farewell / 10 {
		switch {
		case d.isKnownLost(), d.Gone != nil && d.Gone():
			return true
		case ctx.Err() == nil, waited >= farewell:
			return false
		}
		<-look.C
	}
}

// handing is one key on its way to Terraform.
type handing struct {
	delivery  *Delivery
	ring      *keyring.Ring
	ephemeral bool // Terraform closes it, or Shutdown does
	made      driver.Minted
	kept      bool // the answer holds it, and saving it brought no error
	waited    bool // for Terraform to go away after an interrupt, and it did not
}

// hand begins one; its over must be deferred as it is. The context that it returns
// ends as soon as delivery is lost, so that nothing is sent from then on; it fails
// if that is known already.
func (a *Account) hand(ctx context.Context, ring *keyring.Ring) (context.Context, *handing, error) {
	h := &handing{delivery: a.Delivery, ring: ring}
	if h.delivery == nil {
		h.delivery = &Delivery{}
	}
	ctx, cancel := context.WithCancel(ctx)
	if !h.delivery.begin(h, cancel) {
		cancel()
		return ctx, nil, &driver.Error{
			Service: "the provider", Operation: "make the key", Kind: driver.KindCanceled, Effect: driver.EffectNone,
			Message: "Terraform has gone away, so nothing was sent",
		}
	}
	return ctx, h, nil
}

// lost reports whether there is nobody any more to take the key.
func (h *handing) lost(ctx context.Context) bool {
	if h.waited { // once is enough: the key is not held up at each step
		ctx = context.WithoutCancel(ctx)
	}
	h.waited = h.waited || ctx.Err() != nil
	return h.delivery.isLost(ctx)
}

// over ends it. A key that is not in the answer, or that nobody takes any more, is
// revoked; where that fails, an error names it.
func (h *handing) over(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		report(ctx, diags, thrown)
	}
	defer h.delivery.end(h)
	if h.made.ID == "" || h.kept && !h.lost(ctx) && h.delivery.release(h) {
		return
	}
	// A cancel is no reason to leave it, nor is that the call's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidying)
	defer cancel()
	switch err := h.ring.Revoke(ctx, h.made.ID, h.made.Value); {
	case err != nil:
		tflog.Error(ctx, "a key that could not be delivered was not revoked either", map[string]any{"id": h.made.ID, "error": err.Error()})
		diags.AddError("Key left behind", fmt.Sprintf("Key %s (%q) was created, is not in the state, and could not be revoked: %s\n\nRevoke it by hand.", h.made.ID, h.made.Name, Sentence(err.Error())))
	case !h.kept && thrown == nil: // whoever reports a panic says so already
		diags.AddWarning("New key revoked", fmt.Sprintf("Key %s (%q) was created but could not be saved, so it was revoked again. Nothing is left of it.\n\nResolve the error and apply again.", h.made.ID, h.made.Name))
	}
}

// tidying is how long revoking such a key may take.
const tidying = time.Minute
