// Package simulator simulates Basic.
package simulator

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// simulated answers for Basic from a store.
type simulated struct{ *simulator.Store }

var _ StrictServerInterface = simulated{}

// New simulates Basic.
func New(store *simulator.Store) http.Handler {
	hooks := StrictHTTPServerOptions{RequestErrorHandlerFunc: store.BadRequest, ResponseErrorHandlerFunc: store.Fail}
	binding := StdHTTPServerOptions{ErrorHandlerFunc: store.BadRequest}
	return store.Serve(simulator.Protocol{
		Routes: map[string]string{
			"POST /keys":        simulator.OpCreate,
			"GET /keys":         simulator.OpList,
			"DELETE /keys/{id}": simulator.OpRevoke,
		},
		NewID:    func() string { return simulator.Base36("key-", 12) },
		NewValue: func() string { return simulator.Base62("basic_live_", 32) },
		Errors:   simulator.ShapeMessage,
	}, HandlerWithOptions(NewStrictHandlerWithOptions(simulated{store}, nil, hooks), binding))
}

// CreateKey implements StrictServerInterface.
func (s simulated) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	if request.Body.Name == "" {
		return nil, simulator.Invalid("body", "name", "must not be empty")
	}
	created, err := s.Create(ctx, simulator.Draft{Name: request.Body.Name})
	if err != nil {
		return nil, err
	}
	k := simulatedKey(created)
	k.Key = &created.Value
	return CreateKey201JSONResponse(k), nil
}

// ListKeys implements StrictServerInterface.
func (s simulated) ListKeys(context.Context, ListKeysRequestObject) (ListKeysResponseObject, error) {
	keys := ListKeys200JSONResponse{Keys: []Key{}}
	for _, record := range s.List(simulator.Query{}).Records {
		keys.Keys = append(keys.Keys, simulatedKey(record))
	}
	return keys, nil
}

// RevokeKey implements StrictServerInterface.
func (s simulated) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	if _, err := s.Retire(ctx, request.Id); err != nil {
		return nil, err
	}
	return RevokeKey204Response{}, nil
}

// simulatedKey is a record without its value.
func simulatedKey(r simulator.Record) Key {
	k := Key{Id: r.ID, Name: r.Name, CreatedAt: simulator.Timestamp(r.CreatedAt), Ending: r.Value[len(r.Value)-4:], LastUsedAt: nullable.NewNullNullable[string]()}
	if !r.LastUsedAt.IsZero() {
		k.LastUsedAt.Set(simulator.Timestamp(r.LastUsedAt))
	}
	return k
}
