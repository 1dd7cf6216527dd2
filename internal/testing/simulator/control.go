package simulator

import (
	"context"
	"encoding/json"
	"errors"
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

// order is the body of a control request that changes something.
type order struct {
	Service string  `json:"service"`
	ID      string  `json:"id"`
	Draft   *Draft  `json:"draft"`
	Fault   *Fault  `json:"fault"`
	Quirks  *Quirks `json:"quirks"`
	Delay   period  `json:"delay"` // of the fault, or of listings by quirk
}

// period is a duration in JSON, such as "1.5s".
type period time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *period) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*p = period(d)
	return err
}

// ServeControl adds the control interface, with which people and other programs watch
// and disturb the services. Call it before Listen.
//
//	GET  /_control/requests[?service=…]     []ServiceStatus
//	GET  /_control/ledger?service=…         []Record, oldest first
//	POST /_control/<order>                  a JSON object with "service" and
//	     mint {draft} · revoke {id} · quirk {quirks, delay: ListingLag}
//	     fault {fault, delay} · clear-faults
func (s *Server) ServeControl() {
	s.mux.HandleFunc("GET "+controlPath+"requests", func(w http.ResponseWriter, r *http.Request) {
		list := []ServiceStatus{}
		for _, name := range s.names {
			if only := r.URL.Query().Get("service"); only == "" || only == name {
				list = append(list, s.status(name))
			}
		}
		send(w, http.StatusOK, list)
	})
	s.mux.HandleFunc("GET "+controlPath+"ledger", func(w http.ResponseWriter, r *http.Request) {
		if store := s.stores[r.URL.Query().Get("service")]; store != nil {
			send(w, http.StatusOK, store.Ledger())
			return
		}
		refuse(w, http.StatusNotFound, "no such service")
	})
	for name, carryOut := range orders {
		s.mux.HandleFunc("POST "+controlPath+name, func(w http.ResponseWriter, r *http.Request) { s.control(w, r, carryOut) })
	}
}

func (s *Server) control(w http.ResponseWriter, r *http.Request, carryOut func(*Store, order) (any, error)) {
	// A web page cannot send this type to another origin without asking.
	if r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the body must be application/json")
		return
	}
	var o order
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields() // a misspelt fault would never happen
	if err := decoder.Decode(&o); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	store := s.stores[o.Service]
	if store == nil {
		refuse(w, http.StatusNotFound, "no such service")
		return
	}
	result, err := carryOut(store, o)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	send(w, http.StatusOK, result)
}

// orders are the control requests that change something.
var orders = map[string]func(*Store, order) (any, error){
	"mint": func(st *Store, o order) (any, error) {
		if o.Draft == nil {
			return nil, errors.New("mint needs a draft")
		}
		return st.MintDraft(*o.Draft), nil
	},
	"revoke": func(st *Store, o order) (any, error) { return st.Retire(context.Background(), o.ID) },
	"fault": func(st *Store, o order) (any, error) {
		if o.Fault == nil || o.Fault.Kind == "" {
			return nil, errors.New("fault needs a fault with a kind")
		}
		o.Fault.Delay = time.Duration(o.Delay)
		st.Fault(*o.Fault)
		return st.PendingFaults(), nil
	},
	"clear-faults": func(st *Store, _ order) (any, error) { st.ClearFaults(); return true, nil },
	"quirk": func(st *Store, o order) (any, error) {
		if o.Quirks == nil {
			return nil, errors.New("quirk needs quirks, {} for none")
		}
		o.Quirks.ListingLag = time.Duration(o.Delay)
		st.Quirk(*o.Quirks)
		return st.Quirks(), nil
	},
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
