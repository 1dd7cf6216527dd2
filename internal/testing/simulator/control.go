package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// controlPath is where a server's control interface is.
const controlPath = "/_control/"

// ServiceStatus is what there is to say of a service, as the control interface reports it.
type ServiceStatus struct {
	Name          string         `json:"name"`
	URL           string         `json:"url"`
	Admin         string         `json:"admin"`
	Home          string         `json:"home,omitempty"`
	Live          int            `json:"live"` // keys
	Requests      map[string]int `json:"requests"`
	Total         int            `json:"total"`
	Bytes         int64          `json:"bytes"`
	PendingFaults int            `json:"pending_faults"`
	Limited       int            `json:"limited"` // requests that were over a limit
}

// order is the body of every control request that changes something; each uses
// the fields it needs.
type order struct {
	Service string  `json:"service"`
	ID      string  `json:"id,omitempty"`
	Latency period  `json:"latency,omitzero"`
	Life    period  `json:"life,omitzero"`
	Count   int     `json:"count,omitempty"`
	Draft   *Draft  `json:"draft,omitempty"`
	Fault   *Fault  `json:"fault,omitempty"`
	Quirks  *Quirks `json:"quirks,omitempty"`
	Limits  []Limit `json:"limits,omitempty"`
	Update  *Edit   `json:"update,omitempty"`
}

// Edit is what [Control.Update] changes of a key: what is not nil. Attributes
// are laid over those that the key has.
type Edit struct {
	Name       *string        `json:"name,omitempty"`
	Active     *bool          `json:"active,omitempty"`
	CreatedAt  *time.Time     `json:"created_at,omitempty"`
	LastUsedAt *time.Time     `json:"last_used_at,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
}

// ServeControl adds the control interface, by which other programs do what
// tests do in Go. Whoever reaches the port may use it. Call it before Listen.
//
//	GET  /_control/requests[?service=…]     []ServiceStatus
//	GET  /_control/ledger?service=…         []Record, oldest first
//	POST /_control/<order>                  a JSON object with "service" and
//	     mint {draft} · seed {count, draft} · revoke, use {id} · update {id, update}
//	     fault {fault} · clear-faults · latency {latency} · quirk {quirks}
//	     limit {limits} · session {life} · reset-counters
func (s *Server) ServeControl() {
	s.mux.HandleFunc("GET "+controlPath+"requests", func(w http.ResponseWriter, r *http.Request) {
		list := []ServiceStatus{}
		for _, name := range s.names {
			if only := r.URL.Query().Get("service"); only == "" || only == name {
				list = append(list, s.status(name))
			}
		}
		sendOK(w, list)
	})
	s.mux.HandleFunc("GET "+controlPath+"ledger", func(w http.ResponseWriter, r *http.Request) {
		if store := s.stores[r.URL.Query().Get("service")]; store != nil {
			sendOK(w, store.Ledger())
			return
		}
		refuse(w, http.StatusNotFound, "no such service")
	})
	for name, obey := range orders {
		s.mux.HandleFunc("POST "+controlPath+name, func(w http.ResponseWriter, r *http.Request) {
			// A page in a browser cannot send this type elsewhere without asking.
			if r.Header.Get("Content-Type") != "application/json" {
				refuse(w, http.StatusUnsupportedMediaType, "the body must be application/json")
				return
			}
			var o order
			if err := decodeStrict(http.MaxBytesReader(w, r.Body, maxRequest), &o); err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			store := s.stores[o.Service]
			if store == nil {
				refuse(w, http.StatusNotFound, "no such service")
				return
			}
			result, err := obey(store, o)
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			sendOK(w, result)
		})
	}
}

// orders are the control requests that change something.
var orders = map[string]func(*Store, order) (any, error){
	"mint": func(st *Store, o order) (any, error) {
		if o.Draft == nil {
			return nil, errors.New("mint needs a draft")
		}
		return st.MintDraft(o.Draft.normal()), nil
	},
	"seed": func(st *Store, o order) (any, error) {
		if o.Draft == nil {
			return nil, errors.New("seed needs a draft")
		}
		return len(st.Seed(o.Count, func(i int) string { return fmt.Sprintf("%s-%d", o.Draft.Name, i) })), nil
	},
	"revoke": func(st *Store, o order) (any, error) { return st.Retire(context.Background(), o.ID) },
	"use":    func(st *Store, o order) (any, error) { return o.ID, st.Use(o.ID) },
	"update": func(st *Store, o order) (any, error) {
		if o.Update == nil {
			return nil, errors.New("update needs an update")
		}
		return st.Change(context.Background(), o.ID, o.Update.apply)
	},
	"fault": func(st *Store, o order) (any, error) {
		if o.Fault == nil || o.Fault.Kind == "" {
			return nil, errors.New("fault needs a fault with a kind")
		}
		st.Fault(*o.Fault)
		return st.PendingFaults(), nil
	},
	"clear-faults": func(st *Store, _ order) (any, error) { st.ClearFaults(); return true, nil },
	"latency":      func(st *Store, o order) (any, error) { st.SetLatency(time.Duration(o.Latency)); return true, nil },
	"quirk": func(st *Store, o order) (any, error) {
		if o.Quirks == nil {
			return nil, errors.New("quirk needs quirks, {} for none")
		}
		st.Quirk(*o.Quirks)
		return st.Quirks(), nil
	},
	"limit":          func(st *Store, o order) (any, error) { return len(o.Limits), st.Limit(o.Limits...) },
	"session":        func(st *Store, o order) (any, error) { return st.Session(time.Duration(o.Life)), nil },
	"reset-counters": func(st *Store, _ order) (any, error) { st.Reset(); return true, nil },
}

// status is what the control interface reports of a service.
func (s *Server) status(name string) ServiceStatus {
	st := s.stores[name]
	return ServiceStatus{
		Name: name, URL: s.URL(name), Admin: st.Admin(), Home: st.Home(),
		Live: len(st.Live()), Requests: st.Requests(), Total: st.Total(), Bytes: st.Bytes(),
		PendingFaults: st.PendingFaults(), Limited: st.Limited(),
	}
}

// apply is the edit of [Store.Update].
func (e *Edit) apply(r *Record) {
	if e.Name != nil {
		r.Name = *e.Name
	}
	if e.Active != nil {
		r.Active = *e.Active
	}
	if e.CreatedAt != nil {
		r.CreatedAt = *e.CreatedAt
	}
	if e.LastUsedAt != nil {
		r.LastUsedAt = *e.LastUsedAt
	}
	for name, value := range e.Attributes {
		r.Attributes[name] = native(value)
	}
}

// normal returns the draft with attributes of the types that services keep.
func (d Draft) normal() Draft {
	attributes := make(map[string]any, len(d.Attributes))
	for name, value := range d.Attributes {
		attributes[name] = native(value)
	}
	d.Attributes = attributes
	return d
}

// native turns what JSON decodes to into what services keep as attributes:
// int64 for whole numbers and []string for lists of strings.
func native(value any) any {
	switch v := value.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case []any:
		list := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return value
			}
			list = append(list, text)
		}
		return list
	}
	return value
}

func sendOK(w http.ResponseWriter, result any) { send(w, http.StatusOK, result) }

func refuse(w http.ResponseWriter, status int, message string) {
	send(w, status, map[string]string{"error": message})
}

func send(w http.ResponseWriter, status int, result any) {
	text, err := json.Marshal(result)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error": "the answer is no JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may have gone
}
