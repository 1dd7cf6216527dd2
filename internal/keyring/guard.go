package keyring

import (
	"context"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// self remembers who is calling. It is guarded by directory.mu.
type self struct {
	asked bool
	id    string
	call  *call
}

// Guard refuses, with driver.KindSelf, to let the credential that the provider signs in
// with be revoked. known is the key's value where the caller holds it: then it
// alone decides and nothing is sent. Otherwise the service is asked who is
// calling, if it can say, else what its record shows of the value is compared.
// Where a record shows nothing, nothing can be recognised.
func (r *Ring) Guard(ctx context.Context, id string, known driver.Secret) error {
	credential := r.svc.Credential()
	if !known.IsZero() && !credential.IsZero() {
		if known.Equal(credential) {
			return errSelf(id)
		}
		return nil
	}
	if identifier, ok := r.svc.(driver.Identifier); ok {
		own, err := r.whoAmI(ctx, identifier)
		if err != nil {
			return err
		}
		if strings.EqualFold(own, id) { // a service may not care how an id is written
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

// CanRecognize reports whether the credential that the provider signs in with could be
// recognised by this record, or by what the service says of who is calling.
func (r *Ring) CanRecognize(ctx context.Context, k driver.Key) bool {
	if k.Hint.Shown() >= driver.MinHint || r.svc.Credential().IsZero() {
		return true
	}
	identifier, ok := r.svc.(driver.Identifier)
	if !ok {
		return false
	}
	own, err := r.whoAmI(ctx, identifier)
	return err == nil && own != ""
}

// whoAmI asks once, and remembers a refusal as "": credentials that change while the
// process runs are sessions, not keys, and have no id. Callers share the request.
func (r *Ring) whoAmI(ctx context.Context, identifier driver.Identifier) (string, error) {
	d, s := &r.dir, &r.self
	d.mu.Lock()
	if s.asked {
		defer d.mu.Unlock()
		return s.id, nil
	}
	if !s.call.underWay() {
		s.call = d.start(ctx, "ask who is calling", func(ctx context.Context) error {
			id, err := identifier.Self(ctx)
			if driver.HasKind(err, driver.KindForbidden) {
				id, err = "", nil
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			s.id, s.asked = id, err == nil
			return err
		})
	}
	c := s.call
	c.waiting++
	d.mu.Unlock()
	if err := d.wait(ctx, c); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.id, nil
}

func errSelf(id string) error {
	return &driver.Error{
		Service: "the provider", Operation: "revoke key " + id, Kind: driver.KindSelf, Effect: driver.EffectNone,
		Message: "this is the key that the provider itself signs in with",
	}
}
