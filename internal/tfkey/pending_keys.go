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
	// Disconnected reports whether Terraform is seen to be gone; nil where it cannot be
	// seen. It is asked at the very moment of delivery.
	Disconnected func() bool

	mu           sync.Mutex
	disconnected bool
	pending      map[*pendingKey]context.CancelFunc // keys that are being created or revoked
	idle         chan struct{}                      // closed when nothing is pending any more; nil unless somebody waits
	opened       map[openKey]*pendingKey            // ephemeral keys that nobody has closed yet
}

// openKey identifies an ephemeral key.
type openKey struct {
	ring *keyring.Ring
	id   string
}

// Disconnect says that no answer reaches Terraform any more: the server has stopped, or
// Terraform is gone. Creates that have not been sent yet are canceled, and no new
// ones begin.
func (d *Delivery) Disconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disconnected = true
	for _, cancel := range d.pending {
		cancel()
	}
}

// Shutdown is for the end of the process: delivery is lost, and what nobody can
// take or close any more is revoked, all keys side by side, within the given time.
func (d *Delivery) Shutdown(limit time.Duration) {
	d.Disconnect()
	for _, h := range d.takeBackOpen() {
		go func() { defer h.finish(context.Background(), &diag.Diagnostics{}) }()
	}
	d.Wait(limit)
}

// takeBackOpen makes the ephemeral keys that nobody has closed pending again.
func (d *Delivery) takeBackOpen() []*pendingKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*pendingKey, 0, len(d.opened))
	for _, h := range d.opened {
		d.addPending(h, func() {})
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
func (d *Delivery) begin(h *pendingKey, cancel context.CancelFunc) bool {
	if d.Disconnected != nil && d.Disconnected() {
		d.Disconnect()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disconnected {
		return false
	}
	d.addPending(h, cancel)
	return true
}

// addPending makes a key pending. d.mu is held.
func (d *Delivery) addPending(h *pendingKey, cancel context.CancelFunc) {
	if d.pending == nil {
		d.pending = map[*pendingKey]context.CancelFunc{}
	}
	d.pending[h] = cancel
}

// release leaves a key to Terraform. It fails if delivery is lost: there is no
// moment in which an ephemeral key is neither pending nor open.
func (d *Delivery) release(h *pendingKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disconnected {
		return false
	}
	if h.ephemeral {
		if d.opened == nil {
			d.opened = map[openKey]*pendingKey{}
		}
		d.opened[openKey{h.ring, h.key.ID}] = h
	}
	d.removePending(h)
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
func (d *Delivery) end(h *pendingKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removePending(h)
}

// removePending ends what is pending. d.mu is held.
func (d *Delivery) removePending(h *pendingKey) {
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

// isDisconnected reports whether Lost was called.
func (d *Delivery) isDisconnected() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disconnected
}

// disconnectGrace is how long an interrupted call waits to see whether Terraform is going
// away altogether: a process that is killed takes a moment to disappear.
const disconnectGrace = 500 * time.Millisecond

// waitDisconnected reports whether an answer given now would reach nobody.
func (d *Delivery) waitDisconnected(ctx context.Context) bool {
	look := time.NewTicker(disconnectGrace / 10)
	defer look.Stop()
	for waited := time.Duration(0); ; waited += disconnectGrace / 10 {
		switch {
		case d.isDisconnected(), d.Disconnected != nil && d.Disconnected():
			return true
		case ctx.Err() == nil, waited >= disconnectGrace:
			return false
		}
		<-look.C
	}
}

// pendingKey is one key on its way to Terraform.
type pendingKey struct {
	delivery  *Delivery
	ring      *keyring.Ring
	ephemeral bool // Terraform closes it, or Shutdown does
	key       driver.Minted
	delivered bool // the answer holds it, and saving it brought no error
	waited    bool // for Terraform to go away after an interrupt, and it did not
}

// track begins one; its over must be deferred as it is. The context that it returns
// ends as soon as delivery is lost, so that nothing is sent from then on; it fails
// if that is known already.
func (a *Account) track(ctx context.Context, ring *keyring.Ring) (context.Context, *pendingKey, error) {
	h := &pendingKey{delivery: a.Delivery, ring: ring}
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

// disconnected reports whether there is nobody any more to take the key.
func (h *pendingKey) disconnected(ctx context.Context) bool {
	if h.waited { // once is enough: the key is not held up at each step
		ctx = context.WithoutCancel(ctx)
	}
	h.waited = h.waited || ctx.Err() != nil
	return h.delivery.waitDisconnected(ctx)
}

// finish ends it. A key that is not in the answer, or that nobody takes any more, is
// revoked; where that fails, an error names it.
func (h *pendingKey) finish(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		report(ctx, diags, thrown)
	}
	defer h.delivery.end(h)
	if h.key.ID == "" || h.delivered && !h.disconnected(ctx) && h.delivery.release(h) {
		return
	}
	// A cancel is no reason to leave it, nor is that the call's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	switch err := h.ring.Revoke(ctx, h.key.ID, h.key.Value); {
	case err != nil:
		tflog.Error(ctx, "a key that could not be delivered was not revoked either", map[string]any{"id": h.key.ID, "error": err.Error()})
		diags.AddError("Key left behind", fmt.Sprintf("Key %s (%q) was created, is not in the state, and could not be revoked: %s\n\nRevoke it by hand.", h.key.ID, h.key.Name, Sentence(err.Error())))
	case !h.delivered && thrown == nil: // whoever reports a panic says so already
		diags.AddWarning("New key revoked", fmt.Sprintf("Key %s (%q) was created but could not be saved, so it was revoked again. Nothing is left of it.\n\nResolve the error and apply again.", h.key.ID, h.key.Name))
	}
}

// cleanupTimeout is how long revoking such a key may take.
const cleanupTimeout = time.Minute
