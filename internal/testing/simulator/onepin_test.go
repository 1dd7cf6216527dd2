package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

const keysPath = "/api/v1/api-keys"

func req(method, path, body string) Request {
	return Request{Method: method, Path: path, Body: body}
}

func onepinService() Service {
	return Service{
		Mount:  simulator.Mount{Name: "onepin", Handler: simulators.Named("onepin").Simulator},
		Bearer: true, Revoked: http.StatusOK,
		Create: func(name string) Request {
			return req("POST", keysPath, fmt.Sprintf(`{"name": %q}`, name))
		},
		List:   func() Request { return req("GET", keysPath, "") },
		Revoke: func(id string) Request { return req("DELETE", keysPath+"/"+id, "") },
		Value:  func(body any) string { return Text(body, "data", "api_key") },
		IDs:    func(body any) []string { return Column(At(body, "data"), "id") },
	}
}

// startOnePin runs a server for one test.
func startOnePin(t *testing.T) (*Client, *simulator.Store) {
	t.Helper()
	server := simulator.Run(t, onepinService().Mount)
	return onepinService().Client(t, server), server.Store("onepin")
}

func TestOnePin_keyObject(t *testing.T) {
	client, store := startOnePin(t)
	answer := client.Do(http.StatusCreated, req("POST", keysPath, `{"name": "Production API Key", "scopes": ["voices:read"], "rate_limit_per_min": null, "key_type": "live"}`))
	record := store.Ledger()[0]
	suffix := record.Value[len(record.Value)-8:]
	created := record.CreatedAt.Format(time.RFC3339Nano)
	want := map[string]any{
		"id": record.ID, "workspace_id": store.Home(), "created_by": store.Owner(), "name": "Production API Key", "key_type": "live",
		"key_prefix": "op_live_", "key_suffix": suffix, "scopes": []any{"voices:read"}, "active": true, "last_used_at": nil,
		"rate_limit_per_min": nil, "revoked_at": nil, "created_at": created, "updated_at": created,
		"preview": "op_live_" + suffix, "api_key": record.Value,
	}
	if got := At(answer.JSON, "data"); !reflect.DeepEqual(got, want) {
		t.Errorf("the create answered %v, want %v", got, want)
	}
	if Text(answer.JSON, "meta", "request_id") != answer.Header.Get("X-Request-Id") || Text(answer.JSON, "meta", "timestamp") == "" {
		t.Errorf("the envelope is %s", answer.Raw)
	}
	defaults := client.Do(http.StatusCreated, onepinService().Create("plain"))
	if At(defaults.JSON, "data", "rate_limit_per_min") != 1000.0 || Text(defaults.JSON, "data", "scopes", 0) != "workflows:read" {
		t.Errorf("a key without wishes is %s", defaults.Raw)
	}
	delete(want, "api_key")
	if got := At(client.Do(http.StatusOK, req("GET", keysPath+"/"+record.ID, "")).JSON, "data"); !reflect.DeepEqual(got, want) {
		t.Errorf("the key reads %v, want %v", got, want)
	}
	client.Do(http.StatusNotFound, req("GET", keysPath+"/"+simulator.UUID(), ""))
}

func TestOnePin_update(t *testing.T) {
	client, store := startOnePin(t)
	record := store.Mint("before")
	path := keysPath + "/" + record.ID
	data := func(body string) map[string]any {
		t.Helper()
		object, _ := At(client.Do(http.StatusOK, req("PATCH", path, body)).JSON, "data").(map[string]any)
		return object
	}
	renamed := data(`{"name": "after"}`)
	if renamed["name"] != "after" || renamed["rate_limit_per_min"] != 1000.0 || renamed["api_key"] != nil {
		t.Errorf("a new name gave %v", renamed)
	}
	if got := data(`{"scopes": ["new:scope"], "rate_limit_per_min": 5}`); got["rate_limit_per_min"] != 5.0 || !reflect.DeepEqual(got["scopes"], []any{"new:scope"}) {
		t.Errorf("new scopes and limit gave %v", got)
	}
	store.Quirk(simulator.Quirks{PatchNullKeeps: true})
	if got := data(`{"rate_limit_per_min": null}`); got["rate_limit_per_min"] != 5.0 {
		t.Errorf("null was to keep the limit: %v", got)
	}
	store.Quirk(simulator.Quirks{})
	if got := data(`{"rate_limit_per_min": null}`); got["rate_limit_per_min"] != nil {
		t.Errorf("null was to clear the limit: %v", got)
	}
	if got := data(`{"active": false}`); got["active"] != false || got["revoked_at"] != nil {
		t.Errorf("switched off the key is %v", got)
	}
	client.As(record.Value).Do(http.StatusUnauthorized, onepinService().List())
	data(`{"active": true}`)
	client.As(record.Value).Do(http.StatusOK, onepinService().List())
	if record.Attributes["rate_limit_per_min"] != int64(1000) || record.Name != "before" {
		t.Errorf("a record that was read before the changes has become %+v", record)
	}
	client.Do(http.StatusNotFound, req("PATCH", keysPath+"/"+simulator.UUID(), `{"name": "x"}`))
}

