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
	for _, c := range r.def.criteria("Which live keys to list: `active` (default), those that work; `revoked`, those that are switched off; or `all`. Revoked keys never appear.") {
		attributes[c.name] = c.attribute()
	}
	if r.def.Scope != "" {
		attributes[r.def.Scope] = r.def.scopeAttribute(optional, "Where to look for keys")
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Lists the live API keys at %s that all of the given arguments select, so that they can be imported: `terraform query -generate-config-out` writes a resource and an import block for each. "+
			"The key that the provider signs in with is among them. Keys come page by page, as %s lists them, oldest first within a page, and no more pages are fetched than `limit` needs.", r.def.Title, r.def.Title),
		Attributes: attributes,
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

// stream sends results as pages come. The diagnostics that it returns end the list.
func (r *keyResource) stream(ctx context.Context, req list.ListRequest, push func(list.ListResult) bool) (diags diag.Diagnostics) {
	ctx, op, done := r.begin(ctx, &diags)
	defer done()
	f := op.filter(op.values(ctx, req.Config))
	ring := op.connect(ctx, f.scope)
	if ring == nil {
		return diags
	}
	pushed := int64(0)
	for keys, err := range ring.Pages(ctx, f.status) {
		if op.failed("list", err) {
			return diags
		}
		now := ring.Now()
		for _, k := range keys {
			if !k.Live() || !f.matches(k, now) {
				continue
			}
			if !push(r.result(ctx, req, ring, k, f.scope)) {
				return nil
			}
			if pushed++; pushed == req.Limit {
				op.warnUnreadable(ring)
				return diags
			}
		}
	}
	op.warnUnreadable(ring)
	return diags
}

// result is one key of a list. Its resource is what an import gives, but duplicate_ids holds
// only what has been listed by then.
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
