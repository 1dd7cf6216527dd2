package simulator

import (
	"context"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// valuePrefix begins every value.
const valuePrefix = "op_live_"

// one is the answer that consists of one key.
func (s server) one(ctx context.Context, r simulator.Record) OneKeyJSONResponse {
	return OneKeyJSONResponse{Data: s.key(r), Meta: s.meta(ctx)}
}

// minted is a key with its value.
func (s server) minted(r simulator.Record) Key {
	key := s.key(r)
	key.ApiKey = &r.Value
	return key
}

// key is a record as the service shows it.
func (s server) key(r simulator.Record) Key {
	suffix := r.Value[len(r.Value)-8:]
	kind, _ := r.Attributes["key_type"].(string)
	scopes, _ := r.Attributes["scopes"].([]string)
	key := Key{
		Id: r.ID, Name: r.Name, WorkspaceId: &r.Scope, KeyType: &kind, KeyPrefix: new(valuePrefix), KeySuffix: &suffix,
		Scopes: &scopes, Active: &r.Active, CreatedAt: new(simulator.Timestamp(r.CreatedAt)), UpdatedAt: new(simulator.Timestamp(r.UpdatedAt)),
		CreatedBy: nullable.NewNullableWithValue(s.keys.Owner()), Preview: nullable.NewNullableWithValue(valuePrefix + suffix),
		LastUsedAt: simulator.NullTime(r.LastUsedAt), RevokedAt: simulator.NullTime(r.RevokedAt), RateLimitPerMin: nullable.NewNullNullable[int64](),
	}
	if limit, ok := r.Attributes["rate_limit_per_min"].(int64); ok {
		key.RateLimitPerMin.Set(limit)
	}
	return key
}

// fill sets the attributes that a create or an update names, if they are valid.
func (server) fill(attributes map[string]any, scopes *[]string, limit nullable.Nullable[int64]) error {
	if scopes != nil {
		attributes["scopes"] = *scopes
	}
	if !limit.IsSpecified() {
		return nil
	}
	attributes["rate_limit_per_min"] = nil
	if value, err := limit.Get(); err == nil { // an error says that it is null
		if value < 1 {
			return simulator.Invalid("body", "rate_limit_per_min", "must be at least 1")
		}
		attributes["rate_limit_per_min"] = value
	}
	return nil
}

// checkName enforces "1-120 characters" (OnePin API reference, Create Api Key).
func (server) checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 120 {
		return simulator.Invalid("body", "name", "must have 1 to 120 characters")
	}
	return nil
}

// pagination describes a page, with absolute links to its neighbours.
func (s server) pagination(ctx context.Context, q simulator.Query, p simulator.Page) Pagination {
	link := func(offset int) nullable.Nullable[string] {
		v := url.Values{"status": {string(q.Status)}, "limit": {strconv.Itoa(p.Limit)}, "offset": {strconv.Itoa(max(offset, 0))}}
		return nullable.NewNullableWithValue(simulator.CallOf(ctx).Root + "/api/v1/api-keys?" + v.Encode())
	}
	out := Pagination{Limit: &p.Limit, Total: &p.Total, Next: nullable.NewNullNullable[string](), Prev: nullable.NewNullNullable[string]()}
	if p.More {
		out.Next = link(q.Offset + p.Limit)
	}
	if q.Offset > 0 {
		out.Prev = link(q.Offset - p.Limit)
	}
	return out
}

// meta is the part of every answer that names the request.
func (server) meta(ctx context.Context) *Meta {
	call := simulator.CallOf(ctx)
	return &Meta{RequestId: &call.RequestID, Timestamp: new(simulator.Timestamp(call.At))}
}

// given is the value of an optional part of a request, or the zero value.
func given[T any](part *T) (value T) {
	if part != nil {
		value = *part
	}
	return value
}
