package tfkey

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// privateData is what a refresh leaves for the next plan besides the state. It is kept in the
// private state, and holds no secret.
type privateData struct {
	// Lost: the key is gone, but others of the resource retire.
	Lost bool `json:"lost,omitempty"`
	// Unused are duplicates that have not been used since the key was created.
	Unused []string `json:"unused,omitempty"`
	// Asked is the name that was asked for, Given the one that the service gave instead; both
	// are empty if they are the same.
	Asked string `json:"asked,omitempty"`
	Given string `json:"given,omitempty"`
	// Held are managed keys that look like what an unanswered create of this resource may have
	// created. The apply that revokes that key runs in another process, which does not read
	// them.
	Held []string `json:"held,omitempty"`
	// Imported: the key was imported, and nothing is known of the arguments that it was
	// created with.
	Imported bool `json:"imported,omitempty"`
}

func (n privateData) empty() bool {
	return !n.Lost && len(n.Unused) == 0 && n.Given == "" && len(n.Held) == 0 && !n.Imported
}

// actualName is the service's name of a key that the state calls name.
func (n privateData) actualName(name types.String) types.String {
	if n.Given != "" && name.ValueString() == n.Asked {
		return types.StringValue(n.Given)
	}
	return name
}

// renames reports whether a change of the name in the state changes it at the service.
func (n privateData) renames(from, to types.String) bool {
	return !to.Equal(from) && !to.Equal(n.actualName(from))
}

// recordName records the name that the service gave a key, and warns if it differs.
func (n *privateData) recordName(d serviceDef, asked string, k driver.Key) diag.Diagnostics {
	n.Asked, n.Given = "", ""
	if k.Name == "" || k.Name == asked {
		return nil
	}
	n.Asked, n.Given = asked, k.Name
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Service changed the name",
		fmt.Sprintf("%s named key %s %q instead of %q. Set name = %[3]q, which changes nothing at %[1]s.", d.Title, k.ID, k.Name, asked))}
}

// privateKey is its key in the private state.
const privateKey = "noted"

// privateReader is the private state of a request.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

func readPrivate(ctx context.Context, p privateReader) privateData {
	var n privateData
	if raw, diags := p.GetKey(ctx, privateKey); !diags.HasError() && len(raw) > 0 {
		// An edited state is no reason to fail: the next refresh writes this again.
		_ = json.Unmarshal(raw, &n)
	}
	return n
}

func writePrivate(ctx context.Context, p interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}, n privateData) diag.Diagnostics {
	if n.empty() {
		return p.SetKey(ctx, privateKey, nil)
	}
	raw, err := json.Marshal(n)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state not written", err.Error())}
	}
	return p.SetKey(ctx, privateKey, raw)
}

// Read implements resource.Resource.
func (r *keyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	state, diags := r.def.read(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.use(state.own[r.def.Scope])...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Terraform 1.11 and older need it even if the resource is removed.
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, state)...)
	found := r.refresh(ctx, state, readPrivate(ctx, req.Private))
	resp.Diagnostics.Append(found.diags...)
	switch {
	case resp.Diagnostics.HasError():
		return
	case found.skipped:
		if kept := readPrivate(ctx, req.Private); len(found.private.Held) > 0 {
			kept.Held = found.private.Held
			resp.Diagnostics.Append(writePrivate(ctx, resp.Private, kept)...)
		}
		return
	case found.gone:
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(r.save(ctx, &resp.State, resp.Identity, found.state)...)
	if found.private.empty() && readPrivate(ctx, req.Private).empty() {
		return // writing it would make the refresh a change
	}
	resp.Diagnostics.Append(writePrivate(ctx, resp.Private, found.private)...)
}

// refreshed is the result of a refresh.
type refreshed struct {
	state   model // as it should be now
	skipped bool  // the state stays as it is
	gone    bool  // no key is left
	private privateData
	diags   diag.Diagnostics
}

