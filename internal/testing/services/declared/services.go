package declared

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// CredentialEnv is the environment variable with each service's credential.
const CredentialEnv = "DECLARED_CREDENTIAL"

// Bare lists a bare array without times, and can be asked for nothing else.
const Bare = `{"name": "bare", "credential_env": "DECLARED_CREDENTIAL",
	"create": {"path": "/v1/keys", "name": "/label", "id": "/id", "value": "/secret", "given_name": "/label"},
	"list": {"path": "/v1/keys", "name": "/label"},
	"revoke": {"path": "/v1/keys/{id}"}, "key_prefixes": ["bare_"]}`

// Wrapped has wrapped rows, a cursor, numeric ids, times in Unix milliseconds, and calls
// to read and to change one key.
const Wrapped = `{"name": "wrapped", "credential_env": "DECLARED_CREDENTIAL", "vars": {"project": "p/1"}, "headers": {"X-Api-Version": "2026-04"},
	"auth": {"header": "X-Admin-Key"},
	"create": {"path": "/projects/{project}/keys", "name": "/key/label", "id": "/data/key/id", "value": "/data/secret", "created_at": "/data/key/created", "given_name": "/data/key/label"},
	"list": {"path": "/projects/{project}/keys?limit=100", "items": "/data/rows", "id": "/key/id", "name": "/key/label", "created_at": "/key/created",
		"last_used_at": "/key/used", "created_at_format": "unix_ms", "hint": "/key/masked",
		"page": {"style": "cursor", "param": "after", "next": "/data/next"}},
	"get": {"path": "/keys/{id}", "item": "/data"},
	"update": {"path": "/keys/{id}"},
	"revoke": {"path": "/keys/{id}", "confirm": "/revoked"}, "key_prefixes": ["wr_"]}`

// Form takes forms and basic authentication, counts time in Unix seconds with a fraction, and answers a
// revocation with 202.
const Form = `{"name": "form", "credential_env": "DECLARED_CREDENTIAL", "auth": {"basic": true, "user": "api"},
	"create": {"path": "/keys", "encoding": "form", "name": "/description", "id": "/key/id", "value": "/key/secret"},
	"list": {"path": "/keys", "items": "/items", "name": "/description", "created_at": "/created", "created_at_format": "unix", "hint": "/ending",
		"page": {"style": "offset", "param": "skip"}},
	"revoke": {"path": "/revoke", "method": "POST", "id": "/id", "success": [202]}, "key_prefixes": ["form-"]}`

// Services are the simulated services by name.
func Services() map[string]simulators.Service {
	return map[string]simulators.Service{
		"bare":    service(Bare, newBare),
		"wrapped": service(Wrapped, newWrapped),
		"form":    service(Form, newForm),
	}
}

// settings are what the suite needs to know of a service block.
var settings = []services.Setting{{Name: "credential", Env: []string{CredentialEnv}, Sensitive: true}}

// service is a declared service with its simulator.
func service(declaration string, handler simulators.Handler) simulators.Service {
	d, err := custom.Decode([]byte(declaration))
	if err != nil {
		panic(err)
	}
	return simulators.Service{Service: services.Service{Key: d.Definition(), Settings: settings}, Simulator: handler, Declaration: &d, Declared: declaration}
}

// operation is one call of a service: what it counts as, and what answers it.
type operation struct {
	name   string
	handle func(r *http.Request) (status int, answer any, err error)
}

// serve answers with JSON from a store.
func serve(st *simulator.Store, p simulator.Protocol, all map[string]operation) http.Handler {
	p.Routes = map[string]string{}
	p.Errors = simulator.ShapeMessage
	mux := http.NewServeMux()
	for pattern, op := range all {
		p.Routes[pattern] = op.name
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, answer, err := op.handle(r)
			if err != nil {
				st.Fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			if answer != nil {
				_ = json.NewEncoder(w).Encode(answer)
			}
		})
	}
	return st.Serve(p, mux)
}

type object = map[string]any

func decode(r *http.Request) (object, error) {
	var body object
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, simulator.Invalid("body", "", "not a JSON object")
	}
	return body, nil
}

// create creates a key of a name.
func create(st *simulator.Store, r *http.Request, name any) (simulator.Record, error) {
	text, _ := name.(string)
	if text == "" {
		return simulator.Record{}, simulator.Invalid("body", "name", "must not be empty")
	}
	return st.Create(r.Context(), simulator.Draft{Name: text})
}

func newBare(st *simulator.Store) http.Handler {
	return serve(st, simulator.Protocol{
		Bearer: true,
		NewID:  func() string { return simulator.Base36("k_", 12) }, NewValue: func() string { return simulator.Base62("bare_", 32) },
	}, map[string]operation{
		"POST /v1/keys": {simulator.OpCreate, func(r *http.Request) (int, any, error) {
			body, err := decode(r)
			if err != nil {
				return 0, nil, err
			}
			k, err := create(st, r, body["label"])
			return http.StatusCreated, object{"id": k.ID, "label": k.Name, "secret": k.Value}, err
		}},
		"GET /v1/keys": {simulator.OpList, func(*http.Request) (int, any, error) {
			rows := []object{}
			for _, k := range st.List(simulator.Query{}).Records {
				rows = append(rows, object{"id": k.ID, "label": k.Name})
			}
			return http.StatusOK, rows, nil
		}},
		"DELETE /v1/keys/{id}": {simulator.OpRevoke, func(r *http.Request) (int, any, error) {
			_, err := st.Retire(r.Context(), r.PathValue("id"))
			return http.StatusNoContent, nil, err
		}},
	})
}

