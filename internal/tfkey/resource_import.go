package tfkey

import (
	"context"
	"fmt"
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
	ctx, op, done := r.begin(ctx, &resp.Diagnostics)
	defer done()
	id, scope := r.parseImport(req.ID)
	if req.ID == "" && req.Identity != nil {
		identity := op.values(ctx, req.Identity)
		id, scope = textOf(identity["id"]), textOf(identity[r.def.Scope])
	}
	op.Append(r.useService(types.StringValue(scope))...)
	ring := op.connect(ctx, scope)
	if ring == nil {
		return
	}
	var k driver.Key
	if name, isName := strings.CutPrefix(id, byName); isName {
		k = op.findName(ctx, ring, name)
	} else {
		asName := byName + id
		if scope != "" {
			asName = scope + "/" + asName
		}
		k = op.findID(ctx, ring, id, fmt.Sprintf("%q", asName))
	}
	if op.HasError() {
		return
	}
	r.account.managed.mark(k.ID)
	op.warnImported(ctx, ring, k)
	op.Append(r.save(ctx, &resp.State, resp.Identity, r.importedModel(k, scope, ring.Now()))...)
	if r.def.Declared && resp.Private != nil {
		op.Append(writePrivate(ctx, resp.Private, privateData{Imported: true})...)
	}
}

// warnImported warns of what cannot be known of a key that was created elsewhere.
func (r operation) warnImported(ctx context.Context, ring *keyring.Ring, k driver.Key) {
	r.warnUnreadable(ring)
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
		specific:         map[string]attr.Value{},
	}
	if r.def.HasRotate {
		m.specific[nativeRotation] = types.BoolNull()
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
