package keyring

import (
	"context"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"golang.org/x/sync/singleflight"
)

// self remembers which key signs the requests.
type self struct {
	isKnown bool
	id      string // "" if the credential is not a key
	request singleflight.Group
}

// Guard is an error of driver.KindSelf if revoking a key would revoke the credential
// that the provider uses. known is the key's value if the caller has it: then it alone
// decides and nothing is sent. Otherwise the service is asked which key signs the
// requests, if it can say, else the credential is compared with what the key's record
// shows. If the record shows nothing, the credential is not recognised.
func (r *Ring) Guard(ctx context.Context, id string, known driver.Secret) error {
	credential := r.svc.Credential()
	if !known.IsZero() && !credential.IsZero() {
		if known.Equal(credential) {
			return errSelf(id)
		}
		return nil
	}
	if identifier, ok := r.svc.(driver.Identifier); ok {
		own, err := r.selfID(ctx, identifier)
		if err != nil {
			return err
		}
		if strings.EqualFold(own, id) { // a service may ignore case in ids
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

// CanRecognize reports whether [Ring.Guard] could recognise the provider's credential by
// this record, or by what the service says about who signs the requests.
func (r *Ring) CanRecognize(ctx context.Context, k driver.Key) bool {
	if k.Hint.Shown() >= driver.MinHint || r.svc.Credential().IsZero() {
		return true
	}
	identifier, ok := r.svc.(driver.Identifier)
	if !ok {
		return false
	}
	own, err := r.selfID(ctx, identifier)
	return err == nil && own != ""
}

// selfID asks once for all callers. A refusal counts as "". The answer stays right:
// credentials that change while the process runs are sessions and have no id.
func (r *Ring) selfID(ctx context.Context, identifier driver.Identifier) (string, error) {
	answer := r.self.request.DoChan("", func() (any, error) {
		r.mu.Lock()
		isKnown := r.self.isKnown
		r.mu.Unlock()
		if isKnown {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.Timeout) // others may wait too
		defer cancel()
		id, err := contained(ctx, &r.opts, "ask who is calling", func() (string, error) { return identifier.Self(ctx) })
		if driver.HasKind(err, driver.KindForbidden) {
			id, err = "", nil
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.self.id, r.self.isKnown = id, err == nil
		return nil, err
	})
	select {
	case a := <-answer:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.self.id, a.Err
	case <-ctx.Done():
		return "", driver.Canceled(ctx, "ask who is calling")
	}
}

func errSelf(id string) error {
	return &driver.Error{
		Service: "the provider", Operation: "revoke key " + id, Kind: driver.KindSelf, Effect: driver.EffectNone,
		Message: "this is the key that the provider itself signs in with",
	}
}
