package pioneer

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/pioneer/api"
)

// Revoke implements driver.Service. It sends key_id, as the API keys page
// documents. Where the service refuses that body, because it wants the name as
// the Authentication page shows, the name is sent only on proof that it means
// this key and no other: two keys can share a name, and revoking is for good.
func (a account) Revoke(ctx context.Context, id string) error {
	if err := revokeCall.CheckID(id); err != nil {
		return err
	}
	refused := a.revoke(ctx, api.KeyToRevoke{KeyId: &id})
	if !wantsName(refused) {
		return refused
	}
	name, err := a.soleName(ctx, id)
	if err != nil {
		return err
	}
	return a.revoke(ctx, api.KeyToRevoke{Name: &name})
}

func (a account) revoke(ctx context.Context, body api.KeyToRevoke) error {
	req, err := api.NewRevokeKeyRequest(a.BaseURL, body)
	answer, err := a.Send(ctx, revokeCall, req, err)
	if err != nil {
		return err
	}
	// Documented are 204 and, on the newer API reference page, 200 {"success": true}.
	failed := false
	err = answer.Confirm(func(row *services.Row) bool {
		failed = row.JSON("success") == "false"
		return answer.Status == http.StatusNoContent && len(answer.Body) == 0 || row.JSON("success") == "true"
	})
	if e, ok := driver.AsError(err); ok && failed { // the engine checks with a listing that the key lives
		e.Kind, e.Effect, e.Message = driver.KindRejected, driver.EffectNone, cmp.Or(answer.Problem().Message, "success is false, without a reason")
	}
	return err
}

// wantsName reports whether the service refused the body {"key_id": …} itself,
// rather than the key: it calls a field or the body wrong.
func wantsName(err error) bool {
	e, ok := driver.AsError(err)
	if !ok || e.Kind != driver.KindInvalid || e.Effect != driver.EffectNone {
		return false
	}
	if len(e.Fields) > 0 {
		return true
	}
	words := strings.FieldsFunc(strings.ToLower(e.Code+" "+e.Message), func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z')
	})
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "body" || w == "field" || w == "name" || w == "key_id"
	})
}

// soleName returns the name of a key if a fresh, complete listing shows no other
// key of that name. Otherwise its error says what to do; nothing was revoked. A
// key that is not listed is gone.
func (a account) soleName(ctx context.Context, id string) (string, error) {
	page, err := a.List(ctx, driver.Query{})
	if err != nil {
		if e, ok := driver.AsError(err); ok {
			// The listing has no effect, and the refusal before it had none.
			e.Operation, e.Effect = "revoke the key (list the keys to find its name)", driver.EffectNone
		}
		return "", err
	}
	at := slices.IndexFunc(page.Keys, func(k driver.Key) bool { return k.ID == id })
	if at < 0 {
		gone := revokeCall.Reject("the listing does not show the key (any more)")
		gone.Kind = driver.KindNotFound
		return "", gone
	}
	name := page.Keys[at].Name
	var same []string
	for _, k := range page.Keys {
		if k.Name == name {
			same = append(same, k.ID)
		}
	}
	if name == "" || len(same) > 1 {
		refused := revokeCall.Reject(fmt.Sprintf(
			"the service refuses to revoke by id and wants a name, but %d keys have the name %q (%s), so that another one might be revoked; "+
				"nothing was revoked. Revoke key %s at %s",
			len(same), name, strings.Join(same, ", "), id, key.Console))
		refused.Kind, refused.Code = driver.KindByHand, "ambiguous_name"
		return "", refused
	}
	return name, nil
}
