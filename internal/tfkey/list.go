package tfkey

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

func (r *keyResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	attributes := map[string]schema.Attribute{}
	for _, c := range r.def.criteria("`active` for keys that work, `revoked` for keys that are switched off, or `all`. Default `active`.") {
		attributes[c.name] = c.attribute()
	}
	if r.def.Scope != "" {
		attributes[r.def.Scope] = r.def.scopeAttribute(optional, "Where to look for keys")
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Lists the live API keys at %s that match all given arguments, oldest first, to import them.", r.def.place()),
		Attributes:          attributes,
	}
}

// List lists keys while Terraform reads the results.
func (r *keyResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	stream.Results = func(push func(list.ListResult) bool) {
		if diags := r.stream(ctx, req, push); len(diags) > 0 {
			push(list.ListResult{Diagnostics: diags})
		}
	}
}

// stream sends results. The diagnostics that it returns end the list.
func (r *keyResource) stream(ctx context.Context, req list.ListRequest, push func(list.ListResult) bool) (diags diag.Diagnostics) {
	ctx, op, done := r.begin(ctx, &diags)
	defer done()
	f := op.filter(op.values(ctx, req.Config))
	ring := op.connect(ctx, f.scope)
	if ring == nil {
		return diags
	}
	keys, err := ring.Keys(ctx, f.status)
	if op.failed("list", err) {
		return diags
	}
	pushed, now := int64(0), ring.Now()
	for _, k := range keys {
		if !k.Live() || !f.matches(k, now) {
			continue
		}
		if !push(r.result(ctx, req, ring, k, f.scope)) {
			return nil
		}
		if pushed++; pushed == req.Limit {
			break
		}
	}
	op.warnUnreadable(ring)
	return diags
}

// result is one key of a list. Its resource is what an import gives.
func (r *keyResource) result(ctx context.Context, req list.ListRequest, ring *keyring.Ring, k driver.Key, scope string) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = escape(cmp.Or(k.Name, k.ID))
	m := r.importedModel(k, scope, ring.Now())
	if req.IncludeResource {
		r.recordDuplicates(ctx, ring, &m, nil)
		result.Diagnostics.Append(r.save(ctx, result.Resource, result.Identity, m)...)
	} else {
		result.Diagnostics.Append(r.identify(ctx, result.Identity, m)...)
	}
	return result
}
