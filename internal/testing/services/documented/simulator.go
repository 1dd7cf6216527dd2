package documented

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// pageSize is how many keys a page has where a service pages.
const pageSize = 2

// Simulator serves the service.
func (s Service) Simulator(st *simulator.Store) http.Handler {
	sim := &simulated{Service: s, st: st}
	created := decode(s.Create)
	id, _ := find(created, s.Life.Create.ID)
	value, _ := find(created, s.Life.Create.Value)
	protocol := simulator.Protocol{
		Credential: s.credential, Errors: simulator.ShapeMessage, Routes: map[string]string{},
		NewID:    func() string { return simulator.Base36("id-", 12) },
		NewValue: func() string { return simulator.Base62(prefixOf(value), 32) },
	}
	if _, isNumber := id.(json.Number); isNumber {
		var last atomic.Int64
		protocol.NewID = func() string { return strconv.FormatInt(1000+last.Add(1), 10) }
	}
	mux := http.NewServeMux()
	route := func(call, operation string, status int, answer func(*http.Request) (any, error)) {
		protocol.Routes[call] = operation
		mux.HandleFunc(call, func(w http.ResponseWriter, r *http.Request) { sim.answer(w, r, status, answer) })
	}
	l := s.Life
	route(l.Create.Call, simulator.OpCreate, l.Create.Status, sim.create)
	route(l.List.Call, simulator.OpList, http.StatusOK, sim.list)
	route(l.Revoke.Call, simulator.OpRevoke, l.Revoke.Status, sim.revoke)
	if l.Get != nil {
		route(l.Get.Call, simulator.OpGet, l.Get.Status, sim.get)
	}
	if l.Update != nil {
		route(l.Update.Call, simulator.OpUpdate, l.Update.Status, sim.update)
	}
	return st.Serve(protocol, mux)
}

// credential reads the credential of a request.
func (s Service) credential(r *http.Request) string {
	header, prefix, _ := strings.Cut(s.Life.Auth, ": ")
	header = strings.TrimSuffix(header, ":")
	text := r.Header.Get(header)
	user, basic := strings.CutPrefix(prefix, "Basic ")
	if !basic {
		if prefix == "" {
			return text
		}
		credential, _ := strings.CutPrefix(text, prefix+" ")
		return credential
	}
	encoded, _ := strings.CutPrefix(text, "Basic ")
	plain, _ := base64.StdEncoding.DecodeString(encoded)
	credential, _ := strings.CutPrefix(string(plain), user+":")
	return credential
}

type simulated struct {
	Service
	st *simulator.Store
}

func (s *simulated) answer(w http.ResponseWriter, r *http.Request, status int, answer func(*http.Request) (any, error)) {
	document, err := answer(r)
	if err != nil {
		s.st.Fail(w, r, err)
		return
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if document != nil {
		_ = json.NewEncoder(w).Encode(document)
	}
}

// body reads a request, and the fields next to the name in it.
func (s *simulated) body(r *http.Request, form bool, name string) (text string, fields map[string]any, err error) {
	var document any
	if form {
		if err := r.ParseForm(); err != nil {
			return "", nil, simulator.Invalid("body", "", "not a form")
		}
		document = plain(r.PostForm)
	} else if err := json.NewDecoder(r.Body).Decode(&document); err != nil {
		return "", nil, simulator.Invalid("body", "", "not JSON")
	}
	around, _ := find(document, name[:strings.LastIndex(name, "/")])
	fields, _ = around.(map[string]any)
	value, _ := find(document, name)
	text, _ = value.(string)
	return text, fields, nil
}

func plain(form url.Values) map[string]any {
	fields := map[string]any{}
	for name := range form {
		fields[name] = form.Get(name)
	}
	return fields
}

// sent is the attribute of a record with what was sent next to its name.
const sent = "sent"

func (s *simulated) create(r *http.Request) (any, error) {
	c := s.Life.Create
	name, fields, err := s.body(r, c.Form, c.Name)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, simulator.Invalid("body", "name", "must not be empty")
	}
	k, err := s.st.Create(r.Context(), simulator.Draft{Name: name, Attributes: map[string]any{sent: fields}})
	if err != nil {
		return nil, err
	}
	answer := decode(s.Create)
	id, _ := find(answer, c.ID)
	answer = set(set(answer, c.ID, idLike(id, k.ID)), c.Value, k.Value)
	if c.Created != "" {
		at, _ := find(answer, c.Created)
		answer = set(answer, c.Created, timeLike(at, k.CreatedAt))
	}
	return answer, nil
}

