package naive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
)

// key is a key as any of the services tells it.
type key struct {
	ID        string   `json:"id"`
	KeyID     string   `json:"key_id"`
	Name      string   `json:"name"`
	Key       string   `json:"key"`
	APIKey    string   `json:"api_key"`
	Scopes    []string `json:"scopes"`
	CreatedAt string   `json:"created_at"`
	RevokedAt *string  `json:"revoked_at"`
}

// service is one service's API.
type service struct {
	name       string
	credential []string // environment variables
	baseURL    string   // environment variable
	bearer     bool
	update     bool // a key can be changed

	create, list, revoke string // method and path; "{id}" stands for the key's
	envelope             string // the member that an answer's content is in
	keys                 string // the member that a listing is in
}

// services are those that the provider knows, by their public documentation.
func services() []service {
	return []service{
		{
			name: "expunct", credential: []string{"EXPUNCT_API_KEY"}, baseURL: "EXPUNCT_BASE_URL",
			create: "POST /api-keys", list: "GET /api-keys?limit=100", revoke: "DELETE /api-keys/{id}",
		},
		{
			name: "onepin", credential: []string{"ONEPIN_TOKEN", "ONEPIN_API_KEY"}, baseURL: "ONEPIN_BASE_URL", bearer: true, update: true,
			create: "POST /api/v1/api-keys", list: "GET /api/v1/api-keys?limit=100", revoke: "DELETE /api/v1/api-keys/{id}",
			envelope: "data", keys: "data",
		},
		{
			name: "pioneer", credential: []string{"PIONEER_API_KEY"}, baseURL: "PIONEER_BASE_URL",
			create: "POST /create-api-key", list: "GET /list-api-keys", revoke: "DELETE /delete-api-key", keys: "keys",
		},
	}
}

// Knows reports whether the provider can do anything at a service.
func Knows(name string) bool {
	return slices.ContainsFunc(services(), func(s service) bool { return s.name == name })
}

// session is what all resources share.
type session struct {
	http *retryablehttp.Client
	env  func(string) string
}

// errNotFound is the answer to what does not exist.
var errNotFound = errors.New("not found")

// call sends one request and decodes the answer, from the member of that name if
// there is one.
func (s *session) call(ctx context.Context, svc service, route string, body any, member string, into any) error {
	method, path, _ := strings.Cut(route, " ")
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.env(svc.baseURL), "/")+path, payload)
	if err != nil {
		return err
	}
	credential := ""
	for _, name := range svc.credential {
		if credential == "" {
			credential = s.env(name)
		}
	}
	if svc.bearer {
		req.Header.Set("Authorization", "Bearer "+credential)
	} else {
		req.Header.Set("X-API-Key", credential)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", route, err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s: read the answer: %w", route, err)
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return errNotFound
	case resp.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("%s: unexpected status %s", route, resp.Status)
	case into == nil:
		return nil
	}
	if member != "" {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(content, &members); err != nil {
			return fmt.Errorf("%s: decode the answer: %w", route, err)
		}
		content = members[member]
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: decode the answer: %w", route, err)
	}
	return nil
}

// make makes a key. Where the answer has no id, the listing tells: it is the
// newest key of that name.
func (s *session) make(ctx context.Context, svc service, name string, scopes []string) (key, error) {
	body := map[string]any{"name": name}
	if scopes != nil {
		body["scopes"] = scopes
	}
	var made key
	if err := s.call(ctx, svc, svc.create, body, svc.envelope, &made); err != nil {
		return key{}, err
	}
	if made.Key == "" {
		made.Key = made.APIKey
	}
	if made.ID != "" {
		return made, nil
	}
	keys, err := s.keys(ctx, svc)
	if err != nil {
		return key{}, err
	}
	for _, k := range keys {
		if k.Name == name && k.CreatedAt >= made.CreatedAt {
			made.ID = k.ID
		}
	}
	if made.ID == "" {
		return key{}, fmt.Errorf("the new key %q is not in the listing", name)
	}
	return made, nil
}

// keys lists all keys.
func (s *session) keys(ctx context.Context, svc service) ([]key, error) {
	var all []key
	for offset := 0; ; offset = len(all) {
		route := svc.list
		if strings.Contains(route, "?") {
			route += fmt.Sprintf("&offset=%d", offset)
		}
		var page []key
		if err := s.call(ctx, svc, route, nil, svc.keys, &page); err != nil {
			return nil, err
		}
		for i := range page {
			if page[i].ID == "" {
				page[i].ID = page[i].KeyID
			}
		}
		all = append(all, page...)
		if len(page) < 100 || !strings.Contains(route, "?") {
			return all, nil
		}
	}
}

// find reads one key.
func (s *session) find(ctx context.Context, svc service, id string) (key, error) {
	if svc.update {
		var k key
		err := s.call(ctx, svc, "GET /api/v1/api-keys/"+url.PathEscape(id), nil, svc.envelope, &k)
		if err == nil && k.RevokedAt != nil && *k.RevokedAt != "null" {
			err = errNotFound
		}
		return k, err
	}
	keys, err := s.keys(ctx, svc)
	if err != nil {
		return key{}, err
	}
	for _, k := range keys {
		if k.ID == id {
			return k, nil
		}
	}
	return key{}, errNotFound
}

// change changes a key.
func (s *session) change(ctx context.Context, svc service, id, name string, scopes []string) error {
	body := map[string]any{"name": name}
	if scopes != nil {
		body["scopes"] = scopes
	}
	return s.call(ctx, svc, "PATCH /api/v1/api-keys/"+url.PathEscape(id), body, "", nil)
}

// kill revokes a key; one that is gone is success.
func (s *session) kill(ctx context.Context, svc service, id string) error {
	var body any
	if svc.name == "pioneer" {
		body = map[string]string{"key_id": id}
	}
	err := s.call(ctx, svc, strings.ReplaceAll(svc.revoke, "{id}", url.PathEscape(id)), body, "", nil)
	if errors.Is(err, errNotFound) {
		return nil
	}
	return err
}