func TestOnePin_validation(t *testing.T) {
	client, store := startOnePin(t)
	path := keysPath + "/" + store.Mint("key").ID
	long := strings.Repeat("ü", 121)
	for field, request := range map[string]Request{
		"name":               req("POST", keysPath, `{"name": "`+long+`"}`),
		"key_type":           req("POST", keysPath, `{"name": "x", "key_type": "test"}`),
		"rate_limit_per_min": req("POST", keysPath, `{"name": "x", "rate_limit_per_min": 0}`),
		"status":             req("GET", keysPath+"?status=dead", ""),
		"offset":             req("GET", keysPath+"?offset=-1", ""),
		"limit":              req("GET", keysPath+"?limit=101", ""),
	} {
		answer := client.Do(http.StatusUnprocessableEntity, request)
		if got := Text(answer.JSON, "error", "details", 0, "field"); got != field {
			t.Errorf("%s: the refusal blames %q: %s", field, got, answer.Raw)
		}
	}
	client.Do(http.StatusUnprocessableEntity, req("PATCH", path, `{"name": ""}`))
	client.Do(http.StatusUnprocessableEntity, req("PATCH", path, `{"rate_limit_per_min": -1}`))
	client.Do(http.StatusUnprocessableEntity, req("GET", keysPath+"?limit=many", ""))
	client.Do(http.StatusCreated, onepinService().Create(long[:240])) // 120 characters
	if store.Ledger()[0].Name != "key" || len(store.Ledger()) != 2 {
		t.Errorf("refused requests changed something: %+v", store.Ledger())
	}
}

func TestOnePin_rotateAndRevoke(t *testing.T) {
	client, store := startOnePin(t)
	old := store.Mint("spinning")
	rotated := client.Do(http.StatusOK, req("PATCH", keysPath+"/"+old.ID+"/rotate", ""))
	ledger := store.Ledger()
	successor := ledger[1]
	if Text(rotated.JSON, "data", "new_key", "api_key") != successor.Value || Text(rotated.JSON, "data", "old_key", "id") != old.ID ||
		Text(rotated.JSON, "data", "old_key", "revoked_at") == "" || At(rotated.JSON, "data", "old_key", "api_key") != nil {
		t.Errorf("the rotation answered %s", rotated.Raw)
	}
	if ledger[0].Live() || ledger[0].RotatedTo != successor.ID || successor.RotatedFrom != old.ID || successor.Name != "spinning" || successor.ID == old.ID {
		t.Errorf("after a rotation the ledger is %+v", ledger)
	}
	client.Do(http.StatusNotFound, req("PATCH", keysPath+"/"+old.ID+"/rotate", ""))

	revoked := client.Do(http.StatusOK, onepinService().Revoke(successor.ID))
	read := client.Do(http.StatusOK, req("GET", keysPath+"/"+successor.ID, ""))
	for _, answer := range []Answer{revoked, read} {
		if At(answer.JSON, "data", "active") != false || Text(answer.JSON, "data", "revoked_at") == "" {
			t.Errorf("a revoked key is %s", answer.Raw)
		}
	}
	store.Fault(simulator.Fault{Operation: simulator.OpRotate, Kind: simulator.FaultNoValue})
	another := client.Do(http.StatusOK, req("PATCH", keysPath+"/"+store.Mint("again").ID+"/rotate", ""))
	if Text(another.JSON, "data", "new_key", "id") == "" || strings.Contains(another.Raw, "api_key") {
		t.Errorf("a rotation without the value answered %s", another.Raw)
	}
	// A rotation and a revocation that leave the old key alive say so.
	for _, request := range []func(id string) Request{
		onepinService().Revoke,
		func(id string) Request { return req("PATCH", keysPath+"/"+id+"/rotate", "") },
	} {
		survivor, keys := store.Mint("survivor"), len(store.Ledger())
		store.Fault(simulator.Fault{Kind: simulator.FaultNotRevoked})
		answer := client.Do(http.StatusOK, request(survivor.ID))
		shown := At(answer.JSON, "data")
		if old := At(shown, "old_key"); old != nil {
			shown, keys = old, keys+1
		}
		now, _ := store.Get(survivor.ID)
		if !now.Live() || len(store.Ledger()) != keys || Text(shown, "id") != survivor.ID ||
			At(shown, "active") != true || At(shown, "revoked_at") != nil {
			t.Errorf("%s: %d keys, the old one is %+v", answer.Raw, len(store.Ledger()), now)
		}
	}
	if last := store.Log()[len(store.Log())-1]; last.Made == "" || last.Revoked != "" {
		t.Errorf("the log has %+v", last)
	}
}

