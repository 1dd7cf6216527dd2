package simulator

import (
	"context"
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Expunct's "list endpoints support pagination with limit and offset": default
// and greatest limit in rows (Expunct documentation, Pagination).
const (
	simulatedLimit    = 50
	simulatedMaxLimit = 100
)

// simulated implements the generated server over a store.
type simulated struct{ *simulator.Store }

var _ StrictServerInterface = simulated{}

// New simulates Expunct. Its listing pages and begins with the
// youngest key, as the example of the documentation does.
func New(store *simulator.Store) http.Handler {
	routes := map[string]string{
		"POST /api-keys":            simulator.OpCreate,
		"GET /api-keys":             simulator.OpList,
		"DELETE /api-keys/{key_id}": simulator.OpRevoke,
	}
	hooks := StrictHTTPServerOptions{RequestErrorHandlerFunc: store.BadRequest, ResponseErrorHandlerFunc: store.Fail}
	binding := StdHTTPServerOptions{ErrorHandlerFunc: store.BadRequest}
	handler := HandlerWithOptions(NewStrictHandlerWithOptions(simulated{store}, nil, hooks), binding)
	return store.Serve(simulator.Protocol{
		Routes:      routes,
		Home:        simulator.Base36("tenant_", 8),
		NewID:       func() string { return simulator.Base36("key_", 8) },
		NewValue:    func() string { return simulator.Base62("pk_live_", 32) },
		NewestFirst: true,
		Errors:      simulator.ShapeDetail,
	}, handler)
}

// CreateKey implements StrictServerInterface.
func (s simulated) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	tenant, err := s.tenant(ctx, request.Params.TenantId)
	if err != nil {
		return nil, err
	}
	if request.Body.Name == "" {
		return nil, simulator.Invalid("body", "name", "must not be empty")
	}
	made, err := s.Create(ctx, simulator.Draft{Name: request.Body.Name, Scope: tenant})
	if err != nil {
		return nil, err
	}
	key := simulatedKey(made)
	key.Key = &made.Value
	return CreateKey201JSONResponse(key), nil
}

// ListKeys implements StrictServerInterface.
func (s simulated) ListKeys(ctx context.Context, request ListKeysRequestObject) (ListKeysResponseObject, error) {
	tenant, err := s.tenant(ctx, request.Params.TenantId)
	if err != nil {
		return nil, err
	}
	q := simulator.Query{Scope: tenant, Limit: simulatedLimit}
	if limit := request.Params.Limit; limit != nil {
		if q.Limit = *limit; q.Limit < 1 || q.Limit > simulatedMaxLimit {
			return nil, simulator.Invalid("query", "limit", "must be between 1 and 100")
		}
	}
	if offset := request.Params.Offset; offset != nil {
		if q.Offset = *offset; q.Offset < 0 {
			return nil, simulator.Invalid("query", "offset", "must not be negative")
		}
	}
	keys := ListKeys200JSONResponse{}
	for _, record := range s.List(q).Records {
		keys = append(keys, simulatedKey(record))
	}
	return keys, nil
}

// RevokeKey implements StrictServerInterface. A key of another tenant is not found.
func (s simulated) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	tenant, err := s.tenant(ctx, request.Params.TenantId)
	if err != nil {
		return nil, err
	}
	if record, found := s.Get(request.KeyId); !found || record.Scope != tenant {
		return nil, simulator.NotFound("API key not found")
	}
	if _, err := s.Retire(ctx, request.KeyId); err != nil {
		return nil, err
	}
	return RevokeKey200JSONResponse{Detail: "API key revoked"}, nil
}

// tenant is the one that a call works in.
func (s simulated) tenant(ctx context.Context, asked *TenantID) (string, error) {
	if asked == nil {
		asked = new("")
	}
	return s.Resolve(ctx, *asked)
}

// simulatedKey is a record without its value. The prefix is "pk_live_f8a..." for a value
// that begins with pk_live_f8a (Expunct documentation, API Keys).
func simulatedKey(r simulator.Record) Key {
	prefix := r.Value[:len("pk_live_")+3] + "..."
	return Key{
		Id: r.ID, Name: r.Name, Prefix: &prefix,
		CreatedAt: simulator.NullTime(r.CreatedAt), LastUsedAt: simulator.NullTime(r.LastUsedAt),
	}
}
