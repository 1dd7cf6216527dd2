package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// answer is a response that is not sent yet, so that faults and quirks can change it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, p...)
	return len(p), nil
}

// respond runs a handler.
func respond(h http.Handler, r *http.Request) *answer {
	a := &answer{header: http.Header{}}
	h.ServeHTTP(a, r)
	a.WriteHeader(http.StatusOK)
	return a
}

// refused is a refusal in the service's shape.
func (st *Store) refused(r *http.Request, err error) *answer {
	return respond(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { st.Fail(w, r, err) }), r)
}

// rewrite lets edit change every object in the body, if that is JSON.
func (a *answer) rewrite(edit func(map[string]any)) {
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil {
		return
	}
	visit(document, edit)
	if body, err := json.Marshal(document); err == nil {
		a.body = body
	}
}

// visit calls edit for every object in a document, inner ones first.
func visit(document any, edit func(map[string]any)) {
	switch d := document.(type) {
	case []any:
		for _, item := range d {
			visit(item, edit)
		}
	case map[string]any:
		for _, item := range d {
			visit(item, edit)
		}
		edit(d)
	}
}

// send writes the answer. It announces that many bytes, also if there are fewer.
func (a *answer) send(w http.ResponseWriter, announced int) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(announced))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have gone
}
