package tfkey

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// resourceKeys are the keys of one resource at the service: its current key, those that
// retire, and those of unanswered creates.
type resourceKeys struct {
	*serviceBase
	ring   *keyring.Ring
	state  model
	others []string // keys of other resources that look like that of an unanswered create
}

// recordCreation records when the keys were created at the latest.
func (k resourceKeys) recordCreation() {
	for _, id := range k.state.keyIDs() {
		k.ring.RecordCreation(id, k.state.created())
	}
}

// addKnown is the id of an unanswered create, with the keys that this process has created
// since; any other id is returned as it is.
func (k resourceKeys) addKnown(id string) string {
	if w, is := k.state.createWindow(id); is {
		return k.ring.AddNotCreated(w, k.others...).ID()
	}
	return id
}

// revoke revokes a key, or reconciles the unanswered create whose id this is.
func (k resourceKeys) revoke(ctx context.Context, id string) diag.Diagnostics {
	if diags := k.checkScope(ctx, "revoke"); diags.HasError() {
		return diags
	}
	var err error
	if window, is := k.state.createWindow(id); is {
		err = k.ring.Reconcile(ctx, window, slices.Concat(k.others, k.state.keyIDs())...)
	} else {
		var value driver.Secret
		if id == k.state.id() {
			value = k.state.secret()
		}
		err = k.ring.Revoke(ctx, id, value)
	}
	if err != nil {
		return k.failure("revoke", err)
	}
	return nil
}

// guard fails if a key is the credential that the provider signs in with. Nothing is sent.
func (k resourceKeys) guard(ctx context.Context, id string) error {
	if id == "" || isUnknownOutcome(id) {
		return nil
	}
	var value driver.Secret
	if id == k.state.id() {
		value = k.state.secret()
	}
	return k.ring.Guard(ctx, id, value)
}

// findOthers returns managed keys that look like what unanswered creates of the resource may
// have created. What cannot be listed now is listed by the apply.
func (k resourceKeys) findOthers(ctx context.Context) []string {
	var all []string
	for _, id := range k.state.keyIDs() {
		if w, is := k.state.createWindow(id); is {
			if found, err := k.ring.HeldCandidates(ctx, w, k.state.keyIDs()...); err == nil {
				all = append(all, found...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// liveRetiring returns the retiring keys that are not gone. Unanswered creates stay until they
// are reconciled.
func (k resourceKeys) liveRetiring(ctx context.Context) ([]retiringKey, error) {
	var live []retiringKey
	for _, old := range k.state.retiring() {
		if !isUnknownOutcome(old.id) {
			record, found, err := k.ring.Read(ctx, old.id, k.state.created())
			if err != nil {
				return nil, err
			}
			if !found || !record.Live() {
				continue
			}
		}
		live = append(live, old)
	}
	return live, nil
}

// checkScope fails if the state does not name the scope of the keys, and the provider is now
// set to a scope that has none of them. Then their absence proves nothing.
func (k resourceKeys) checkScope(ctx context.Context, verb string) diag.Diagnostics {
	if k.def.Scope == "" || k.state.scope(k.def) != "" || k.account.Scope == "" {
		return nil
	}
	ids := k.state.keyIDs() // all are in one scope
	for _, id := range ids {
		if isUnknownOutcome(id) {
			continue
		}
		switch _, found, err := k.ring.Read(ctx, id, k.state.created()); {
		case err != nil:
			return k.failure(verb, err)
		case found:
			return nil
		}
	}
	slices.Sort(ids)
	return diag.Diagnostics{diag.NewErrorDiagnostic("Key not found where the provider looks",
		fmt.Sprintf("%[1]s does not have key %[2]s (%[3]q) in the %[4]s %[5]q that the provider is set to. It was created or imported while the provider was set to none, so it may be where the credential belongs. Nothing was changed.\n\nRemove %[4]s from the provider's settings, set it on this resource to where the key is, and apply; then both can be set. If the key is gone for good, use `terraform state rm`.",
			k.def.Title, strings.Join(ids, ", "), k.state.Name.ValueString(), k.def.Scope, k.account.Scope))}
}

// inScope adds the scope that a key is in, "" for the provider's own, to a record that does
// not have it.
func (c *serviceBase) inScope(k driver.Key, scope string) driver.Key {
	if scope == "" {
		scope = c.account.Scope
	}
	if c.def.Scope == "" || scope == "" || hasAttribute(k, c.def.Scope) {
		return k
	}
	attributes := driver.Attributes{c.def.Scope: scope}
	maps.Copy(attributes, k.Attributes)
	k.Attributes = attributes
	return k
}