// row is a key as the example in a document shows one.
func (s *simulated) row(example any, k simulator.Record) any {
	l := s.Life.List
	at := func(pointer string) any { value, _ := find(example, pointer); return value }
	around, _ := find(example, l.Name[:strings.LastIndex(l.Name, "/")])
	fields, _ := k.Attributes[sent].(map[string]any)
	if shown, ok := around.(map[string]any); ok {
		for name, value := range fields {
			if _, documented := shown[name]; documented {
				shown[name] = value
			}
		}
	}
	id := at(l.ID)
	example = set(set(example, l.ID, idLike(id, k.ID)), l.Name, k.Name)
	if l.Created != "" {
		example = set(example, l.Created, timeLike(at(l.Created), k.CreatedAt))
	}
	if l.Used != "" {
		used := neverLike(at(l.Used))
		if !k.LastUsedAt.IsZero() {
			like := at(l.Used)
			if like == nil || like == json.Number("0") {
				like = at(l.Created)
			}
			used = timeLike(like, k.LastUsedAt)
			if number, ok := at(l.Used).(json.Number); ok && number == "0" {
				used = k.LastUsedAt.UnixMilli()
			}
		}
		example = set(example, l.Used, used)
	}
	if l.Revoked != "" {
		example = set(example, l.Revoked, revokedLike(at(l.Revoked), k.RevokedAt))
	}
	if l.Hint != "" {
		example = set(example, l.Hint, hintLike(at(l.Hint), k.Value))
	}
	return example
}

func (s *simulated) list(r *http.Request) (any, error) {
	l, query := s.Life.List, r.URL.Query()
	status := simulator.StatusLive
	if name, value, _ := strings.Cut(l.OnlyLive, "="); l.Revoked != "" && (name == "" || query.Get(name) != value) {
		status = simulator.StatusAll
	}
	all := s.st.List(simulator.Query{Status: status}).Records
	first := s.firstOf(all, query.Get(l.Page.Param))
	last := len(all)
	if l.Page.Style != "" {
		last = min(first+pageSize, len(all))
	}
	rows := []any{}
	for _, k := range all[first:last] {
		example, err := s.firstRow(decode(s.List))
		if err != nil {
			return nil, err
		}
		rows = append(rows, s.row(example, k))
	}
	answer := decode(s.List)
	answer = set(answer, l.Rows, rows)
	if l.Page.More != "" {
		answer = set(answer, l.Page.More, last < len(all))
	}
	if l.Page.Next != "" && last < len(all) {
		next := any("cursor " + strconv.Itoa(last))
		if l.Page.Style == "number" {
			next = 1 + last/pageSize
		}
		answer = set(answer, l.Page.Next, next)
	}
	return answer, nil
}

// firstOf is the number of the first row of the page that a parameter asks for.
func (s *simulated) firstOf(all []simulator.Record, asked string) int {
	p, first := s.Life.List.Page, 0
	switch {
	case asked == "":
	case p.Style == "after":
		first = 1 + slices.IndexFunc(all, func(k simulator.Record) bool { return k.ID == asked })
	case p.Style == "offset":
		first = atoi(asked)
	case p.Style == "cursor":
		first = atoi(strings.TrimPrefix(asked, "cursor "))
	default:
		begin := 1
		if p.First != nil {
			begin = *p.First
		}
		first = (atoi(asked) - begin) * pageSize
	}
	return max(0, min(first, len(all)))
}

func (s *simulated) get(r *http.Request) (any, error) {
	k, found := s.st.Get(r.PathValue("id"))
	if !found || !k.Live() && s.Life.List.Revoked == "" {
		return nil, simulator.NotFound("no such key")
	}
	answer := decode(s.Get)
	row, _ := find(answer, s.Life.Get.Row)
	return set(answer, s.Life.Get.Row, s.row(row, k)), nil
}

func (s *simulated) update(r *http.Request) (any, error) {
	pointer := s.Life.Update.Name
	name, fields, err := s.body(r, false, cmp.Or(pointer, "/name"))
	if err != nil {
		return nil, err
	}
	if pointer == "" && name != "" {
		return nil, simulator.Invalid("body", "name", "cannot be changed")
	}
	_, err = s.st.Change(r.Context(), r.PathValue("id"), func(k *simulator.Record) {
		k.Name = cmp.Or(name, k.Name)
		all := map[string]any{}
		before, _ := k.Attributes[sent].(map[string]any)
		maps.Copy(all, before)
		maps.Copy(all, fields)
		k.Attributes[sent] = all
	})
	return map[string]any{}, err
}

func (s *simulated) revoke(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if pointer := s.Life.Revoke.ID; pointer != "" {
		var err error
		if id, _, err = s.body(r, false, pointer); err != nil {
			return nil, err
		}
	}
	if _, err := s.st.Retire(r.Context(), id); err != nil {
		return nil, err
	}
	return decode(s.Revoke), nil
}