// refresh reads the key. Only it uses the clock. before is what the last refresh or apply
// left.
func (r *keyResource) refresh(ctx context.Context, state model, before privateData) (s refreshed) {
	if r.configUnknown() {
		s.diags.AddWarning("Key not refreshed", fmt.Sprintf("Key %s is shown as the last refresh saw it: a due rotation, the end of an overlap or a revocation does not show. %s", state.ID.ValueString(), r.configUnknownDetail()))
		s.skipped = true
		return s
	}
	if window, isWindow := keyring.ParseCreateWindow(state.ID.ValueString()); isWindow {
		// Only replacing or destroying the resource can clear this up. The plan of that cannot
		// say so: for a tainted resource Terraform plans without its prior state.
		around, name := window.From.UTC().Format(time.RFC3339), cmp.Or(window.Name, state.Name.ValueString())
		if window.Made {
			s.diags.AddWarning("Key was created, but not found", fmt.Sprintf("A key named %q was created around %s, and no listing has shown it yet. The next apply looks for it again, and revokes it.", name, around))
		} else {
			s.diags.AddWarning("Outcome of a create is not known", fmt.Sprintf("The answer to a create of a key named %q was lost around %s. The next apply first looks for a key of that name and time that was never used, and revokes it.", name, around))
		}
		s.skipped = true
		// What cannot be listed now is listed by the apply.
		if ring, diags := r.ring(ctx, state.scope(r.def)); !diags.HasError() {
			s.private.Held = r.heldCandidates(ctx, ring, state)
		}
		return s
	}
	ring, diags := r.ring(ctx, state.scope(r.def))
	s.diags.Append(diags...)
	if s.diags.HasError() {
		return s
	}
	r.markRefreshed(state)
	k, found, err := ring.Read(ctx, state.ID.ValueString(), state.created())
	s.diags.Append(r.warnUnreadable(ring)...)
	if err != nil {
		s.diags.Append(r.failure("read", err)...)
		return s
	}
	r.account.answered.Store(true)
	if s.diags.Append(r.checkKinds(k)...); s.diags.HasError() {
		return s
	}
	if !found {
		isMismatch, err := r.scopeMismatch(ctx, ring, state)
		switch {
		case err != nil:
			s.diags.Append(r.failure("read", err)...)
			return s
		case isMismatch:
			s.diags.Append(r.errScopeMismatch(state))
			return s
		}
	}
	retiring, err := r.liveRetiring(ctx, ring, state)
	if err != nil {
		s.diags.Append(r.failure("read a retiring", err)...)
		return s
	}
	if found && k.Live() {
		s.state, s.private = r.updateFromListing(ctx, ring, state, k, retiring, before)
	} else {
		s.diags.Append(r.warnGone(state, k)...)
		s.gone, s.private.Lost = len(retiring) == 0, true
		state.Retiring = retiringList(retiring)
		r.complete(&state, ring.Now())
		s.state = state
	}
	s.private.Held = r.heldCandidates(ctx, ring, s.state)
	return s
}

// markRefreshed records, before the service is asked, that a resource of this run manages its
// keys.
func (r *keyResource) markRefreshed(state model) {
	r.account.refreshed.Store(true)
	r.account.managed.mark(state.keyIDs()...)
}

// updateFromListing returns the resource as the service shows its key now, and what to leave
// for the next plan.
func (r *keyResource) updateFromListing(ctx context.Context, ring *keyring.Ring, state model, k driver.Key, retiring []retiringKey, before privateData) (model, privateData) {
	var private privateData
	private.Imported = before.Imported
	state.own = maps.Clone(state.own)
	state.Retiring = retiringList(retiring)
	state.updateFrom(r.def, r.inScope(k, state.scope(r.def)))
	private.Unused = r.recordDuplicates(ctx, ring, &state, retiring)
	if k.Name == before.Given { // nobody has renamed it since
		private.Asked, private.Given = before.Asked, before.Given
		state.Name = types.StringValue(before.Asked)
	}
	r.complete(&state, ring.Now())
	return state, private
}

