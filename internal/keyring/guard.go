package keyring

import (
	"context"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// self is the key that signs the requests.
type self struct {
	lock  chan struct{} // of capacity 1; guards the rest
	asked bool
	id    string // "" if the credential is not a key
}

// credential is the API key that signs the requests.
func (r *Ring) credential(ctx context.Context) (driver.Secret, error) {
	return contained(ctx, &r.opts, "read the credential", func() (driver.Secret, error) { return r.svc.Credential(), nil })
}

// Guard is an error of driver.KindSelf if revoking a key would revoke the credential
// that the provider uses. value is the key's value if the caller has it: then it alone
// decides and nothing is sent. Otherwise the service is asked which key signs the
// requests, if it can say, else the credential is compared with what the key's record
// shows. If the record shows nothing, the credential is not recognised.
func (r *Ring) Guard(ctx context.Context, id string, value driver.Secret) error {
	credential, err := r.credential(ctx)
	if err != nil {
		return err
	}
	if !value.IsZero() && !credential.IsZero() {
		if value.Equal(credential) {
			return errSelf(id)
		}
		return nil
	}
	if identifier, ok := r.svc.(driver.Identifier); ok {
		self, err := r.selfID(ctx, identifier)
		if err != nil {
			return err
		}
		if strings.EqualFold(self, id) { // a service may ignore case in ids
			return errSelf(id)
		}
		if self != "" {
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

// CanRecognize reports whether [Ring.Guard] could recognise the provider's credential by
// this record, or by what the service says about who signs the requests.
func (r *Ring) CanRecognize(ctx context.Context, k driver.Key) bool {
	credential, err := r.credential(ctx)
	if err == nil && (credential.IsZero() || k.Hint.Shown() >= driver.MinHint) {
		return true
	}
	identifier, ok := r.svc.(driver.Identifier)
	if !ok {
		return false
	}
	self, err := r.selfID(ctx, identifier)
	return err == nil && self != ""
}

// selfID asks until there is an answer, and only once. A refusal counts as "". The answer
// stays right: credentials that change while the process runs are sessions and have no id.
func (r *Ring) selfID(ctx context.Context, identifier driver.Identifier) (string, error) {
	const operation = "ask who is calling"
	select {
	case r.self.lock <- struct{}{}:
		defer func() { <-r.self.lock }()
	case <-ctx.Done():
		return "", driver.Canceled(ctx, operation)
	}
	if r.self.asked {
		return r.self.id, nil
	}
	id, err := contained(ctx, &r.opts, operation, func() (string, error) { return identifier.Self(ctx) })
	if driver.HasKind(err, driver.KindForbidden) {
		id, err = "", nil
	}
	r.self.id, r.self.asked = id, err == nil
	return id, err
}

func errSelf(id string) error {
	return &driver.Error{
		Service: "the provider", Operation: "revoke key " + id, Kind: driver.KindSelf, Effect: driver.EffectNone,
		Message: "this is the key that the provider itself signs in with",
	}
}
