package tfkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

var (
	_ action.Action              = &revokeAction{}
	_ action.ActionWithConfigure = &revokeAction{}
)

// revokeAction is action apikeys_<service>_revoke, for every service.
type revokeAction struct {
	serviceBase
}

// NewRevoke returns the constructor of a service's action that revokes keys.
func NewRevoke(d definition.Service) func() action.Action {
	return func() action.Action { return &revokeAction{serviceBase{def: serviceDef{d}}} }
}

// Metadata implements action.Action.
func (a *revokeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = a.def.RevokeType(req.ProviderTypeName)
}

// Configure implements action.ActionWithConfigure.
func (a *revokeAction) Configure(_ context.Context, req action.ConfigureRequest, _ *action.ConfigureResponse) {
	a.configure(req.ProviderData)
}

// Schema implements action.Action.
func (a *revokeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"ids": schema.ListAttribute{
			MarkdownDescription: "The identifiers of the keys to revoke, one or more, in this order.",
			Required:            true,
			ElementType:         types.StringType,
			Validators: []validator.List{
				listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(),
				listvalidator.ValueStringsAre(parses{"Invalid key id", "an id, not only spaces", parseID}),
			},
		},
	}
	if a.def.Scope != "" {
		attributes[a.def.Scope] = schema.StringAttribute{
			MarkdownDescription: "Where the keys are; the provider's own by default.",
			Optional:            true,
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		}
	}
	missing := fmt.Sprintf("An id that %s does not know is an error. ", a.def.Title)
	if !a.def.KeepsRevoked {
		missing = fmt.Sprintf("An id that %s does not list is a warning, because it does not keep revoked keys: they look like wrong ids. ", a.def.Title)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Revokes API keys at %s at once and for good, such as leaked ones. A key that cannot be revoked does not stop the others; errors are shown at the end. "+
			"A key that is already revoked counts as revoked. %sThe key that the provider signs in with is refused, where it can be recognised.\n\n"+
			"Replace a key that a resource manages with `rotation_triggers` or `-replace` instead: if this action revokes it, the next apply creates it again.", a.def.Title, missing),
		Attributes: attributes,
	}
}

func parseID(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("an id must not be blank; remove it, or check the expression that it comes from")
	}
	return nil
}

// Invoke implements action.Action. It revokes one key after the other. Once interrupted,
// Terraform accepts no answer, not even progress.
func (a *revokeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	var ids []string
	var scope types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("ids"), &ids)...)
	if a.def.Scope != "" {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(a.def.Scope), &scope)...)
	}
	resp.Diagnostics.Append(a.use(scope)...)
	ring, diags := a.ring(ctx, scope.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	var first []int // the index at which each id occurs first
	for i, id := range ids {
		if slices.Index(ids, id) == i {
			first = append(first, i)
		}
	}
	var failed, warned diag.Diagnostics
	var done, left []string
	for n, i := range first {
		id := ids[i]
		if ctx.Err() != nil {
			left = append(left, id)
			continue
		}
		said, diags := a.revoke(ctx, ring, id)
		switch at := path.Root("ids").AtListIndex(i); {
		case diags.HasError():
			failed.Append(atElement(at, id, diags)...)
		case len(diags) > 0:
			warned.Append(atElement(at, id, diags)...)
		default:
			done = append(done, id)
		}
		if ctx.Err() == nil {
			resp.SendProgress(action.InvokeProgressEvent{Message: escape(fmt.Sprintf("%s (%d of %d)", said, n+1, len(first)))})
		}
	}
	resp.Diagnostics.Append(failed...)
	if len(left) > 0 {
		resp.Diagnostics.AddAttributeError(path.Root("ids"), "Interrupted before all keys were tried",
			fmt.Sprintf("These keys were not tried: %s. Run the action again: keys that are already revoked do no harm.", strings.Join(left, ", ")))
	}
	resp.Diagnostics.Append(warned...)
	if resp.Diagnostics.HasError() && len(done) > 0 {
		resp.Diagnostics.AddWarning("The other keys are revoked", fmt.Sprintf("These keys are revoked: %s. Run the action again for the rest.", strings.Join(done, ", ")))
	}
}

// revoke revokes one key and says what happened. A warning means that there is no such key,
// without proof that there ever was one.
func (a *revokeAction) revoke(ctx context.Context, ring *keyring.Ring, id string) (said string, diags diag.Diagnostics) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	k, found, err := ring.Read(ctx, id, time.Time{})
	switch {
	case err != nil:
		return fmt.Sprintf("could not look for key %s", id), a.failure("look for the", err)
	case !found:
		return fmt.Sprintf("there is no key %s", id), a.absent(ctx, ring, id)
	case !k.Live():
		return fmt.Sprintf("nothing to do for key %s (%q): it %s", id, k.Name, k.EndedHow()), nil
	}
	if err := ring.Revoke(ctx, cmp.Or(k.ID, id), driver.Secret{}); err != nil { // as the service writes it
		return fmt.Sprintf("could not revoke key %s (%q)", id, k.Name), a.failure("revoke", err)
	}
	return fmt.Sprintf("revoked key %s (%q)", id, k.Name), nil
}

// absent returns the diagnostic for a key that does not exist. The mistyped id of a leaked key
// must not silently count as revoked.
func (a *revokeAction) absent(ctx context.Context, ring *keyring.Ring, id string) diag.Diagnostics {
	if a.def.KeepsRevoked {
		return a.candidates(ctx, ring, fmt.Sprintf("No such %s key", a.def.Title), fmt.Sprintf("%s has no key with the id %q. Check the id, and the account or workspace.", a.def.Title, id), id, nil)
	}
	keys, err := ring.List(ctx)
	if err != nil {
		return a.failure("list", err)
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(fmt.Sprintf("%s key not found", a.def.Title),
		fmt.Sprintf("No key with the id %q is among the %d live keys. It was revoked before, or the id is wrong: %s does not keep revoked keys. If the key has leaked, check its id (%s). %s",
			id, len(keys), a.def.Title, a.def.Console, similarKeys(keys, id)))}
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
		if d.Severity() == diag.SeverityError {
			all.AddAttributeError(at, d.Summary(), detail)
		} else {
			all.AddAttributeWarning(at, d.Summary(), detail)
		}
	}
	return all
}
