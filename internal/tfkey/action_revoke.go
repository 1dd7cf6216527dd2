package tfkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

var _ action.ActionWithConfigure = &revokeAction{}

// revokeAction is action apikeys_<service>_revoke, for every service.
type revokeAction struct{ serviceBase }

// NewRevoke returns the constructor of a service's action that revokes keys.
func NewRevoke(d definition.Service) func() action.Action {
	return func() action.Action { return &revokeAction{newBase(d)} }
}

func (a *revokeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = a.def.RevokeType(req.ProviderTypeName)
}

func (a *revokeAction) Configure(_ context.Context, req action.ConfigureRequest, _ *action.ConfigureResponse) {
	a.configure(req.ProviderData)
}

func (a *revokeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"ids": listAttribute(required, "Ids of the keys to revoke, in this order.",
			listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(Parses("Invalid key id", "an id, not only spaces", parseID))),
	}
	if a.def.Scope != "" {
		attributes[a.def.Scope] = a.def.scopeAttribute(optional, "Where the keys are")
	}
	missing := "an error"
	if !a.def.KeepsRevoked {
		missing = "only a warning, because it may be that of a revoked key"
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Revokes API keys at %s for good, such as leaked ones. An unknown id is %s.", a.def.place(), missing),
		Attributes:          attributes,
	}
}

func parseID(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("an id must not be blank; remove it, or check the expression that it comes from")
	}
	return nil
}

// Invoke revokes one key after the other. Once interrupted, Terraform accepts no answer, not
// even progress.
func (a *revokeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	op := operation{&a.serviceBase, &resp.Diagnostics}
	config := op.values(ctx, req.Config)
	ring := op.connect(ctx, textOf(config[a.def.Scope]))
	if ring == nil {
		return
	}
	list, _ := config["ids"].(types.List)
	ids := stringsOf(list.Elements())
	var unique []string
	for _, id := range ids {
		if !slices.Contains(unique, id) {
			unique = append(unique, id)
		}
	}
	var warned diag.Diagnostics
	var revoked []string
	for i, id := range unique {
		if ctx.Err() != nil {
			op.AddAttributeError(path.Root("ids"), "Interrupted before all keys were tried",
				fmt.Sprintf("These keys were not tried: %s. Run the action again: keys that are already revoked do no harm.", strings.Join(unique[i:], ", ")))
			break
		}
		var diags diag.Diagnostics
		result := operation{op.serviceBase, &diags}.revokeOne(ctx, ring, id)
		diags = atElement(path.Root("ids").AtListIndex(slices.Index(ids, id)), id, diags)
		switch {
		case diags.HasError():
			op.Append(diags...)
		case len(diags) > 0:
			warned.Append(diags...)
		default:
			revoked = append(revoked, id)
		}
		if ctx.Err() == nil {
			resp.SendProgress(action.InvokeProgressEvent{Message: escape(fmt.Sprintf("%s (%d of %d)", result, i+1, len(unique)))})
		}
	}
	op.Append(warned...)
	if op.HasError() && len(revoked) > 0 {
		op.AddWarning("The other keys are revoked", fmt.Sprintf("These keys are revoked: %s. Run the action again for the rest.", strings.Join(revoked, ", ")))
	}
}

// revokeOne revokes one key and says what happened. A warning means that there is no such key,
// without proof that there ever was one.
func (r operation) revokeOne(ctx context.Context, ring *keyring.Ring, id string) string {
	ctx, cancel := r.bounded(ctx)
	defer cancel()
	k, found, err := ring.Read(ctx, id, time.Time{})
	switch {
	case r.failed("look for the", err):
		return fmt.Sprintf("could not look for key %s", id)
	case !found:
		r.addAbsent(ctx, ring, id)
		return fmt.Sprintf("there is no key %s", id)
	case !k.Live():
		return fmt.Sprintf("nothing to do for key %s (%q): it %s", id, k.Name, k.EndedHow())
	case r.failed("revoke", ring.Revoke(ctx, cmp.Or(k.ID, id), driver.Secret{})): // as the service writes it
		return fmt.Sprintf("could not revoke key %s (%q)", id, k.Name)
	}
	return fmt.Sprintf("revoked key %s (%q)", id, k.Name)
}

// addAbsent adds the diagnostic for a key that does not exist. The mistyped id of a leaked key
// must not silently count as revoked.
func (r operation) addAbsent(ctx context.Context, ring *keyring.Ring, id string) {
	if r.def.KeepsRevoked {
		r.addNotFound(ctx, ring, fmt.Sprintf("No such %s key", r.def.Title), fmt.Sprintf("%s has no key with the id %q. Check the id, and the account or workspace.", r.def.Title, id), id, "")
		return
	}
	keys, err := ring.List(ctx)
	if !r.failed("list", err) {
		r.AddWarning(fmt.Sprintf("%s key not found", r.def.Title),
			fmt.Sprintf("No key with the id %q is among the %d live keys. It was revoked before, or the id is wrong: %s does not keep revoked keys. If the key has leaked, check its id (%s). %s",
				id, len(keys), r.def.Title, r.def.Console, similarKeys(keys, id)))
	}
}

// atElement puts diagnostics on an element of ids, with the id in their text: Terraform shows
// no paths for an action.
func atElement(at path.Path, id string, diags diag.Diagnostics) diag.Diagnostics {
	var all diag.Diagnostics
	for _, d := range diags {
		detail := d.Detail()
		if !strings.Contains(detail, id) {
			detail = fmt.Sprintf("Key %s: %s", id, detail)
		}
		all.Append(diag.WithPath(at, withTexts(d, d.Summary(), detail)))
	}
	return all
}
