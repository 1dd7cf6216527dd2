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

// privateData is what a refresh tells the next plan besides the state: a plan must not
// ask the service or the clock, so that it means the same whenever it is applied.
// It is kept in the private state, and holds no secret.
type privateData struct {
	// Lost: the key is gone, but others of the resource still retire.
	Lost bool `json:"lost,omitempty"`
	// Unused are duplicates that have not been used since the key was made.
	Unused []string `json:"unused,omitempty"`
	// Asked and Given are the name that was asked for and the one that the service
	// gave instead; both are empty where it took the name over.
	Asked string `json:"asked,omitempty"`
	Given string `json:"given,omitempty"`
	// Held are keys that resources hold and that look like what an unanswered create
	// of this one may have made. What revokes that runs in another process, which does
	// not read those resources.
	Held []string `json:"held,omitempty"`
}

func (n privateData) empty() bool {
	return !n.Lost && len(n.Unused) == 0 && n.Given == "" && len(n.Held) == 0
}

// actualName is what the service calls the key that the state calls name.
func (n privateData) actualName(name types.String) types.String {
	if n.Given != "" && name.ValueString() == n.Asked {
		return types.StringValue(n.Given)
	}
	return name
}

// renames reports whether going from one name in the state to another changes what
// the service calls the key.
func (n privateData) renames(from, to types.String) bool {
	return !to.Equal(from) && !to.Equal(n.actualName(from))
}

// recordName notes which name the service gave a key, and warns if it is another one than
// was asked for.
func (n *privateData) recordName(d serviceDef, asked string, k driver.Key) diag.Diagnostics {
	n.Asked, n.Given = "", ""
	if k.Name == "" || k.Name == asked {
		return nil
	}
	n.Asked, n.Given = asked, k.Name
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Service changed the name",
		fmt.Sprintf("%s named key %s %q instead of %q. Write name = %[3]q, which changes nothing at %[1]s.", d.Title, k.ID, k.Name, asked))}
}

// privateKey is its key in the private state.
const privateKey = "noted"

// privateReader is what requests and responses share of the private state.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

func readPrivate(ctx context.Context, p privateReader) privateData {
	var n privateData
	if raw, diags := p.GetKey(ctx, privateKey); !diags.HasError() && len(raw) > 0 {
		// What an edited state holds here is not worth failing for: the next
		// refresh writes it anew.
		_ = json.Unmarshal(raw, &n)
	}
	return n
}

func writePrivate(ctx context.Context, p interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}, n privateData) diag.Diagnostics {
	if n.empty() {
		return p.SetKey(ctx, privateKey, nil) // and nothing is left of it
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
	if resp.Diagnostics.HasError() {
		return
	}
	// Terraform 1.11 and older refuse a removal without it.
	resp.Diagnostics.Append(r.identify(ctx, resp.Identity, state)...)
	found, asked := refreshedBefore(ctx)
	if !asked {
		found = r.refresh(ctx, state, readPrivate(ctx, req.Private))
	}
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
		return // nothing written, or a refresh alone would count as a change
	}
	resp.Diagnostics.Append(writePrivate(ctx, resp.Private, found.private)...)
}

// refreshed is what a refresh has found out about a key.
type refreshed struct {
	state   model // as it is to be now
	skipped bool  // nothing was asked: the state stays as it is
	gone    bool  // the key, and all that retired
	private privateData
	diags   diag.Diagnostics
}

