package tfkey

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

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

	lost atomic.Bool
	busy sync.WaitGroup
}

// Lost says that no answer reaches Terraform any more: the server has stopped, or
// Terraform is gone.
func (d *Delivery) Lost() { d.lost.Store(true) }

// Wait waits until every key that was under way when delivery was lost has been
// revoked or given up, at most for the given time.
func (d *Delivery) Wait(limit time.Duration) {
	done := make(chan struct{})
	go func() { d.busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
	}
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
		case d.lost.Load(), d.Gone != nil && d.Gone():
			return true
		case ctx.Err() == nil, waited >= farewell:
			return false
		}
		<-look.C
	}
}

// handing is one key on its way to Terraform.
type handing struct {
	delivery *Delivery
	ring     *keyring.Ring
	made     keyring.Minted
	kept     bool // the answer holds it
	waited   bool // for Terraform to go away after an interrupt, and it did not
}

// hand begins one; its over must be deferred as it is.
func (a *Account) hand(ring *keyring.Ring) *handing {
	h := &handing{delivery: a.Delivery, ring: ring}
	if h.delivery != nil {
		h.delivery.busy.Add(1)
	}
	return h
}

// lost reports whether there is nobody any more to take the key.
func (h *handing) lost(ctx context.Context) bool {
	if h.delivery == nil {
		return false
	}
	if h.waited { // once is enough: the key is not held up at each step
		ctx = context.WithoutCancel(ctx)
	}
	h.waited = h.waited || ctx.Err() != nil
	return h.delivery.isLost(ctx)
}

// over ends it: with nobody left to take the key, or without an answer that holds
// it because the provider panicked on the way, the key is revoked.
func (h *handing) over(ctx context.Context, diags *diag.Diagnostics) {
	thrown := recover()
	if thrown != nil {
		report(ctx, diags, thrown)
	}
	if h.delivery != nil {
		defer h.delivery.busy.Done()
	}
	dropped := thrown != nil && !h.kept
	if h.made.ID == "" || !dropped && !h.lost(ctx) {
		return
	}
	// A cancel is no reason to leave it, nor is that the call's time is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidying)
	defer cancel()
	if err := h.ring.Revoke(ctx, h.made.ID, h.made.Value); err != nil {
		tflog.Error(ctx, "a key that could not be delivered was not revoked either", map[string]any{"id": h.made.ID, "error": err.Error()})
		if dropped {
			diags.AddError("Key left behind", fmt.Sprintf("Key %s (%q) was made, is not in the state, and could not be revoked: %v. Revoke it by hand.", h.made.ID, h.made.Name, err))
		}
	}
}

// tidying is how long revoking such a key may take.
const tidying = time.Minute
