package tfkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// byName is the prefix of an import id that gives the key's name.
const byName = "name:"

// maxCandidates is how many keys an error lists at most.
const maxCandidates = 20

// ImportState implements resource.ResourceWithImportState: by "id" or
// "name:<name>", after "<scope>/" where the service has scopes, or by identity.
func (r *keyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	id, scope := r.parseImport(req.ID)
	if req.ID == "" && req.Identity != nil {
		var at types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &at)...)
		id = at.ValueString()
		if r.def.Scope != "" {
			at = types.StringNull()
			resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(r.def.Scope), &at)...)
			scope = at.ValueString()
		}
	}
	resp.Diagnostics.Append(r.use(types.StringValue(scope))...)
	ring, diags := r.ring(ctx, scope)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	k, diags := r.find(ctx, ring, id, func(name string) string {
		if scope != "" {
			return fmt.Sprintf("%q", scope+"/"+byName+name)
		}
		return fmt.Sprintf("%q", byName+name)
	})
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.warnUnreadable(ring)...)
	r.account.managed.mark(k.ID)
	if !ring.CanRecognize(ctx, k) {
		resp.Diagnostics.AddWarning("Provider's own key not recognisable",
			fmt.Sprintf("%s shows too little of a key's value for the provider to recognise the key that it signs in with. If it is %s, remove it from the state again (terraform state rm): "+
				"destroying or rotating it would lock the provider out.", r.def.Title, keyring.Describe([]driver.Key{k})))
	}
	resp.Diagnostics.Append(r.save(ctx, &resp.State, resp.Identity, r.importedModel(k, scope, ring.Now()))...)
	if r.def.Declared && resp.Private != nil {
		resp.Diagnostics.Append(writePrivate(ctx, resp.Private, privateData{Imported: true})...)
	}
}

// importedModel is the resource for a key that was found in a scope; "" is the provider's own.
// Its value is unknown.
func (r *keyResource) importedModel(k driver.Key, scope string, now time.Time) model {
	m := model{
		ID:               types.StringValue(k.ID),
		Name:             types.StringValue(k.Name),
		CreatedAt:        flattenTime(k.CreatedAt),
		Key:              types.StringNull(),
		RotationTriggers: types.MapNull(types.StringType),
		OnDuplicateName:  types.StringValue(duplicateWarn),
		EncryptTo:        types.SetNull(types.StringType),
		StoreKey:         types.BoolValue(true),
		EncryptedKey:     types.StringNull(),
		own:              r.null(),
	}
	if k.CreatedAt.IsZero() && r.def.Declared {
		m.CreatedAt = flattenTime(now) // the earliest time that is known
	}
	m.updateFrom(r.def, r.inScope(k, scope))
	r.complete(&m, now)
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
func (c *serviceBase) find(ctx context.Context, ring *keyring.Ring, id string, written func(name string) string) (driver.Key, diag.Diagnostics) {
	if name, ok := strings.CutPrefix(id, byName); ok {
		return c.findName(ctx, ring, name)
	}
	return c.findID(ctx, ring, id, written)
}

func (c *serviceBase) findID(ctx context.Context, ring *keyring.Ring, id string, written func(name string) string) (driver.Key, diag.Diagnostics) {
	summary := fmt.Sprintf("No such %s key", c.def.Title)
	if id == "" {
		return driver.Key{}, c.candidates(ctx, ring, summary, "The key's id is empty.", "", nil)
	}
	if _, isWindow := keyring.ParseCreateWindow(id); isWindow {
		return driver.Key{}, c.candidates(ctx, ring, summary, fmt.Sprintf("%q is the provider's own mark for an unknown id; no key has it.", id), "", nil)
	}
	k, found, err := ring.Read(ctx, id, time.Time{})
	switch {
	case err != nil:
		return k, c.failure("read", err)
	case !found:
		return k, c.candidates(ctx, ring, summary, fmt.Sprintf("%s has no key with the id %q.", c.def.Title, id), id, written)
	case !k.Live():
		summary = fmt.Sprintf("%s key is revoked", c.def.Title)
		if k.Expired {
			summary = fmt.Sprintf("%s key has expired", c.def.Title)
		}
		return k, c.candidates(ctx, ring, summary, fmt.Sprintf("Key %s %s, which cannot be undone.", keyring.Describe([]driver.Key{k}), k.EndedHow()), k.Name, nil)
	}
	return k, nil
}

func (c *serviceBase) findName(ctx context.Context, ring *keyring.Ring, name string) (driver.Key, diag.Diagnostics) {
	found, err := ring.FindByName(ctx, name)
	switch {
	case err != nil:
		return driver.Key{}, c.failure("look for the", err)
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return driver.Key{}, c.noneNamed(ctx, ring, name)
	}
	return driver.Key{}, diag.Diagnostics{diag.NewErrorDiagnostic(fmt.Sprintf("%s key name is ambiguous", c.def.Title),
		fmt.Sprintf("%d live keys are named %q:\n%s\nUse the id of the right one.", len(found), name, keyLines(found)))}
}

// noneNamed is the error for a name without a live key. It names a revoked key of that name.
func (c *serviceBase) noneNamed(ctx context.Context, ring *keyring.Ring, name string) diag.Diagnostics {
	detail := fmt.Sprintf("%s has no live key named %q.", c.def.Title, name)
	if c.def.KeepsRevoked {
		gone, err := ring.Keys(ctx, driver.StatusInactive)
		if err != nil {
			return c.failure("look for the", err)
		}
		gone = slices.DeleteFunc(gone, func(k driver.Key) bool { return k.Name != name || k.Live() })
		if len(gone) > 0 {
			last := gone[len(gone)-1]
			detail += fmt.Sprintf(" The last that was named so, %s, %s, which cannot be undone.", last.ID, last.EndedHow())
		}
	}
	return c.candidates(ctx, ring, fmt.Sprintf("No such %s key", c.def.Title), detail, name, nil)
}

// candidates is an error that lists the keys that an id or a name may have meant. written,
// unless nil, is how a user asks for a name where an id was asked for.
func (c *serviceBase) candidates(ctx context.Context, ring *keyring.Ring, summary, detail, wanted string, written func(name string) string) diag.Diagnostics {
	all, err := ring.List(ctx)
	if err != nil {
		return c.failure("list", err)
	}
	detail += nameHints(all, wanted, written) + "\n\n" + similarKeys(all, wanted)
	if len(all) == 0 {
		detail += " Check that the provider's settings name the right account, workspace or tenant."
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic(summary, detail)}
}
