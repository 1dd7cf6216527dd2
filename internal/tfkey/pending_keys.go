package tfkey

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

const (
	// disconnectGrace is how long an interrupted call waits to see whether Terraform exits: a
	// process that is killed takes a moment to disappear.
	disconnectGrace = 500 * time.Millisecond
	// cleanupTimeout is how long revoking an undelivered key may take.
	cleanupTimeout = time.Minute
)

// Delivery knows whether answers still reach Terraform. Keys created after Terraform has
// exited, or whose answer cannot be delivered, are revoked. The zero value delivers.
type Delivery struct {
	// Disconnected reports whether Terraform has exited; nil if that cannot be seen. It is
	// called right before an answer is given.
	Disconnected func() bool

	mu           sync.Mutex
	disconnected bool
	pending      map[*pendingKey]struct{}
	ended        chan struct{}           // replaced whenever a pending key ends
	open         map[openKey]*pendingKey // ephemeral keys that are not closed yet
}

// openKey identifies an ephemeral key.
type openKey struct {
	ring *keyring.Ring
	id   string
}

// pendingKey is a key that may not have reached Terraform yet.
type pendingKey struct {
	delivery  *Delivery
	cancel    context.CancelFunc
	ring      *keyring.Ring
	ephemeral bool // Terraform closes it, or Shutdown does
	key       driver.Minted
	delivered bool // the answer holds it, without an error
	waited    bool // disconnected has waited for the grace
}

// Disconnect records that no answer reaches Terraform any more: the server has stopped, or
// Terraform has exited. Creates that were not sent yet are canceled, and no new ones begin.
func (d *Delivery) Disconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disconnected = true
	for k := range d.pending {
		k.cancel()
	}
}

// Shutdown ends the process: it disconnects, and revokes pending and open ephemeral keys, all
// at once, within the given time.
func (d *Delivery) Shutdown(limit time.Duration) {
	d.Disconnect()
	d.mu.Lock()
	for _, k := range d.open {
		d.add(k)
		go func() { defer k.finish(context.Background(), &diag.Diagnostics{}) }()
	}
	d.open = nil
	d.mu.Unlock()
	d.Wait(limit)
}

// Wait waits until no key is pending, at most for the given time.
func (d *Delivery) Wait(limit time.Duration) {
	expired := time.After(limit)
	for {
		d.mu.Lock()
		n, ended := len(d.pending), d.ended
		d.mu.Unlock()
		if n == 0 {
			return
		}
		select {
		case <-ended:
		case <-expired:
			return
		}
	}
}

// add adds a pending key. d.mu is held.
func (d *Delivery) add(k *pendingKey) {
	if d.pending == nil {
		d.pending, d.open, d.ended = map[*pendingKey]struct{}{}, map[openKey]*pendingKey{}, make(chan struct{})
	}
	d.pending[k] = struct{}{}
}

// remove removes a key that is no longer pending. d.mu is held.
func (d *Delivery) remove(k *pendingKey) {
	k.cancel()
	delete(d.pending, k)
	close(d.ended)
	d.ended = make(chan struct{})
}

// closed forgets a revoked ephemeral key.
func (d *Delivery) closed(ring *keyring.Ring, id string) {
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.open, openKey{ring, id})
	}
}

// isDisconnected reports whether Terraform is known to have exited.
func (d *Delivery) isDisconnected() bool {
	d.mu.Lock()
	known := d.disconnected
	d.mu.Unlock()
	return known || d.Disconnected != nil && d.Disconnected()
}

// track adds a pending key; defer its finish. The returned context ends when Terraform exits,
// so that nothing is sent from then on. It fails if Terraform has exited.
func (a *Account) track(ctx context.Context, ring *keyring.Ring) (context.Context, *pendingKey, error) {
	d := a.Delivery
	if d == nil {
		d = &Delivery{}
	}
	ctx, cancel := context.WithCancel(ctx)
	k := &pendingKey{delivery: d, cancel: cancel, ring: ring}
	if d.isDisconnected() {
		d.Disconnect()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disconnected {
		cancel()
		return ctx, nil, &driver.Error{
			Service: "the provider", Operation: "create the key", Kind: driver.KindCanceled, Effect: driver.EffectNone,
			Message: "Terraform has exited, so nothing was sent",
		}
	}
	d.add(k)
	return ctx, k, nil
}

// disconnected reports whether nobody can receive the key any more. If the call was canceled,
// it waits a moment, once, to find out.
func (k *pendingKey) disconnected(ctx context.Context) bool {
	deadline := time.Now()
	if ctx.Err() != nil && !k.waited {
		k.waited = true
		deadline = deadline.Add(disconnectGrace)
	}
	for !k.delivery.isDisconnected() {
		if !time.Now().Before(deadline) {
			return false
		}
		<-time.After(disconnectGrace / 10)
	}
	return true
}

// release hands the key to Terraform, unless Terraform has exited. An ephemeral key goes from
// pending to open under one lock, so that Shutdown misses none.
func (k *pendingKey) release() bool {
	d := k.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disconnected {
		return false
	}
	if k.ephemeral {
		d.open[openKey{k.ring, k.key.ID}] = k
	}
	d.remove(k)
	return true
}

// end ends the key's way without Terraform.
func (k *pendingKey) end() {
	k.delivery.mu.Lock()
	defer k.delivery.mu.Unlock()
	k.delivery.remove(k)
}

// finish revokes the key if it is not in the answer, or if Terraform has exited. If that
// fails, an error names the key.
func (k *pendingKey) finish(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		reportPanic(ctx, diags, thrown)
	}
	if k.key.ID != "" && k.delivered && !k.disconnected(ctx) && k.release() {
		return
	}
	defer k.end()
	if k.key.ID == "" {
		return
	}
	// Neither a cancel nor a timeout is a reason to leave it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	switch err := k.ring.Revoke(ctx, k.key.ID, k.key.Value); {
	case err != nil:
		tflog.Error(ctx, "undelivered key not revoked", map[string]any{"id": k.key.ID, "error": err.Error()})
		diags.AddError("Key left behind", fmt.Sprintf("Key %s (%q) was created, is not in the state, and could not be revoked: %s\n\nRevoke it by hand.", k.key.ID, k.key.Name, Sentence(err.Error())))
	case !k.delivered && thrown == nil: // the report of a panic says so already
		diags.AddWarning("New key revoked", fmt.Sprintf("Key %s (%q) was created but could not be saved, so it was revoked.\n\nResolve the error and apply again.", k.key.ID, k.key.Name))
	}
}
