package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Quirks are what services may do that their documentation leaves open. All are off in
// the zero value.
type Quirks struct {
	CreateOK        bool `json:"create_ok,omitempty"`         // a create answers 200 instead of 201
	RevokeNoContent bool `json:"revoke_no_content,omitempty"` // a revoke answers 204 without a body instead of 200
	RevokeByName    bool `json:"revoke_by_name,omitempty"`    // Pioneer revokes the oldest key with the name in the body, and refuses key_id with 422
	PatchNullKeeps  bool `json:"patch_null_keeps,omitempty"`  // null in a PATCH changes nothing instead of clearing a value

	IDField     string `json:"id_field,omitempty"`      // name of the identifier in listings
	NullStrings bool   `json:"null_strings,omitempty"`  // null in a time is the string "null"
	OmitNulls   bool   `json:"omit_nulls,omitempty"`    // fields that are null are left out
	Times       Times  `json:"times,omitempty"`         // how times are written
	ExtraFields bool   `json:"extra_fields,omitempty"`  // objects have undocumented fields
	NoCreatedAt bool   `json:"no_created_at,omitempty"` // listings have no creation times
	HideValues  bool   `json:"hide_values,omitempty"`   // listings show no part of a value
	Echo        string `json:"echo,omitempty"`          // fields, separated by commas, that hold the key's value wherever they appear

	PageCap      int           `json:"page_cap,omitempty"`      // rows a page at most, whatever limit is asked for
	IgnorePaging bool          `json:"ignore_paging,omitempty"` // every page is the complete listing
	IgnoreOffset bool          `json:"ignore_offset,omitempty"` // every page is the first one
	ReverseOrder bool          `json:"reverse_order,omitempty"` // listings come in the other order
	Total        int           `json:"total,omitempty"`         // the total that listings give
	TotalAll     bool          `json:"total_all,omitempty"`     // the total counts the keys of every status
	ListingLag   time.Duration `json:"-"`                       // listings show a key only this long after its creation
	ListingEnd   time.Time     `json:"listing_end,omitzero"`    // listings show no key created then or later

	Names       NameForm `json:"names,omitempty"`        // how names are changed
	UniqueNames bool     `json:"unique_names,omitempty"` // a create with the name of a live key of its scope is answered with 409

	Errors        Shape  `json:"errors,omitempty"`         // of every refusal
	OutOfCredit   bool   `json:"out_of_credit,omitempty"`  // every request is answered with 402
	Forbidden     bool   `json:"forbidden,omitempty"`      // every correctly signed request is answered with 403
	RequiredScope string `json:"required_scope,omitempty"` // API keys whose "scopes" attribute lacks it get 403
}

// NameForm is how a service changes names; the zero value is not at all.
type NameForm string

// How services change names.
const (
	NamesTrimmed NameForm = "trimmed" // without white space around it
	NamesLower   NameForm = "lower"   // in lower case
	NamesCut     NameForm = "cut"     // the first three characters
)

func (f NameForm) of(name string) string {
	switch f {
	case NamesTrimmed:
		return strings.TrimSpace(name)
	case NamesLower:
		return strings.ToLower(name)
	case NamesCut:
		letters := []rune(name)
		return string(letters[:min(3, len(letters))])
	default:
		return name
	}
}

// Times is how times are written; the zero value is RFC 3339 with as many digits as
// needed.
type Times string

// The other ways to write a time.
const (
	TimesSeconds Times = "seconds" // 2026-02-13T10:00:00Z
	TimesMicros  Times = "micros"  // 2026-02-13T10:00:00.123000Z
	TimesOffset  Times = "offset"  // 2026-02-13T10:00:00.123+00:00

	TimesZoneless   Times = "zoneless"    // 2026-02-13T10:00:00.123
	TimesDate       Times = "date"        // 2026-02-13
	TimesUnix       Times = "unix"        // 1770976800
	TimesUnixMillis Times = "unix_millis" // 1770976800123
	TimesUnreadable Times = "unreadable"  // an object
)

var layouts = map[Times]string{
	TimesSeconds: "2006-01-02T15:04:05Z", TimesMicros: "2006-01-02T15:04:05.000000Z", TimesOffset: "2006-01-02T15:04:05.999-07:00",
	TimesZoneless: "2006-01-02T15:04:05.999999999", TimesDate: time.DateOnly,
}

func (t Times) write(at time.Time) any {
	switch t {
	case TimesUnix:
		return at.Unix()
	case TimesUnixMillis:
		return at.UnixMilli()
	case TimesUnreadable:
		return map[string]any{"at": at.Format(time.RFC3339Nano)}
	default:
		return at.Format(layouts[t])
	}
}

var (
	// valueFields are the fields of the services' records that show part of a value.
	valueFields = []string{"key", "masked_key", "prefix", "key_prefix", "key_suffix", "preview", "ending", "api_key_last_digits"}
	// timeFields are those that hold a time.
	timeFields = []string{"created_at", "updated_at", "last_used_at", "revoked_at", "expires_at", "timestamp"}
)

// applyQuirks changes a successful answer.
func (st *Store) applyQuirks(op string, a *answer) {
	q := st.Quirks()
	if q.Echo != "" {
		st.echo(strings.Split(q.Echo, ","), a)
	}
	if op == OpCreate && q.CreateOK && a.status == http.StatusCreated {
		a.status = http.StatusOK
	}
	if op == OpRevoke && q.RevokeNoContent && a.status == http.StatusOK {
		a.status, a.body = http.StatusNoContent, nil
		a.header.Del("Content-Type")
	}
	if q.IDField != "" || q.NullStrings || q.OmitNulls || q.Times != "" || q.ExtraFields || q.NoCreatedAt || q.HideValues {
		a.rewrite(func(object map[string]any) { q.alter(op, object) })
	}
}

// echo puts keys' values into fields of an answer.
func (st *Store) echo(fields []string, a *answer) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	a.rewrite(func(object map[string]any) {
		value := st.valueIn(object)
		for _, field := range fields {
			if _, there := object[field]; there && value != "" {
				object[field] = value
			}
		}
	})
}

// valueIn is the value of the key that an object is about. st.mu is held.
func (st *Store) valueIn(object map[string]any) string {
	for _, field := range object {
		if text, _ := field.(string); st.byValue[text] != nil {
			return text
		}
	}
	for _, field := range []string{"id", "key_id"} {
		if id, _ := object[field].(string); st.byID[id] != nil {
			return st.byID[id].Value
		}
	}
	return ""
}

// alter changes one object of an answer.
func (q Quirks) alter(op string, object map[string]any) {
	for _, field := range timeFields {
		value, found := object[field]
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		switch {
		case found && value == nil && q.NullStrings:
			object[field] = "null"
		case err == nil && q.Times != "":
			object[field] = q.Times.write(at)
		}
	}
	if op == OpList {
		if q.NoCreatedAt {
			delete(object, "created_at")
		}
		if q.HideValues {
			maps.DeleteFunc(object, func(field string, _ any) bool { return slices.Contains(valueFields, field) })
		}
		for _, field := range []string{"id", "key_id"} {
			if id, found := object[field]; found && q.IDField != "" {
				delete(object, field)
				object[q.IDField] = id
				break
			}
		}
	}
	for field, value := range object {
		if value == nil && q.OmitNulls {
			delete(object, field)
		}
	}
	if q.ExtraFields {
		object["added_later"] = map[string]any{"of": []any{"any", json.Number("1"), nil}}
	}
}