// heldCandidates are managed keys that look like what unanswered creates of the resource may
// have created.
func (r *keyResource) heldCandidates(ctx context.Context, ring *keyring.Ring, state model) []string {
	var all []string
	for _, id := range state.keyIDs() {
		if w, isWindow := r.window(id, state); isWindow {
			claimed, err := ring.HeldCandidates(ctx, w, state.keyIDs()...)
			if err != nil {
				continue
			}
			all = append(all, claimed...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// window parses one of a resource's ids as a create window. Older states do not have the name
// in it.
func (r *keyResource) window(id string, state model) (w keyring.CreateWindow, isWindow bool) {
	w, isWindow = keyring.ParseCreateWindow(id)
	w.Name = cmp.Or(w.Name, state.Name.ValueString())
	if id == state.ID.ValueString() {
		w.Value = state.secret()
	}
	return w, isWindow
}

// complete sets what an import or an older state leaves open, and what depends on the time.
func (r *keyResource) complete(state *model, now time.Time) {
	if state.OnDuplicateName.IsNull() {
		state.OnDuplicateName = types.StringValue(duplicateWarn)
	}
	if state.StoreKey.IsNull() {
		state.StoreKey = types.BoolValue(true)
	}
	if state.KeyVersion.IsNull() {
		state.KeyVersion = types.Int64Value(state.created().UnixMilli())
	}
	if state.DuplicateIDs.IsNull() {
		state.DuplicateIDs = stringSet(nil)
	}
	state.RotateAt = rotateAt(state.created(), state.RotateAfter)
	state.RotationDue = isDue(state.RotateAt, now)
	retiring := state.retiring()
	for i := range retiring {
		retiring[i].due = !now.Before(retiring[i].revokeAt)
	}
	state.Retiring = retiringList(retiring)
}

// liveRetiring drops retiring keys that are gone. Unanswered creates stay until they are
// reconciled.
func (r *keyResource) liveRetiring(ctx context.Context, ring *keyring.Ring, state model) ([]retiringKey, error) {
	var alive []retiringKey
	for _, old := range state.retiring() {
		if _, isWindow := keyring.ParseCreateWindow(old.id); !isWindow {
			k, found, err := ring.Read(ctx, old.id, state.created())
			if err != nil {
				return nil, err
			}
			if !found || !k.Live() {
				continue
			}
		}
		alive = append(alive, old)
	}
	return alive, nil
}

// scopeMismatch reports whether the state does not name the scope of the resource's keys, and
// the provider is now set to a scope that has none of them. Then their absence proves nothing.
func (r *keyResource) scopeMismatch(ctx context.Context, ring *keyring.Ring, state model) (bool, error) {
	if r.def.Scope == "" || state.scope(r.def) != "" || r.account.Scope == "" {
		return false, nil
	}
	for _, id := range state.keyIDs() { // all are in one scope
		if _, isWindow := keyring.ParseCreateWindow(id); isWindow {
			continue
		}
		if _, found, err := ring.Read(ctx, id, state.created()); found || err != nil {
			return false, err
		}
	}
	return true, nil
}

// errScopeMismatch is the error for that.
func (r *keyResource) errScopeMismatch(state model) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Key not found where the provider looks",
		fmt.Sprintf("%[1]s does not have key %[2]s (%[3]q) in the %[4]s %[5]q that the provider is set to. It was created or imported while the provider was set to none, so it may be where the credential belongs. Nothing was changed.\n\nRemove %[4]s from the provider's settings, set it on this resource to where the key is, and apply; then both can be set. If the key is gone for good, use `terraform state rm`.",
			r.def.Title, quoted(state.keyIDs()), state.Name.ValueString(), r.def.Scope, r.account.Scope))
}

// warnGone warns that the key was revoked outside of Terraform, or has expired.
func (r *keyResource) warnGone(state model, k driver.Key) diag.Diagnostics {
	if k.Expired && k.RevokedAt.IsZero() {
		return diag.Diagnostics{diag.NewWarningDiagnostic("Key has expired",
			fmt.Sprintf("%s key %s (%q) %s, as %[1]s had set. This plan creates a new key; users of the old value get 401 until they have the new one.",
				r.def.Title, state.ID.ValueString(), state.Name.ValueString(), k.EndedHow()))}
	}
	if k.RevokedAt.IsZero() {
		return diag.Diagnostics{diag.NewWarningDiagnostic("Key revoked outside of Terraform",
			fmt.Sprintf("%s does not have key %s (%q): it was revoked outside of Terraform, or it belongs to another account than the one that the provider signs in to now. This plan creates a new key. Check which it is before you apply: in another account the old key lives on.",
				r.def.Title, state.ID.ValueString(), state.Name.ValueString()))}
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Key revoked outside of Terraform",
		fmt.Sprintf("%s no longer has key %s (%q): it %s, outside of Terraform. This plan creates a new key; users of the old value get 401 until they have the new one.",
			r.def.Title, state.ID.ValueString(), state.Name.ValueString(), k.EndedHow()))}
}
