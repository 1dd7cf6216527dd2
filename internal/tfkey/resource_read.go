package tfkey

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Read refreshes a key. Only it uses the clock.
func (r *keyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	private := readPrivate(ctx, req.Private)
	if private.Moved {
		op.readMoved(ctx, req.State, resp)
		return
	}
	state := op.model(ctx, req.State)
	if op.HasError() {
		return
	}
	// Terraform 1.11 and older need it even if the resource is removed.
	op.Append(r.identify(ctx, resp.Identity, state)...)
	switch {
	case r.configUnknown():
		op.AddWarning("Key not refreshed", fmt.Sprintf("Key %s is shown as the last refresh saw it: a due rotation, the end of an overlap or a revocation does not show. %s", state.id(), r.account.configUnknownDetail()))
		return
	case isUnknownOutcome(state.id()):
		op.warnUnanswered(state)
		// What cannot be listed now is listed by the apply.
		ring, failed := r.findRing(ctx, state.scope(r.def))
		if failed.HasError() {
			return
		}
		if others := (resourceKeys{op.serviceBase, ring, state, nil}).findOthers(ctx); len(others) > 0 {
			private.OtherResources = others
			op.Append(writePrivate(ctx, resp.Private, private)...)
		}
		return
	}
	now, after, gone := op.refresh(ctx, state, private)
	switch {
	case op.HasError():
	case gone:
		resp.State.RemoveResource(ctx)
	default:
		op.Append(r.save(ctx, &resp.State, resp.Identity, now)...)
		if !after.empty() || !private.empty() { // writing it would make the refresh a change
			op.Append(writePrivate(ctx, resp.Private, after)...)
		}
	}
}

// warnUnanswered warns of a create of unknown outcome. Only replacing or destroying the
// resource can clear it up. The plan of that cannot say so: for a tainted resource Terraform
// plans without its prior state.
func (r operation) warnUnanswered(state model) {
	window, _ := state.createWindow(state.id())
	around, name := window.From.UTC().Format(time.RFC3339), cmp.Or(window.Name, state.Name.ValueString())
	if window.Certain {
		r.AddWarning("Key was created, but not found", fmt.Sprintf("A key named %q was created around %s, and no listing has shown it yet. The next apply looks for it again, and revokes it.", name, around))
	} else {
		r.AddWarning("Outcome of a create is not known", fmt.Sprintf("The answer to a create of a key named %q was lost around %s. The next apply first looks for a key of that name and time that was never used, and revokes it.", name, around))
	}
}

// refresh reads the key. It returns the state as it should be now, and what the next plan needs
// besides. gone says that the resource has no key any more.
func (r operation) refresh(ctx context.Context, state model, before privateData) (now model, private privateData, gone bool) {
	ring := r.connect(ctx, state.scope(r.def))
	if ring == nil {
		return now, private, false
	}
	r.markRefreshed(state)
	keys := resourceKeys{r.serviceBase, ring, state, nil}
	k, found, err := ring.Read(ctx, state.id(), state.created())
	r.warnUnreadable(ring)
	if r.failed("read", err) {
		return now, private, false
	}
	r.account.hasRead.Store(true)
	r.checkKinds(k)
	if !found && !r.HasError() {
		r.Append(keys.checkScope(ctx, "read")...)
	}
	if r.HasError() {
		return now, private, false
	}
	retiring, err := keys.liveRetiring(ctx)
	if r.failed("read a retiring", err) {
		return now, private, false
	}
	if found && k.Live() {
		now, private = r.updateFromListing(ctx, ring, state, k, retiring, before)
	} else {
		r.warnGone(state, k)
		now, gone, private.KeyGone = state, len(retiring) == 0, true
		now.setRetiring(retiring)
		now.complete(ring.Now())
	}
	keys.state = now
	private.OtherResources = keys.findOthers(ctx)
	return now, private, gone
}

// markRefreshed records, before the service is asked, that a resource of this run manages its
// keys.
func (c *serviceBase) markRefreshed(state model) {
	c.account.refreshed.Store(true)
	c.account.managed.mark(state.keyIDs()...)
}

// updateFromListing returns the resource as the service shows its key now, and what the next
// plan needs besides.
func (c *serviceBase) updateFromListing(ctx context.Context, ring *keyring.Ring, state model, k driver.Key, retiring []retiringKey, before privateData) (model, privateData) {
	private, asked := privateData{Imported: before.Imported}, state.Name
	state.specific = maps.Clone(state.specific)
	state.setRetiring(retiring)
	state.updateFrom(c.def, c.inScope(k, state.scope(c.def)))
	private.UnusedDuplicates = c.recordDuplicates(ctx, ring, &state, retiring)
	if k.Name == before.GivenName { // nobody has renamed it since
		private.GivenName, state.Name = before.GivenName, asked
	}
	state.complete(ring.Now())
	return state, private
}

// warnGone warns that the key was revoked outside of Terraform, or has expired.
func (r operation) warnGone(state model, k driver.Key) {
	title, id, name := r.def.Title, state.id(), state.Name.ValueString()
	const users = "This plan creates a new key; users of the old value get 401 until they have the new one."
	switch {
	case !k.RevokedAt.IsZero():
		r.AddWarning("Key revoked outside of Terraform",
			fmt.Sprintf("%s no longer has key %s (%q): it %s, outside of Terraform. %s", title, id, name, k.EndedHow(), users))
	case k.Expired:
		r.AddWarning("Key has expired", fmt.Sprintf("%s key %s (%q) %s, as %[1]s had set. %[5]s", title, id, name, k.EndedHow(), users))
	default:
		r.AddWarning("Key revoked outside of Terraform",
			fmt.Sprintf("%s does not have key %s (%q): it was revoked outside of Terraform, or it belongs to another account than the one that the provider signs in to now. This plan creates a new key. Check which it is before you apply: in another account the old key lives on.", title, id, name))
	}
}
