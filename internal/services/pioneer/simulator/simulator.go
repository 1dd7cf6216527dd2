package simulator

import (
	"context"
	"net/http"
	"slices"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// simulatedMask is how much of a value a listing shows before the asterisks.
const simulatedMask = len("pio_sk_") + 4

// fake is the service as its documentation describes it, over a store.
type fake struct{ store *simulator.Store }

var _ StrictServerInterface = fake{}

// New simulates Pioneer as it was documented before 2026-07-15, by the "API keys" page
// where that contradicts others: a revoke takes key_id, with a quirk the name.
func New(store *simulator.Store) http.Handler {
	return store.Serve(protocol(), handler(store, fake{store}))
}

func protocol() simulator.Protocol {
	return simulator.Protocol{
		NewID:    simulator.UUID,
		NewValue: func() string { return simulator.Base62("pio_sk_", 40) },
		Errors:   simulator.ShapeMessage,
		ErrorsOf: map[int]simulator.Shape{http.StatusUnprocessableEntity: simulator.ShapeFields},
		Routes: map[string]string{
			"POST /create-api-key":   simulator.OpCreate,
			"GET /list-api-keys":     simulator.OpList,
			"DELETE /delete-api-key": simulator.OpRevoke,
		},
	}
}

// handler is the generated server around a simulator.
func handler(store *simulator.Store, server StrictServerInterface) http.Handler {
	strict := NewStrictHandlerWithOptions(server, nil, StrictHTTPServerOptions{
		RequestErrorHandlerFunc: store.BadRequest, ResponseErrorHandlerFunc: store.Fail,
	})
	return HandlerWithOptions(strict, StdHTTPServerOptions{ErrorHandlerFunc: store.BadRequest})
}

// create adds the key that a request asks for.
func (f fake) create(ctx context.Context, request CreateKeyRequestObject) (simulator.Record, error) {
	if request.Body.Name == "" {
		return simulator.Record{}, simulator.Invalid("body", "name", "Field required")
	}
	return f.store.Create(ctx, simulator.Draft{Name: request.Body.Name})
}

// CreateKey implements StrictServerInterface. The answer has no id.
func (f fake) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	r, err := f.create(ctx, request)
	if err != nil {
		return nil, err
	}
	created := simulator.Timestamp(r.CreatedAt)
	return CreateKey201JSONResponse{Key: &r.Value, Name: &r.Name, CreatedAt: &created}, nil
}

// ListKeys implements StrictServerInterface: all keys at once.
func (f fake) ListKeys(context.Context, ListKeysRequestObject) (ListKeysResponseObject, error) {
	page := f.store.List(simulator.Query{})
	list := ListKeys200JSONResponse{Keys: make([]Key, 0, len(page.Records))}
	for _, r := range page.Records {
		list.Keys = append(list.Keys, Key{
			KeyId:      &r.ID,
			Name:       &r.Name,
			Key:        nullable.NewNullableWithValue(r.Value[:simulatedMask] + "********"),
			CreatedAt:  nullable.NewNullableWithValue(simulator.Timestamp(r.CreatedAt)),
			LastUsedAt: simulator.NullTime(r.LastUsedAt),
		})
	}
	return list, nil
}

// revoke revokes the key that a request names.
func (f fake) revoke(ctx context.Context, request RevokeKeyRequestObject) error {
	wanted, field := request.Body.KeyId, "key_id"
	if f.store.Quirks().RevokeByName {
		wanted, field = request.Body.Name, "name"
	}
	if wanted == nil || *wanted == "" {
		return simulator.Invalid("body", field, "Field required")
	}
	id := *wanted
	if field == "name" { // of the oldest key
		id = ""
		for _, r := range slices.Backward(f.store.List(simulator.Query{}).Records) {
			if r.Name == *wanted {
				id = r.ID
			}
		}
	}
	_, err := f.store.Retire(ctx, id)
	return err
}

// RevokeKey implements StrictServerInterface.
func (f fake) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	if err := f.revoke(ctx, request); err != nil {
		return nil, err
	}
	return RevokeKey204Response{}, nil
}
