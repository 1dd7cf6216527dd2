package pioneer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// Revoke implements driver.Service. It sends key_id, as the API keys page
// documents. Where the service refuses that body, because it wants the name as
// the Authentication page shows, the name is sent only on proof that it means
// this key and no other: two keys can share a name, and revoking is for good.
func (a account) Revoke(ctx context.Context, id string) error {
	refused := a.Client.Revoke(ctx, id)
	if !wantsName(refused) {
		return refused
	}
	page, err := a.List(ctx, driver.Query{})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == id })
	if at < 0 {
		gone := a.Reject(services.Revoke, "the listing does not show the key (any more)")
		gone.Kind = driver.KindNotFound
		return gone
	}
	name, same := page.Keys[at].Name, []string{}
	for _, k := range page.Keys {
		if k.Name == name {
			same = append(same, k.ID)
		}
	}
	if name == "" || len(same) > 1 {
		e := a.Reject(services.Revoke, fmt.Sprintf("the service refuses to revoke by id and wants a name, but %d keys have the name %q (%s), "+
			"so that another one might be revoked; nothing was revoked. Revoke key %s at %s", len(same), name, strings.Join(same, ", "), id, key.Console))
		e.Kind, e.Code = driver.KindByHand, "ambiguous_name"
		return e
	}
	return a.RevokeBy(ctx, services.Request{ID: id, Name: name})
}

// wantsName reports whether the service refused the body {"key_id": …} itself,
// rather than the key: it calls a field or the body wrong.
func wantsName(err error) bool {
	e, ok := driver.AsError(err)
	if !ok || e.Kind != driver.KindInvalid || e.Effect != driver.EffectNone || e.Status == 0 {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(e.Code+" "+e.Message), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
	return len(e.Fields) > 0 || slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"body", "field", "name", "key_id"}, word)
	})
}
