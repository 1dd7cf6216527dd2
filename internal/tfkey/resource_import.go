package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// byName is the prefix of an import id that gives the key's name.
const byName = "name:"

// ImportState imports by "id" or "name:<name>", after "<scope>/" where the service has scopes,
// or by identity.
func (r *keyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, rq, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	id, scope := r.parseImport(req.ID)
	if req.ID == "" && req.Identity != nil {
		identity := rq.values(ctx, req.Identity).Attributes()
		id, scope = textOf(identity["id"]), textOf(identity[r.def.Scope])
	}
	rq.Append(r.use(types.StringValue(scope))...)
	ring := rq.ring(ctx, scope)
	if ring == nil {
		return
	}
	k := rq.find(ctx, ring, id, func(name string) string {
		if scope != "" {
			return fmt.Sprintf("%q", scope+"/"+byName+name)
		}
		return fmt.Sprintf("%q", byName+name)
	})
	if rq.HasError() {
		return
	}
	r.account.managed.mark(k.ID)
	rq.warnImported(ctx, ring, k)
	rq.Append(r.save(ctx, &resp.State, resp.Identity, r.importedModel(k, scope, ring.Now()))...)
	if r.def.Declared && resp.Private != nil {
		rq.Append(writePrivate(ctx, resp.Private, privateData{Imported: true})...)
	}
}

// warnImported warns of what cannot be known of a key that was created elsewhere.
func (r request) warnImported(ctx context.Context, ring *keyring.Ring, k driver.Key) {
	r.Append(r.warnUnreadable(ring)...)
	if !ring.CanRecognize(ctx, k) {
		r.AddWarning("Provider's own key not recognisable",
			fmt.Sprintf("%s shows too little of a key's value for the provider to recognise the key that it signs in with. If it is %s, remove it from the state again (terraform state rm): "+
				"destroying or rotating it would lock the provider out.", r.def.Title, describe(k)))
	}
}

// importedModel is the resource for a key that was found in a scope; "" is the provider's own.
// Its value is unknown.
func (r *keyResource) importedModel(k driver.Key, scope string, now time.Time) model {
	m := model{
		ID:               types.StringValue(k.ID),
		CreatedAt:        flattenTime(k.CreatedAt),
		RotationTriggers: types.MapNull(types.StringType),
		EncryptTo:        types.SetNull(types.StringType),
		own:              map[string]attr.Value{},
	}
	if r.def.HasRotate {
		m.own[nativeRotation] = types.BoolNull()
	}
	if k.CreatedAt.IsZero() && r.def.Declared {
		m.CreatedAt = flattenTime(now) // the earliest time that is known
	}
	m.updateFrom(r.def, r.inScope(k, scope))
	m.complete(now)
	return m
}

// parseImport splits "<scope>/<id or name:…>". A name may contain slashes; an id does not.
func (r *keyResource) parseImport(raw string) (id, scope string) {
	if r.def.Scope == "" || strings.HasPrefix(raw, byName) && !r.def.Declared {
		return raw, ""
	}
	if before, after, ok := strings.Cut(raw, "/"); ok {
		return after, before
	}
	return raw, ""
}

// find finds a key by id or by name. Anything but exactly one live key is an error that lists
// the candidates. written is how a user asks for a name.
func (r request) find(ctx context.Context, ring *keyring.Ring, id string, written func(name string) string) driver.Key {
	if name, ok := strings.CutPrefix(id, byName); ok {
		return r.findName(ctx, ring, name)
	}
	return r.findID(ctx, ring, id, written)
}

func (r request) findID(ctx context.Context, ring *keyring.Ring, id string, written func(name string) string) driver.Key {
	summary := fmt.Sprintf("No such %s key", r.def.Title)
	switch {
	case id == "":
		r.addNotFound(ctx, ring, summary, "The key's id is empty.", "", nil)
		return driver.Key{}
	case isWindow(id):
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("%q is the provider's own mark for an unknown id; no key has it.", id), "", nil)
		return driver.Key{}
	}
	k, found, err := ring.Read(ctx, id, time.Time{})
	switch {
	case r.failed("read", err):
	case !found:
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("%s has no key with the id %q.", r.def.Title, id), id, written)
	case !k.Live():
		summary = fmt.Sprintf("%s key is revoked", r.def.Title)
		if k.Expired {
			summary = fmt.Sprintf("%s key has expired", r.def.Title)
		}
		r.addNotFound(ctx, ring, summary, fmt.Sprintf("Key %s %s, which cannot be undone.", describe(k), k.EndedHow()), k.Name, nil)
	}
	return k
}

func (r request) findName(ctx context.Context, ring *keyring.Ring, name string) (k driver.Key) {
	found, err := ring.FindByName(ctx, name)
	switch {
	case r.failed("look for the", err):
	case len(found) == 0:
		r.addNoneNamed(ctx, ring, name)
	case len(found) == 1:
		k = found[0]
	default:
		r.AddError(fmt.Sprintf("%s key name is ambiguous", r.def.Title),
			fmt.Sprintf("%d live keys are named %q:\n%s\nUse the id of the right one.", len(found), name, keyLines(found)))
	}
	return k
}

// addNoneNamed is the error for a name without a live key. It names a revoked key of that name.
func (r request) addNoneNamed(ctx context.Context, ring *keyring.Ring, name string) {
	detail := fmt.Sprintf("%s has no live key named %q.", r.def.Title, name)
	if r.def.KeepsRevoked {
		gone, err := ring.Keys(ctx, driver.StatusInactive)
		if r.failed("look for the", err) {
			return
		}
		gone = slices.DeleteFunc(gone, func(k driver.Key) bool { return k.Name != name || k.Live() })
		if len(gone) > 0 {
			last := gone[len(gone)-1]
			detail += fmt.Sprintf(" The last that was named so, %s, %s, which cannot be undone.", last.ID, last.EndedHow())
		}
	}
	r.addNotFound(ctx, ring, fmt.Sprintf("No such %s key", r.def.Title), detail, name, nil)
}

// addNotFound adds an error that lists the keys that an id or a name may have meant. written,
// unless nil, is how a user asks for a name where an id was asked for.
func (r request) addNotFound(ctx context.Context, ring *keyring.Ring, summary, detail, wanted string, written func(name string) string) {
	all, err := ring.List(ctx)
	if r.failed("list", err) {
		return
	}
	detail += nameHints(all, wanted, written) + "\n\n" + similarKeys(all, wanted)
	if len(all) == 0 {
		detail += " Check that the provider's settings name the right account, workspace or tenant."
	}
	r.AddError(summary, detail)
}
