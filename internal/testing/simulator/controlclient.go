package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Control drives a simulator that runs as a program of its own, by its control
// interface. Errors say what the simulator refused and why, or that it did not
// answer.
type Control struct {
	// URL is the server's, such as "http://127.0.0.1:4711".
	URL string
	// HTTP is the client to use, nil for http.DefaultClient.
	HTTP *http.Client
}

// Services returns what there is to say of every service.
func (c Control) Services(ctx context.Context) (list []ServiceStatus, err error) {
	err = c.do(ctx, http.MethodGet, "requests", nil, &list)
	return list, err
}

// Ledger returns every key that a service ever had, oldest first.
func (c Control) Ledger(ctx context.Context, service string) (list []Record, err error) {
	err = c.do(ctx, http.MethodGet, "ledger?service="+url.QueryEscape(service), nil, &list)
	return list, err
}

// Mint creates a key without the knowledge of whoever uses the service's API.
func (c Control) Mint(ctx context.Context, service string, d Draft) (made Record, err error) {
	err = c.do(ctx, http.MethodPost, "mint", order{Service: service, Draft: &d}, &made)
	return made, err
}

// Seed makes n keys, named by prefix and a number from 0; see [Store.Seed].
func (c Control) Seed(ctx context.Context, service string, n int, prefix string) error {
	return c.do(ctx, http.MethodPost, "seed", order{Service: service, Count: n, Draft: &Draft{Name: prefix}}, nil)
}

// Revoke revokes a live key.
func (c Control) Revoke(ctx context.Context, service, id string) error {
	return c.do(ctx, http.MethodPost, "revoke", order{Service: service, ID: id}, nil)
}

// Update changes a live key.
func (c Control) Update(ctx context.Context, service, id string, e Edit) (changed Record, err error) {
	err = c.do(ctx, http.MethodPost, "update", order{Service: service, ID: id, Update: &e}, &changed)
	return changed, err
}

// Use counts one use of a live key, now.
func (c Control) Use(ctx context.Context, service, id string) error {
	return c.do(ctx, http.MethodPost, "use", order{Service: service, ID: id}, nil)
}

// Fault makes something go wrong with requests to come.
func (c Control) Fault(ctx context.Context, service string, f Fault) error {
	return c.do(ctx, http.MethodPost, "fault", order{Service: service, Fault: &f}, nil)
}

// ClearFaults forgets all faults.
func (c Control) ClearFaults(ctx context.Context, service string) error {
	return c.do(ctx, http.MethodPost, "clear-faults", order{Service: service}, nil)
}

// SetLatency makes every request wait before it is looked at.
func (c Control) SetLatency(ctx context.Context, service string, d time.Duration) error {
	return c.do(ctx, http.MethodPost, "latency", order{Service: service, Latency: period(d)}, nil)
}

// Quirk sets a service's oddities, in place of those it had.
func (c Control) Quirk(ctx context.Context, service string, q Quirks) error {
	return c.do(ctx, http.MethodPost, "quirk", order{Service: service, Quirks: &q}, nil)
}

// Limit sets how many requests a service takes, in place of what it was; none
// are no limits.
func (c Control) Limit(ctx context.Context, service string, limits ...Limit) error {
	return c.do(ctx, http.MethodPost, "limit", order{Service: service, Limits: limits}, nil)
}

// Session returns a bearer that is refused once life has passed; see
// [Store.Session].
func (c Control) Session(ctx context.Context, service string, life time.Duration) (token string, err error) {
	err = c.do(ctx, http.MethodPost, "session", order{Service: service, Life: period(life)}, &token)
	return token, err
}

// Reset sets a service's counters to zero.
func (c Control) Reset(ctx context.Context, service string) error {
	return c.do(ctx, http.MethodPost, "reset-counters", order{Service: service}, nil)
}

// do sends one request and decodes its answer into result unless that is nil.
func (c Control) do(ctx context.Context, method, what string, body, result any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", what, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+controlPath+what, bytes.NewReader(encoded))
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", what, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := or(c.HTTP, http.DefaultClient).Do(request)
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", what, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("simulator: %s: %w", what, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("simulator: %s: %s: %s", what, response.Status, bytes.TrimSpace(text))
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(text, result); err != nil {
		return fmt.Errorf("simulator: %s: %w", what, err)
	}
	return nil
}
