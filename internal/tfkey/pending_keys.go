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

// Delivery knows whether answers still reach Terraform. Keys created after Terraform has
// exited, or whose answer cannot be delivered, are revoked. The zero value delivers.
type Delivery struct {
	// Disconnected reports whether Terraform has exited; nil if that cannot be seen. It is
	// called right before an answer is given.
	Disconnected func() bool

	mu           sync.Mutex
	disconnected bool
	pending      map[*pendingKey]context.CancelFunc // keys that are being created or revoked
	idle         chan struct{}                      // closed when nothing is pending any more; nil unless Wait was called
	opened       map[openKey]*pendingKey            // ephemeral keys that are not closed yet
}

// openKey identifies an ephemeral key.
type openKey struct {
	ring *keyring.Ring
	id   string
}

// Disconnect records that no answer reaches Terraform any more: the server has stopped, or
// Terraform has exited. Creates that were not sent yet are canceled, and no new ones begin.
func (d *Delivery) Disconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disconnected = true
	for _, cancel := range d.pending {
		cancel()
	}
}

// Shutdown ends the process: it disconnects, and revokes pending and open ephemeral keys, all
// at once, within the given time.
func (d *Delivery) Shutdown(limit time.Duration) {
	d.Disconnect()
	for _, h := range d.takeBackOpen() {
		go func() { defer h.finish(context.Background(), &diag.Diagnostics{}) }()
	}
	d.Wait(limit)
}

// takeBackOpen makes open ephemeral keys pending again.
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

// Wait waits until no key is pending, at most for the given time.
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

// begin adds a pending key, unless Terraform has exited. Disconnect cancels it.
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

// addPending adds a pending key. d.mu is held.
func (d *Delivery) addPending(h *pendingKey, cancel context.CancelFunc) {
	if d.pending == nil {
		d.pending = map[*pendingKey]context.CancelFunc{}
	}
	d.pending[h] = cancel
}

// release hands a key to Terraform, unless Terraform has exited. An ephemeral key goes from
// pending to open under one lock, so that Shutdown misses none.
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

// closed forgets a revoked ephemeral key.
func (d *Delivery) closed(ring *keyring.Ring, id string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.opened, openKey{ring, id})
}

// end removes a key that needs nothing more.
func (d *Delivery) end(h *pendingKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removePending(h)
}

// removePending removes a pending key. d.mu is held.
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

// isDisconnected reports whether Disconnect was called.
func (d *Delivery) isDisconnected() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.disconnected
}

// disconnectGrace is how long an interrupted call waits to see whether Terraform exits: a
// process that is killed takes a moment to disappear.
const disconnectGrace = 500 * time.Millisecond

// waitDisconnected reports whether an answer would reach nobody. If the call was canceled, it
// waits a moment to find out.
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

// pendingKey is a key that may not have reached Terraform yet.
type pendingKey struct {
	delivery  *Delivery
	ring      *keyring.Ring
	ephemeral bool // Terraform closes it, or Shutdown does
	key       driver.Minted
	delivered bool // the answer holds it, without an error
	waited    bool // waitDisconnected has waited
}

// track adds a pending key; defer its finish. The returned context ends when Terraform exits,
// so that nothing is sent from then on. It fails if Terraform has exited.
func (a *Account) track(ctx context.Context, ring *keyring.Ring) (context.Context, *pendingKey, error) {
	h := &pendingKey{delivery: a.Delivery, ring: ring}
	if h.delivery == nil {
		h.delivery = &Delivery{}
	}
	ctx, cancel := context.WithCancel(ctx)
	if !h.delivery.begin(h, cancel) {
		cancel()
		return ctx, nil, &driver.Error{
			Service: "the provider", Operation: "create the key", Kind: driver.KindCanceled, Effect: driver.EffectNone,
			Message: "Terraform has exited, so nothing was sent",
		}
	}
	return ctx, h, nil
}

// disconnected reports whether nobody can receive the key any more.
func (h *pendingKey) disconnected(ctx context.Context) bool {
	if h.waited { // once is enough
		ctx = context.WithoutCancel(ctx)
	}
	h.waited = h.waited || ctx.Err() != nil
	return h.delivery.waitDisconnected(ctx)
}

// finish revokes the key if it is not in the answer, or if Terraform has exited. If that
// fails, an error names the key.
func (h *pendingKey) finish(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		report(ctx, diags, thrown)
	}
	defer h.delivery.end(h)
	if h.key.ID == "" || h.delivered && !h.disconnected(ctx) && h.delivery.release(h) {
		return
	}
	// Neither a cancel nor a timeout is a reason to leave it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	switch err := h.ring.Revoke(ctx, h.key.ID, h.key.Value); {
	case err != nil:
		tflog.Error(ctx, "undelivered key not revoked", map[string]any{"id": h.key.ID, "error": err.Error()})
		diags.AddError("Key left behind", fmt.Sprintf("Key %s (%q) was created, is not in the state, and could not be revoked: %s\n\nRevoke it by hand.", h.key.ID, h.key.Name, Sentence(err.Error())))
	case !h.delivered && thrown == nil: // the report of a panic says so already
		diags.AddWarning("New key revoked", fmt.Sprintf("Key %s (%q) was created but could not be saved, so it was revoked again.\n\nResolve the error and apply again.", h.key.ID, h.key.Name))
	}
}

// cleanupTimeout is how long that may take.
const cleanupTimeout = time.Minute