// refresh asks the service what has become of a key. It alone asks the clock. before is
// what the last refresh or apply noted.
func (r *keyResource) refresh(ctx context.Context, state model, before privateData) (s refreshed) {
	if r.configUnknown() {
		s.diags.AddWarning("Key not refreshed", fmt.Sprintf("Key %s is shown as it was last seen: that it is due, that an overlap is over or that it was revoked is not noticed. %s", state.ID.ValueString(), r.configUnknownDetail()))
		s.skipped = true
		return s
	}
	if window, unsettled := keyring.ParseCreateWindow(state.ID.ValueString()); unsettled {
		// Only replacing or destroying it settles it. The plan of that cannot say so:
		// for a tainted resource Terraform plans as if there were no prior state.
		around, name := window.From.UTC().Format(time.RFC3339), cmp.Or(window.Name, state.Name.ValueString())
		if window.Made {
			s.diags.AddWarning("Key was created, but not found", fmt.Sprintf("A key named %q was created around %s, and no listing has shown it yet. The next apply looks for it again, and revokes it.", name, around))
		} else {
			s.diags.AddWarning("Outcome of a create is not known", fmt.Sprintf("The answer to a create of a key named %q was lost around %s. Before anything else is created or forgotten, the next apply looks for a key of that name and time that was never used, and revokes it.", name, around))
		}
		s.skipped = true
		// Whatever cannot be asked now is asked for when it is settled.
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
	r.account.refreshed.Store(true)
	r.account.managed.mark(state.keyIDs()...)
	k, found, err := ring.Read(ctx, state.ID.ValueString(), state.created())
	s.diags.Append(r.warnUnreadable(ring)...)
	if err != nil {
		s.diags.Append(r.failure("read", err)...)
		return s
	}
	if !found {
		isAdrift, err := r.scopeMismatch(ctx, ring, state)
		switch {
		case err != nil:
			s.diags.Append(r.failure("read", err)...)
			return s
		case isAdrift:
			s.diags.Append(r.errScopeMismatch(state))
			return s
		}
	}
	retiring, err := r.liveRetiring(ctx, ring, state)
	if err != nil {
		s.diags.Append(r.failure("read a retiring", err)...)
		return s
	}
	state.own = maps.Clone(state.own)
	state.Retiring = retiringList(retiring)
	if !found || !k.Live() {
		s.diags.Append(r.warnGone(state, k)...)
		s.gone, s.private.Lost = len(retiring) == 0, true
	} else {
		state.updateFrom(r.def, r.inScope(k, state.scope(r.def)))
		s.private.Unused = r.recordDuplicates(ctx, ring, &state, retiring)
		if k.Name == before.Given { // nobody has renamed it since
			s.private.Asked, s.private.Given = before.Asked, before.Given
			state.Name = types.StringValue(before.Asked)
		}
	}
	s.private.Held = r.heldCandidates(ctx, ring, state)
	r.complete(&state, ring.Now())
	s.state = state
	return s
}

// heldCandidates are the keys that somebody holds among those that unanswered creates of a
// resource may have made.
func (r *keyResource) heldCandidates(ctx context.Context, ring *keyring.Ring, state model) []string {
	var all []string
	for _, id := range state.keyIDs() {
		if w, unsettled := r.window(id, state); unsettled {
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

// window reads a window from one of a resource's ids. A state that an earlier version
// wrote does not tell the name.
func (r *keyResource) window(id string, state model) (w keyring.CreateWindow, unsettled bool) {
	w, unsettled = keyring.ParseCreateWindow(id)
	w.Name = cmp.Or(w.Name, state.Name.ValueString())
	if id == state.ID.ValueString() {
		w.Value = state.secret()
	}
	return w, unsettled
}

// complete fills what an import or an older state left open, and tells the time.
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

// liveRetiring drops the retiring keys that are gone. Creates without a clear outcome
// stay until they are settled. They were made before the key that took their place.
func (r *keyResource) liveRetiring(ctx context.Context, ring *keyring.Ring, state model) ([]retiringKey, error) {
	var alive []retiringKey
	for _, old := range state.retiring() {
		if _, unsettled := keyring.ParseCreateWindow(old.id); !unsettled {
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

// scopeMismatch reports whether the state leaves open which scope a resource's keys are
// in, and the provider is set since to one that has none of them: that they are not
// there proves nothing then.
func (r *keyResource) scopeMismatch(ctx context.Context, ring *keyring.Ring, state model) (bool, error) {
	if r.def.Scope == "" || state.scope(r.def) != "" || r.account.Scope == "" {
		return false, nil
	}
	for _, id := range state.keyIDs() { // which are all in one scope
		if _, unsettled := keyring.ParseCreateWindow(id); unsettled {
			continue
		}
		if _, found, err := ring.Read(ctx, id, state.created()); found || err != nil {
			return false, err
		}
	}
	return true, nil
}

// errScopeMismatch is the error for such a resource.
func (r *keyResource) errScopeMismatch(state model) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Key not found where the provider looks",
		fmt.Sprintf("%[1]s does not have key %[2]s (%[3]q) in the %[4]s %[5]q that the provider is set to. It was made or imported when the provider was set to none, so it may live where the credential itself belongs. Nothing was changed.\n\nTake %[4]s out of the provider's settings, set it on this resource instead, to where the key is, and apply; then both can be set. If all of that is gone for good, `terraform state rm` forgets it.",
			r.def.Title, quoted(state.keyIDs()), state.Name.ValueString(), r.def.Scope, r.account.Scope))
}

// warnGone says that the key was revoked by somebody else, or has expired, and when.
func (r *keyResource) warnGone(state model, k driver.Key) diag.Diagnostics {
	if k.Expired && k.RevokedAt.IsZero() {
		return diag.Diagnostics{diag.NewWarningDiagnostic("Key has expired",
			fmt.Sprintf("%s key %s (%q) %s, by the time that %[1]s gave it. A new one is planned in its place; whoever uses the old value gets 401 until then.",
				r.def.Title, state.ID.ValueString(), state.Name.ValueString(), k.EndedHow()))}
	}
	if k.RevokedAt.IsZero() {
		return diag.Diagnostics{diag.NewWarningDiagnostic("Key revoked outside of Terraform",
			fmt.Sprintf("%s does not have key %s (%q): it was revoked, and not by this configuration, or it was made in another account than the one that the provider signs in to now. A new one is planned in its place. Check which it is before you apply: in another account the old key lives on.",
				r.def.Title, state.ID.ValueString(), state.Name.ValueString()))}
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Key revoked outside of Terraform",
		fmt.Sprintf("%s no longer has key %s (%q): it %s, and not by this configuration. A new one is planned in its place; whoever uses the old value gets 401 until then.",
			r.def.Title, state.ID.ValueString(), state.Name.ValueString(), k.EndedHow()))}
}
