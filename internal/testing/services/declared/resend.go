package declared

import (
	"net/http"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Resend simulates Resend, a service of the catalog, for the examples. It is written from
// https://resend.com/docs/api-reference/api-keys.
func Resend(st *simulator.Store) http.Handler {
	return serve(st, simulator.Protocol{
		Bearer: true,
		NewID:  simulator.UUID, NewValue: func() string { return simulator.Base62("re_", 32) },
	}, map[string]operation{
		"POST /api-keys": {simulator.OpCreate, func(r *http.Request) (int, any, error) {
			body, err := decode(r)
			if err != nil {
				return 0, nil, err
			}
			k, err := create(st, r, body["name"])
			return http.StatusCreated, object{"id": k.ID, "token": k.Value}, err
		}},
		"GET /api-keys": {simulator.OpList, func(r *http.Request) (int, any, error) {
			after, rows := r.URL.Query().Get("after"), []object{}
			for _, k := range st.List(simulator.Query{}).Records {
				if after != "" {
					if k.ID == after {
						after = ""
					}
					continue
				}
				row := object{"id": k.ID, "name": k.Name, "created_at": k.CreatedAt.Format("2006-01-02 15:04:05.999999-07"), "last_used_at": nil}
				if !k.LastUsedAt.IsZero() {
					row["last_used_at"] = k.LastUsedAt.Format("2006-01-02 15:04:05.999999-07")
				}
				rows = append(rows, row)
			}
			return http.StatusOK, object{"object": "list", "has_more": false, "data": rows}, nil
		}},
		"DELETE /api-keys/{id}": {simulator.OpRevoke, func(r *http.Request) (int, any, error) {
			_, err := st.Retire(r.Context(), r.PathValue("id"))
			return http.StatusOK, nil, err
		}},
	})
}