func TestOnePin_paging(t *testing.T) {
	client, store := startOnePin(t)
	seeded := store.Seed(125, func(i int) string { return fmt.Sprint("key ", i) })
	if err := store.Revoke(seeded[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(seeded[1].ID, func(r *simulator.Record) { r.Active = false }); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]struct{ rows, limit, total int }{
		"":                          {50, 50, 123},
		"?status=all":               {50, 50, 125},
		"?status=revoked":           {2, 50, 2},
		"?limit=100&offset=100":     {23, 100, 123},
		"?limit=1&offset=123":       {0, 1, 123},
		"?limit=100&status=active":  {100, 100, 123},
		"?limit=25&offset=100":      {23, 25, 123},
		"?status=all&limit=25":      {25, 25, 125},
		"?status=revoked&offset=77": {0, 50, 2},
	} {
		answer := client.Do(http.StatusOK, req("GET", keysPath+query, ""))
		rows := onepinService().IDs(answer.JSON)
		if len(rows) != want.rows || At(answer.JSON, "pagination", "limit") != float64(want.limit) ||
			At(answer.JSON, "pagination", "total") != float64(want.total) {
			t.Errorf("%q has %d rows, pagination %v; want %+v", query, len(rows), At(answer.JSON, "pagination"), want)
		}
	}
	for _, quirks := range []simulator.Quirks{{}, {PageCap: 50}, {ReverseOrder: true}} {
		store.Quirk(quirks)
		var seen []string
		for path, pages := keysPath+"?limit=60&status=all", 0; path != ""; pages++ {
			answer := client.Do(http.StatusOK, req("GET", path, ""))
			seen = append(seen, onepinService().IDs(answer.JSON)...)
			if hasPrev := At(answer.JSON, "pagination", "prev") != nil; hasPrev != (pages > 0) {
				t.Errorf("page %d has prev: %v", pages, hasPrev)
			}
			next := Text(answer.JSON, "pagination", "next")
			_, path, _ = strings.Cut(next, "/onepin")
			if next != "" && !strings.HasPrefix(next, "http://127.0.0.1:") {
				t.Fatalf("next is %q", next)
			}
		}
		unique := slices.Clone(seen)
		slices.Sort(unique)
		if unique = slices.Compact(unique); len(seen) != 125 || len(unique) != 125 {
			t.Errorf("%+v: following next brought %d rows, %d different", quirks, len(seen), len(unique))
		}
	}
}

func TestOnePin_workspacesAndWhoami(t *testing.T) {
	client, store := startOnePin(t)
	const header = "X-Workspace-Id"
	elsewhere := simulator.UUID()
	client.Do(http.StatusCreated, onepinService().Create("theirs"), header, elsewhere)
	theirs, ours := store.Ledger()[0], store.Mint("ours")
	if got := onepinService().IDs(client.Do(http.StatusOK, onepinService().List(), header, elsewhere).JSON); !slices.Equal(got, []string{theirs.ID}) {
		t.Errorf("the other workspace lists %q", got)
	}
	client.Do(http.StatusNotFound, req("GET", keysPath+"/"+theirs.ID, ""))
	client.Do(http.StatusOK, req("GET", keysPath+"/"+theirs.ID, ""), header, elsewhere)
	key := client.As(ours.Value)
	key.Do(http.StatusOK, onepinService().List(), header, store.Home())
	key.Do(http.StatusForbidden, onepinService().List(), header, elsewhere)

	whoami := req("GET", "/api/v1/auth/whoami", "")
	person, _ := At(client.Do(http.StatusOK, whoami).JSON, "data").(map[string]any)
	if person["auth_kind"] != "clerk" || person["api_key_id"] != nil || person["user_id"] != store.Owner() || person["workspace_id"] != store.Home() {
		t.Errorf("the administrator is %v", person)
	}
	program, _ := At(key.Do(http.StatusOK, whoami).JSON, "data").(map[string]any)
	if program["auth_kind"] != "api_key" || program["api_key_id"] != ours.ID || !reflect.DeepEqual(program["scopes"], []any{"voices:read", "workflows:read", "workflows:run"}) {
		t.Errorf("the key is %v", program)
	}
}

func TestOnePin_sessionsExpire(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server := simulator.RunAt(t, func() time.Time { return now }, onepinService().Mount)
	token := server.Store("onepin").Session(time.Minute)
	client := onepinService().Client(t, server).As(token)
	client.Do(http.StatusOK, onepinService().List())
	now = now.Add(time.Minute)
	client.Do(http.StatusUnauthorized, onepinService().List())
	var header struct{ Typ string }
	if parts := strings.Split(token, "."); len(parts) != 3 || json.Unmarshal(decodeBase64(t, parts[0]), &header) != nil || header.Typ != "JWT" {
		t.Errorf("the session %q is no JWT", token)
	}
}

func decodeBase64(t *testing.T, text string) []byte {
	t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