func newWrapped(st *simulator.Store) http.Handler {
	var last atomic.Int64
	row := func(k simulator.Record) object {
		id, _ := strconv.ParseInt(k.ID, 10, 64)
		key := object{"id": id, "label": k.Name, "created": k.CreatedAt.UnixMilli(), "used": nil, "masked": "wr_…" + k.Value[len(k.Value)-4:]}
		if !k.LastUsedAt.IsZero() {
			key["used"] = k.LastUsedAt.UnixMilli()
		}
		return object{"key": key}
	}
	return serve(st, simulator.Protocol{
		Credential: func(r *http.Request) string { return r.Header.Get("X-Admin-Key") },
		NewID:      func() string { return strconv.FormatInt(90071992547409000+last.Add(1), 10) }, NewValue: func() string { return simulator.Base62("wr_", 32) },
	}, map[string]operation{
		"POST /projects/{project}/keys": {simulator.OpCreate, func(r *http.Request) (int, any, error) {
			body, err := decode(r)
			if err != nil {
				return 0, nil, err
			}
			fields, _ := body["key"].(object)
			k, err := create(st, r, fields["label"])
			if err != nil {
				return 0, nil, err
			}
			answer := row(k)
			answer["secret"] = k.Value
			return http.StatusOK, object{"data": answer}, nil
		}},
		"GET /projects/{project}/keys": {simulator.OpList, func(r *http.Request) (int, any, error) {
			after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
			answer, rows := object{"next": nil}, []object{}
			for _, k := range st.List(simulator.Query{}).Records {
				if id, _ := strconv.ParseInt(k.ID, 10, 64); id <= after {
					continue
				}
				if len(rows) == limit { // the cursor is the last row's id
					key, _ := rows[limit-1]["key"].(object)
					answer["next"] = key["id"]
					break
				}
				rows = append(rows, row(k))
			}
			answer["rows"] = rows
			return http.StatusOK, object{"data": answer}, nil
		}},
		"GET /keys/{id}": {simulator.OpGet, func(r *http.Request) (int, any, error) {
			k, found := st.Get(r.PathValue("id"))
			if !found || !k.Live() {
				return 0, nil, simulator.NotFound("no such key")
			}
			return http.StatusOK, object{"data": row(k)}, nil
		}},
		"PATCH /keys/{id}": {simulator.OpUpdate, func(r *http.Request) (int, any, error) {
			body, err := decode(r)
			if err != nil {
				return 0, nil, err
			}
			fields, _ := body["key"].(object)
			_, err = st.Change(r.Context(), r.PathValue("id"), func(k *simulator.Record) {
				if name, ok := fields["label"].(string); ok {
					k.Name = name
				}
			})
			return http.StatusNoContent, nil, err
		}},
		"DELETE /keys/{id}": {simulator.OpRevoke, func(r *http.Request) (int, any, error) {
			k, err := st.Retire(r.Context(), r.PathValue("id"))
			return http.StatusOK, object{"revoked": k.ID}, err
		}},
	})
}

func newForm(st *simulator.Store) http.Handler {
	return serve(st, simulator.Protocol{
		Credential: func(r *http.Request) string {
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
			return strings.TrimPrefix(string(raw), "api:")
		},
		NewID: simulator.UUID, NewValue: func() string { return simulator.Base62("form-", 40) },
	}, map[string]operation{
		"POST /keys": {simulator.OpCreate, func(r *http.Request) (int, any, error) {
			if err := r.ParseForm(); err != nil {
				return 0, nil, simulator.Invalid("body", "", "not a form")
			}
			k, err := create(st, r, r.PostForm.Get("description"))
			return http.StatusOK, object{"message": "key created", "key": object{"id": k.ID, "secret": k.Value}}, err
		}},
		"GET /keys": {simulator.OpList, func(r *http.Request) (int, any, error) {
			offset, _ := strconv.Atoi(r.URL.Query().Get("skip"))
			rows := []object{}
			for _, k := range st.List(simulator.Query{Offset: offset, Limit: 50}).Records {
				rows = append(rows, object{"id": k.ID, "description": k.Name, "created": float64(k.CreatedAt.UnixMilli()) / 1000, "ending": k.Value[len(k.Value)-4:]})
			}
			return http.StatusOK, object{"items": rows}, nil
		}},
		"POST /revoke": {simulator.OpRevoke, func(r *http.Request) (int, any, error) {
			body, err := decode(r)
			if err != nil {
				return 0, nil, err
			}
			id, _ := body["id"].(string)
			_, err = st.Retire(r.Context(), id)
			return http.StatusAccepted, object{"message": "revoking"}, err
		}},
	})
}
