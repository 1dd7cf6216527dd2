package simulator

import (
	"context"
	"net/http"

	"github.com/oapi-codegen/nullable"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

const (
	// simulatedDigits is how much of a value's end is shown.
	simulatedDigits = 4
	// simulatedTeam is the team of all simulated keys.
	simulatedTeam = "team_simulated"
)

// dashboard is the service as it is documented since 2026-07-15: keys are created by
// the dashboard's session alone.
type dashboard struct{ fake }

// NewDashboard simulates Pioneer as it is documented since 2026-07-15. A key's
// attribute [simulator.ExpiresAt] is when it expires.
func NewDashboard(store *simulator.Store) http.Handler {
	p := protocol()
	p.SessionCreates = "API key creation is only allowed from the web dashboard." // Authentication page
	p.Errors = simulator.ShapeDetail
	p.ErrorsOf[http.StatusPaymentRequired] = simulator.ShapeBilling
	return store.Serve(p, handler(store, dashboard{fake{store}}))
}

// CreateKey implements StrictServerInterface.
func (d dashboard) CreateKey(ctx context.Context, request CreateKeyRequestObject) (CreateKeyResponseObject, error) {
	r, err := d.create(ctx, request)
	if err != nil {
		return nil, err
	}
	created, digits, newCustomer := simulator.Timestamp(r.CreatedAt), lastOf(r.Value), false
	return CreateKey200JSONResponse{
		SecretKey: &r.Value, Id: &r.ID, Name: &r.Name, CreatedAt: &created, ApiKeyLastDigits: &digits,
		ExpiresAt: simulator.NullTime(r.Expiry()), TeamId: nullable.NewNullableWithValue(simulatedTeam), StripeCustomerCreated: &newCustomer,
	}, nil
}

// ListKeys implements StrictServerInterface: all keys at once, expired ones too.
func (d dashboard) ListKeys(context.Context, ListKeysRequestObject) (ListKeysResponseObject, error) {
	page := d.store.List(simulator.Query{})
	count := page.Total
	list := ListKeys200JSONResponse{Keys: make([]Key, 0, len(page.Records)), Count: &count}
	for _, r := range page.Records {
		digits, requests := lastOf(r.Value), float64(r.Uses)
		tokens, cost := 10*requests, requests/100
		list.Keys = append(list.Keys, Key{
			Id: &r.ID, Name: &r.Name, CreatedAt: nullable.NewNullableWithValue(simulator.Timestamp(r.CreatedAt)), ApiKeyLastDigits: &digits,
			LastUsedAt: simulator.NullTime(r.LastUsedAt), ExpiresAt: simulator.NullTime(r.Expiry()), TeamId: nullable.NewNullableWithValue(simulatedTeam),
			UsageTokens: &tokens, UsageCost: &cost, RequestCount: &requests,
		})
	}
	return list, nil
}

// RevokeKey implements StrictServerInterface.
func (d dashboard) RevokeKey(ctx context.Context, request RevokeKeyRequestObject) (RevokeKeyResponseObject, error) {
	if err := d.revoke(ctx, request); err != nil {
		return nil, err
	}
	success := true
	return RevokeKey200JSONResponse{Success: &success, Message: nullable.NewNullableWithValue("API key revoked")}, nil
}

func lastOf(value string) string { return value[len(value)-simulatedDigits:] }
