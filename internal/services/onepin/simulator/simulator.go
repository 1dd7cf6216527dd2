package simulator

import (
	"context"
	"net/http"
	"slices"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// server implements the generated server. Its records keep scopes as []string,
// rate_limit_per_min as int64 or nil and key_type as string.
type server struct{ keys *simulator.Store }

var _ StrictServerInterface = server{}

// New simulates OnePin. The administrator counts as a person who is
// signed in (auth_kind "clerk") and may name any workspace; API keys may name
// only their own.
func New(store *simulator.Store) http.Handler {
	return store.Serve(simulator.Protocol{
		Bearer:   true,
		NewID:    simulator.UUID,
		NewValue: func() string { return simulator.Base62(valuePrefix, 32) },
		Home:     simulator.UUID(),
		Errors:   simulator.ShapeEnvelope,
		Attributes: map[string]any{
			"scopes":             []string{"workflows:read", "workflows:run", "voices:read"},
			"rate_limit_per_min": int64(1000),
			"key_type":           "live",
		},
		Routes: map[string]string{
			"POST /api/v1/api-keys":                  simulator.OpCreate,
			"GET /api/v1/api-keys":                   simulator.OpList,
			"GET /api/v1/api-keys/{key_id}":          simulator.OpGet,
			"PATCH /api/v1/api-keys/{key_id}":        simulator.OpUpdate,
			"PATCH /api/v1/api-keys/{key_id}/rotate": simulator.OpRotate,
			"DELETE /api/v1/api-keys/{key_id}":       simulator.OpRevoke,
			"GET /api/v1/auth/whoami":                simulator.OpWhoami,
		},
	}, serverHandler(store))
}

// serverHandler is the generated server around a simulator.
func serverHandler(store *simulator.Store) http.Handler {
	return HandlerWithOptions(
		NewStrictHandlerWithOptions(server{store}, nil, StrictHTTPServerOptions{
			RequestErrorHandlerFunc:  store.BadRequest,
			ResponseErrorHandlerFunc: store.Fail,
		}),
		StdHTTPServerOptions{ErrorHandlerFunc: store.BadRequest},
	)
}

// CreateKey implements StrictServerInterface.
func (s server) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	workspace, err := s.keys.Resolve(ctx, given(request.Params.XWorkspaceId))
	if err != nil {
		return nil, err
	}
	body := request.Body
	if kind := given(body.KeyType); kind != "" && kind != "live" {
		return nil, simulator.Invalid("body", "key_type", `only "live" keys can be created`)
	}
	draft := simulator.Draft{Name: body.Name, Scope: workspace, Attributes: map[string]any{}}
	if err := s.fill(draft.Attributes, body.Scopes, body.RateLimitPerMin); err != nil {
		return nil, err
	}
	if err := s.checkName(body.Name); err != nil {
		return nil, err
	}
	made, err := s.keys.Create(ctx, draft)
	if err != nil {
		return nil, err
	}
	return CreateKey201JSONResponse{Data: s.minted(made), Meta: s.meta(ctx)}, nil
}

// ListKeys implements StrictServerInterface.
func (s server) ListKeys(ctx context.Context, request ListKeysRequestObject) (ListKeysResponseObject, error) {
	params := request.Params
	workspace, err := s.keys.Resolve(ctx, given(params.XWorkspaceId))
	if err != nil {
		return nil, err
	}
	query := simulator.Query{Scope: workspace, Status: simulator.StatusActive, Limit: 50, Offset: given(params.Offset)}
	if params.Limit != nil {
		query.Limit = *params.Limit
	}
	if params.Status != nil {
		query.Status = simulator.Status(*params.Status)
	}
	switch {
	case params.Status != nil && !params.Status.Valid():
		return nil, simulator.Invalid("query", "status", "must be active, revoked or all")
	case query.Offset < 0:
		return nil, simulator.Invalid("query", "offset", "must not be negative")
	case query.Limit < 1 || query.Limit > 100:
		return nil, simulator.Invalid("query", "limit", "must be from 1 to 100")
	}
	found := s.keys.List(query)
	page := ListKeys200JSONResponse{Data: make([]Key, len(found.Records)), Meta: s.meta(ctx)}
	for i, record := range found.Records {
		page.Data[i] = s.key(record)
	}
	page.Pagination = s.pagination(ctx, query, found)
	return page, nil
}

