package simulator_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// toy is the smallest service there can be: what the package does for services
// is tested with it, and it shows how little a service has to bring.
func toy(store *simulator.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /keys", func(w http.ResponseWriter, r *http.Request) {
		var draft struct{ Name string }
		if err := json.NewDecoder(r.Body).Decode(&draft); err != nil {
			store.BadRequest(w, r, err)
			return
		}
		if draft.Name == "" {
			store.Fail(w, r, simulator.Invalid("body", "name", "must not be empty"))
			return
		}
		record, err := store.Create(r.Context(), simulator.Draft{Name: draft.Name})
		if err != nil {
			store.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"id": record.ID, "key": record.Value})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		list := []map[string]any{}
		for _, record := range store.List(simulator.Query{}).Records {
			list = append(list, map[string]any{
				"id": record.ID, "name": record.Name, "created_at": simulator.Timestamp(record.CreatedAt), "last_used_at": nil,
			})
		}
		_ = json.NewEncoder(w).Encode(list)
	})
	mux.HandleFunc("DELETE /keys/{id}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := store.Retire(r.Context(), r.PathValue("id")); err != nil {
			store.Fail(w, r, err)
		}
	})
	mux.HandleFunc("GET /where", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(simulator.CallOf(r.Context()).Root)
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, r *http.Request) { store.Fail(w, r, errors.New("a bug")) })
	return store.Serve(simulator.Protocol{
		NewID:    func() string { return simulator.Base36("k_", 10) },
		NewValue: func() string { return simulator.Base62("toy_", 20) },
		Errors:   simulator.ShapeDetail,
		Routes: map[string]string{
			"POST /keys": simulator.OpCreate, "GET /keys": simulator.OpList, "DELETE /keys/{id}": simulator.OpRevoke,
			"GET /where": "where", "GET /broken": "broken",
		},
	}, mux)
}

var toyMount = simulator.Mount{Name: "toy", Handler: toy}

func toyService() Service {
	return Service{
		Mount: toyMount, Revoked: http.StatusOK,
		Create: func(name string) Request {
			body, _ := json.Marshal(map[string]string{"name": name})
			return Request{Method: http.MethodPost, Path: "/keys", Body: string(body)}
		},
		List: func() Request { return get("/keys") },
		Revoke: func(id string) Request {
			return Request{Method: http.MethodDelete, Path: "/keys/" + id}
		},
		Value: func(body any) string { return Text(body, "key") },
		IDs:   func(body any) []string { return Column(body, "id") },
	}
}

func get(path string) Request {
	return Request{Method: http.MethodGet, Path: path}
}

// newStore returns a store that no server serves.
func newStore(now time.Time) *simulator.Store {
	store, _ := simulator.NewStore(func() time.Time { return now }, toy)
	return store
}
