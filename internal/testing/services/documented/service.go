package documented

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-openapi/jsonpointer"
)

// Service is what the documentation of a service has.
type Service struct {
	// Source is where the answers are from.
	Source string
	// The documented answers. That to a listing has at least one key, that to a revocation is
	// here if it says that the key is revoked.
	Create, List, Get, Revoke json.RawMessage
	Life                      Life
}

// Life says how the calls are made, and what the fields of the answers mean. All pointers
// are JSON Pointers (RFC 6901); "" is none, but for rows, where it is the answer itself.
type Life struct {
	// Auth is the header of the credential and what precedes the credential in it, such as
	// "Authorization: Bearer". After "Basic" follows the user.
	Auth   string
	Create CreateCall
	List   ListCall
	Get    *GetCall
	Update *UpdateCall
	Revoke RevokeCall
}

// CreateCall creates a key. Name points into the request, the others into the answer.
type CreateCall struct {
	Call                     string // method and path
	Status                   int
	Form                     bool // the request is a form instead of JSON
	Name, ID, Value, Created string
}

// ListCall lists keys. Rows points to the array of keys, the others into a key.
type ListCall struct {
	Call                                         string
	Rows, ID, Name, Created, Used, Revoked, Hint string
	// OnlyLive is the query, such as "state=active", that leaves revoked keys out.
	OnlyLive string `json:"only_live"`
	Page     Page
}

// Page says how pages follow each other: "after" the last id, "offset", "page" (a number,
// which begins at First), "number" (the same, and the answer has the next one) or "cursor".
type Page struct {
	Style, Param, Next, More string
	First                    *int
}

// GetCall reads a key. Row points to it in the answer.
type GetCall struct {
	Call   string
	Status int
	Row    string
}

// UpdateCall changes a key. Name points into the request.
type UpdateCall struct {
	Call   string
	Status int
	Name   string
}

// RevokeCall revokes a key. ID points into the request if the path does not have the id.
type RevokeCall struct {
	Call   string
	Status int
	ID     string
}

// Read reads the file of a service.
func Read(dir, name string) (Service, error) {
	text, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err != nil {
		return Service{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var s Service
	if err := decoder.Decode(&s); err != nil {
		return Service{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, s.check()
}

// check fails if a pointer leads nowhere in the documented answers. Only what a key may lack
// may be missing: its last use, and when it was revoked.
func (s Service) check() error {
	created, listed := decode(s.Create), decode(s.List)
	row, err := s.firstRow(listed)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		document any
		pointers []string
	}{
		{created, []string{s.Life.Create.ID, s.Life.Create.Value, s.Life.Create.Created}},
		{row, []string{s.Life.List.ID, s.Life.List.Name, s.Life.List.Created, s.Life.List.Hint}},
		{listed, []string{s.Life.List.Page.More}}, // the next page may be missing on the last
	} {
		for _, pointer := range p.pointers {
			if _, found := find(p.document, pointer); pointer != "" && !found {
				return fmt.Errorf("%s is not in the documented answer", pointer)
			}
		}
	}
	return nil
}

// firstRow is the first key of the documented listing.
func (s Service) firstRow(listed any) (any, error) {
	value, _ := find(listed, s.Life.List.Rows)
	rows, _ := value.([]any)
	if len(rows) == 0 {
		return nil, fmt.Errorf("the documented listing has no keys at %q", s.Life.List.Rows)
	}
	return rows[0], nil
}

// decode reads JSON; each call returns a copy of its own. Numbers stay as they are written.
func decode(text []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	_ = decoder.Decode(&value) // nothing is null
	return value
}

func find(document any, pointer string) (value any, found bool) {
	p, err := jsonpointer.New(pointer)
	if err != nil {
		return nil, false
	}
	value, _, err = p.Get(document)
	return value, err == nil
}

// set returns the document with another value where the pointer leads to.
func set(document any, pointer string, value any) any {
	if pointer == "" {
		return value
	}
	if p, err := jsonpointer.New(pointer); err == nil {
		if changed, err := p.Set(document, value); err == nil {
			return changed
		}
	}
	return document
}