// GetKey implements StrictServerInterface. Revoked keys are answered too.
func (s server) GetKey(ctx context.Context, request GetKeyRequestObject) (GetKeyResponseObject, error) {
	record, err := s.find(ctx, request.KeyId, request.Params.XWorkspaceId)
	if err != nil {
		return nil, err
	}
	return GetKey200JSONResponse{OneKeyJSONResponse: s.one(ctx, record)}, nil
}

// UpdateKey implements StrictServerInterface.
func (s server) UpdateKey(ctx context.Context, request UpdateKeyRequestObject) (UpdateKeyResponseObject, error) {
	record, err := s.find(ctx, request.KeyId, request.Params.XWorkspaceId)
	if err != nil {
		return nil, err
	}
	changed, body := map[string]any{}, request.Body
	if body.Name != nil {
		if err := s.checkName(*body.Name); err != nil {
			return nil, err
		}
	}
	limit := body.RateLimitPerMin
	if limit.IsNull() && s.keys.Quirks().PatchNullKeeps {
		limit = nil
	}
	if err := s.fill(changed, body.Scopes, limit); err != nil {
		return nil, err
	}
	record, err = s.keys.Change(ctx, record.ID, func(r *simulator.Record) {
		for name, value := range changed {
			r.Attributes[name] = value
		}
		if body.Name != nil {
			r.Name = *body.Name
		}
		if body.Active != nil {
			r.Active = *body.Active
		}
	})
	if err != nil {
		return nil, err
	}
	return UpdateKey200JSONResponse{OneKeyJSONResponse: s.one(ctx, record)}, nil
}

// RotateKey implements StrictServerInterface.
func (s server) RotateKey(ctx context.Context, request RotateKeyRequestObject) (RotateKeyResponseObject, error) {
	record, err := s.find(ctx, request.KeyId, request.Params.XWorkspaceId)
	if err != nil {
		return nil, err
	}
	old, successor, err := s.keys.Replace(ctx, record.ID)
	if err != nil {
		return nil, err
	}
	rotation := Rotation{OldKey: s.key(old), NewKey: s.minted(successor)}
	return RotateKey200JSONResponse{OneRotationJSONResponse: OneRotationJSONResponse{Data: rotation, Meta: s.meta(ctx)}}, nil
}

// RevokeKey implements StrictServerInterface: a soft revoke.
func (s server) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	record, err := s.find(ctx, request.KeyId, request.Params.XWorkspaceId)
	if err != nil {
		return nil, err
	}
	if record, err = s.keys.Retire(ctx, record.ID); err != nil {
		return nil, err
	}
	return RevokeKey200JSONResponse{OneKeyJSONResponse: s.one(ctx, record)}, nil
}

// WhoAmI implements StrictServerInterface.
func (s server) WhoAmI(ctx context.Context, request WhoAmIRequestObject) (WhoAmIResponseObject, error) {
	workspace, err := s.keys.Resolve(ctx, given(request.Params.XWorkspaceId))
	if err != nil {
		return nil, err
	}
	who, kind := simulator.CallOf(ctx).Caller, "clerk"
	caller := Caller{AuthKind: &kind, ApiKeyId: nullable.NewNullNullable[string](), Scopes: &[]string{}}
	caller.UserId.Set(s.keys.Owner())
	caller.WorkspaceId.Set(workspace)
	if who.ID != simulator.Admin {
		kind = "api_key"
		caller.ApiKeyId.Set(who.ID)
		scopes, _ := who.Key.Attributes["scopes"].([]string)
		scopes = append([]string{}, scopes...)
		slices.Sort(scopes)
		scopes = slices.Compact(scopes)
		caller.Scopes = &scopes
	}
	return WhoAmI200JSONResponse{Data: caller, Meta: s.meta(ctx)}, nil
}

// find returns a key of the workspace that a call works in.
func (s server) find(ctx context.Context, id string, workspace *WorkspaceID) (simulator.Record, error) {
	scope, err := s.keys.Resolve(ctx, given(workspace))
	if err != nil {
		return simulator.Record{}, err
	}
	record, found := s.keys.Get(id)
	if !found || record.Scope != scope {
		return simulator.Record{}, simulator.NotFound("API key not found")
	}
	return record, nil
}
