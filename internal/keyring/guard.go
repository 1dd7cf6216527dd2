package keyring

import (
	"context"
	"strings"
	"sync"
	"time"
)

// KindSelf: the call would revoke the credential that the provider signs in with.
const KindSelf Kind = "own credential"

// self remembers who is calling.
type self struct {
	mu    sync.Mutex
	asked bool
	id    string
}

// Guard refuses, with KindSelf, to let the credential that the provider signs in
// with be revoked. known is the key's value where the caller holds it: then it
// alone decides and nothing is sent. Otherwise the service is asked who is
// calling, if it can say, else what its record shows of the value is compared.
// Where a record shows nothing, nothing can be recognised.
func (r *Ring) Guard(ctx context.Context, id string, known Secret) error {
	credential := r.svc.Credential()
	if !known.IsZero() && !credential.IsZero() {
		if known.Equal(credential) {
			return errSelf(id)
		}
		return nil
	}
	if identifier, ok := r.svc.(Identifier); ok {
		own, err := r.whoAmI(ctx, identifier)
		if err != nil && !hasKind(err, KindForbidden) {
			return err
		}
		if strings.EqualFold(own, id) && err == nil { // a service may not care how an id is written
			return errSelf(id)
		}
		if own != "" {
			return nil
		}
	}
	if credential.IsZero() {
		return nil
	}
	k, found, err := r.Read(ctx, id, time.Time{})
	if err != nil {
		return err
	}
	if found && k.Live() && k.Hint.Matches(credential) {
		return errSelf(id)
	}
	return nil
}

// CanTell reports whether the credential that the provider signs in with could be
// recognised by this record, or by asking the service.
func (r *Ring) CanTell(k Key) bool {
	if _, ok := r.svc.(Identifier); ok || r.svc.Credential().IsZero() {
		return true
	}
	return k.Hint.told() >= minHint
}

// whoAmI asks once; credentials that change while the process runs are sessions,
// not keys, and have no id.
func (r *Ring) whoAmI(ctx context.Context, identifier Identifier) (string, error) {
	r.self.mu.Lock()
	defer r.self.mu.Unlock()
	if r.self.asked {
		return r.self.id, nil
	}
	id, err := contained(ctx, &r.opts, "ask who is calling", func() (string, error) { return identifier.Self(ctx) })
	r.self.id, r.self.asked = id, err == nil
	return id, err
}

func errSelf(id string) error {
	return &Error{
		Service: "the provider", Operation: "revoke key " + id, Kind: KindSelf, Effect: EffectNone,
		Message: "this is the key that the provider itself signs in with",
	}
}
