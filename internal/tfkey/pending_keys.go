package tfkey

import (
	"context"
	"fmt"
	"maps"
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

// Delivery knows whether responses still reach Terraform. Keys created after Terraform has
// exited, or whose response cannot be delivered, are revoked. The zero value delivers.
type Delivery struct {
	// Disconnected reports whether Terraform has exited; nil if that cannot be seen. It is
	// called right before a response is given.
	Disconnected func() bool

	mu           sync.Mutex
	disconnected bool
	keys         map[*pendingKey]struct{}
	running      sync.WaitGroup // calls that have not responded yet
}

// pendingKey is a key that may not have reached Terraform yet, or that Terraform has to close.
type pendingKey struct {
	delivery  *Delivery
	cancel    context.CancelFunc
	ring      *keyring.Ring
	ephemeral bool // Terraform closes it, or Shutdown does
	isOpen    bool // ephemeral, and with Terraform
	key       driver.Minted
	delivered bool // the response has it, without an error
	waited    bool // disconnected has waited for the grace
}

// Disconnect records that no response reaches Terraform any more: the server has stopped, or
// Terraform has exited. Creates that were not sent yet are canceled, and no new ones begin.
func (d *Delivery) Disconnect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.disconnected = true
	for k := range d.keys {
		k.cancel()
	}
}

// Shutdown ends the process: it disconnects, and revokes pending and open ephemeral keys, all
// at once, within the given time.
func (d *Delivery) Shutdown(limit time.Duration) {
	d.Disconnect()
	d.mu.Lock()
	for k := range d.keys {
		if k.isOpen {
			k.isOpen = false
			d.running.Add(1)
			go func() { defer k.finish(context.Background(), &diag.Diagnostics{}) }()
		}
	}
	d.mu.Unlock()
	d.Wait(limit)
}

// Wait waits until all calls have responded, at most for the given time.
func (d *Delivery) Wait(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		d.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// closed forgets a revoked ephemeral key.
func (d *Delivery) closed(ring *keyring.Ring, id string) {
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		maps.DeleteFunc(d.keys, func(k *pendingKey, _ struct{}) bool { return k.isOpen && k.ring == ring && k.key.ID == id })
	}
}

// isDisconnected reports whether Terraform is known to have exited.
func (d *Delivery) isDisconnected() bool {
	d.mu.Lock()
	disconnected := d.disconnected
	d.mu.Unlock()
	return disconnected || d.Disconnected != nil && d.Disconnected()
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
	if d.keys == nil {
		d.keys = map[*pendingKey]struct{}{}
	}
	d.keys[k] = struct{}{}
	d.running.Add(1)
	return ctx, k, nil
}

// deliver saves a new key to the response, and hands its value over in this run. If it fails,
// finish revokes the key.
func (r operation) deliver(k *pendingKey, created driver.Minted, save func()) (ok bool) {
	k.key = created
	if r.checkKinds(created.Key); !r.HasError() {
		save()
	}
	if r.HasError() {
		return false
	}
	k.delivered = true
	r.account.setValue(created.ID, created.Value)
	return true
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

// release hands the key to Terraform, unless Terraform has exited.
func (k *pendingKey) release() bool {
	k.delivery.mu.Lock()
	defer k.delivery.mu.Unlock()
	if k.delivery.disconnected {
		return false
	}
	k.isOpen = k.ephemeral // under the lock, so that Shutdown misses none
	k.end()
	return true
}

// end ends the call. delivery.mu is held.
func (k *pendingKey) end() {
	k.cancel()
	if !k.isOpen {
		delete(k.delivery.keys, k)
	}
	k.delivery.running.Done()
}

// finish revokes the key if it is not in the response, or if Terraform has exited. If that
// fails, an error names the key.
func (k *pendingKey) finish(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		reportPanic(ctx, diags, thrown)
	}
	if k.key.ID != "" && k.delivered && !k.disconnected(ctx) && k.release() {
		return
	}
	defer func() {
		k.delivery.mu.Lock()
		defer k.delivery.mu.Unlock()
		k.end()
	}()
	if k.key.ID == "" {
		return
	}
	// Neither a cancel nor a timeout is a reason to let it live.
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
