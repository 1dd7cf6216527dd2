package simulator

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// The names of Acme's own attributes of a key, in the store.
const (
	note        = "note"
	permissions = "permissions"
	environment = "environment"
)

// simulatedPage is the most keys that a page may have.
const simulatedPage = 50

// simulated answers for Acme out of a store.
type simulated struct{ *simulator.Store }

var _ StrictServerInterface = simulated{}

// New simulates Acme.
func New(store *simulator.Store) http.Handler {
	hooks := StrictHTTPServerOptions{RequestErrorHandlerFunc: store.BadRequest, ResponseErrorHandlerFunc: store.Fail}
	binding := StdHTTPServerOptions{ErrorHandlerFunc: store.BadRequest}
	return store.Serve(simulator.Protocol{
		Routes: map[string]string{
			"POST /v2/keys":                 simulator.OpCreate,
			"GET /v2/keys":                  simulator.OpList,
			"GET /v2/keys/{key_id}":         simulator.OpGet,
			"PUT /v2/keys/{key_id}":         simulator.OpUpdate,
			"POST /v2/keys/{key_id}/revoke": simulator.OpRevoke,
		},
		NewID:      func() string { return simulator.Base36("ak-", 12) },
		NewValue:   func() string { return simulator.Base62("acme_live_", 32) },
		Errors:     simulator.ShapeMessage,
		Attributes: map[string]any{permissions: []string{"read"}, environment: "production"},
	}, HandlerWithOptions(NewStrictHandlerWithOptions(simulated{store}, nil, hooks), binding))
}

// CreateKey implements StrictServerInterface.
func (s simulated) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	body := request.Body
	if err := checkName(body.Name); err != nil {
		return nil, err
	}
	attributes := map[string]any{}
	if body.Permissions != nil {
		attributes[permissions] = *body.Permissions
	}
	if body.Environment != nil {
		attributes[environment] = *body.Environment
	}
	if text, err := body.Note.Get(); err == nil { // an error says that there is none
		attributes[note] = text
	}
	made, err := s.Create(ctx, simulator.Draft{Name: body.Name, Attributes: attributes})
	if err != nil {
		return nil, err
	}
	return CreateKey201JSONResponse{Item: simulatedKey(made), Secret: &made.Value}, nil
}

// ListKeys implements StrictServerInterface. A cursor is where the page
// before it ended: keys that come and go in between move nothing.
func (s simulated) ListKeys(_ context.Context, request ListKeysRequestObject) (ListKeysResponseObject, error) {
	size := 10
	if asked := request.Params.PageSize; asked != nil {
		if size = *asked; size < 1 || size > simulatedPage {
			return nil, simulator.Invalid("query", "page_size", "must be between 1 and 50")
		}
	}
	var after time.Time
	if cursor := valueOrZero(request.Params.Cursor); cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err == nil {
			after, err = time.Parse(time.RFC3339Nano, string(text))
		}
		if err != nil {
			return nil, simulator.Invalid("query", "cursor", "is not one that was handed out")
		}
	}
	page := ListKeys200JSONResponse{Items: []Key{}}
	for _, record := range s.List(simulator.Query{}).Records {
		switch {
		case !record.CreatedAt.After(after):
		case len(page.Items) == size:
			page.NextCursor = nullable.NewNullableWithValue(base64.RawURLEncoding.EncodeToString([]byte(valueOrZero(page.Items[size-1].CreatedAt))))
			return page, nil
		default:
			page.Items = append(page.Items, simulatedKey(record))
		}
	}
	page.NextCursor.SetNull()
	return page, nil
}

// GetKey implements StrictServerInterface.
func (s simulated) GetKey(_ context.Context, request GetKeyRequestObject) (GetKeyResponseObject, error) {
	record, found := s.Get(request.KeyId)
	if !found || !record.Live() {
		return nil, simulator.NotFound("no such key")
	}
	return GetKey200JSONResponse(simulatedKey(record)), nil
}

// ReplaceKey implements StrictServerInterface.
func (s simulated) ReplaceKey(ctx context.Context, request ReplaceKeyRequestObject) (ReplaceKeyResponseObject, error) {
	body := request.Body
	if err := checkName(body.Name); err != nil {
		return nil, err
	}
	record, err := s.Change(ctx, request.KeyId, func(r *simulator.Record) {
		r.Name = body.Name
		r.Attributes[permissions] = valueOrZero(body.Permissions)
		delete(r.Attributes, note)
		if text, err := body.Note.Get(); err == nil {
			r.Attributes[note] = text
		}
	})
	if err != nil {
		return nil, err
	}
	return ReplaceKey200JSONResponse(simulatedKey(record)), nil
}

// RevokeKey implements StrictServerInterface.
func (s simulated) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	record, err := s.Retire(ctx, request.KeyId)
	if err != nil {
		return nil, err
	}
	return RevokeKey200JSONResponse(simulatedKey(record)), nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 {
		return simulator.Invalid("body", "name", "must have 1 to 64 characters")
	}
	return nil
}

// simulatedKey is a record as the service shows it.
func simulatedKey(r simulator.Record) Key {
	where, _ := r.Attributes[environment].(string)
	may := append([]string{}, r.Attributes[permissions].([]string)...)
	key := Key{
		Id: r.ID, Name: r.Name, Permissions: &may, Environment: &where, Ending: new(r.Value[len(r.Value)-4:]),
		CreatedAt: new(simulator.Timestamp(r.CreatedAt)), Note: nullable.NewNullNullable[string](), LastUsedAt: moment(r.LastUsedAt), RevokedAt: moment(r.RevokedAt),
	}
	if text, ok := r.Attributes[note].(string); ok {
		key.Note.Set(text)
	}
	return key
}

// moment is a time that may be null.
func moment(t time.Time) nullable.Nullable[string] {
	if t.IsZero() {
		return nullable.NewNullNullable[string]()
	}
	return nullable.NewNullableWithValue(simulator.Timestamp(t))
}

// valueOrZero returns what an optional field holds, or the zero value.
func valueOrZero[T any](field *T) T {
	if field == nil {
		return *new(T)
	}
	return *field
}
