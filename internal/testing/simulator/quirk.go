package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Quirks are oddities that a service may have without being broken: whatever
// its documentation leaves open. All are off in the zero value.
type Quirks struct {
	// CreateOK: a create answers 200 instead of 201.
	CreateOK bool `json:"create_ok,omitempty"`
	// RevokeNoContent: a revoke answers 204 without a body instead of 200.
	RevokeNoContent bool `json:"revoke_no_content,omitempty"`
	// RevokeByName: the revoke call of Pioneer wants a name in its body and
	// refuses key_id with a 422 that blames the body. It takes the oldest key of
	// that name.
	RevokeByName bool `json:"revoke_by_name,omitempty"`
	// PatchNullKeeps: null in a PATCH leaves a value as it is instead of
	// clearing it.
	PatchNullKeeps bool `json:"patch_null_keeps,omitempty"`

	// IDField: the records of listings call their identifier by this name.
	IDField string `json:"id_field,omitempty"`
	// NullStrings: null in a time is the string "null".
	NullStrings bool `json:"null_strings,omitempty"`
	// OmitNulls: fields that are null are left out.
	OmitNulls bool `json:"omit_nulls,omitempty"`
	// Times is how times are written.
	Times Times `json:"times,omitempty"`
	// ExtraFields: every object has fields that no document mentions.
	ExtraFields bool `json:"extra_fields,omitempty"`
	// NoCreatedAt: the records of listings have no creation time.
	NoCreatedAt bool `json:"no_created_at,omitempty"`
	// HideValues: the records of listings show nothing of a key's value.
	HideValues bool `json:"hide_values,omitempty"`

	// PageCap: pages have at most this many rows, whatever limit is asked for.
	PageCap int `json:"page_cap,omitempty"`
	// IgnorePaging: every listing is the whole one.
	IgnorePaging bool `json:"ignore_paging,omitempty"`
	// ReverseOrder: listings come in the other order.
	ReverseOrder bool `json:"reverse_order,omitempty"`
	// IgnoreOffset: every page of a listing is the first one.
	IgnoreOffset bool `json:"ignore_offset,omitempty"`
	// Total: listings that say how many keys there are say this many.
	Total int `json:"total,omitempty"`
	// TotalAll: they count the keys of every status.
	TotalAll bool `json:"total_all,omitempty"`
	// ListingLag: listings show a key only this long after it was made.
	ListingLag time.Duration `json:"listing_lag,omitempty"`
	// ListingEnd: listings have no key that was made then or later; zero: they have all.
	ListingEnd time.Time `json:"listing_end,omitzero"`

	// Names is what becomes of the names that keys are given.
	Names NameForm `json:"names,omitempty"`
	// Echo are fields, separated by commas: where the service's answers have one of
	// them, it holds the key's value.
	Echo string `json:"echo,omitempty"`

	// Errors: every refusal has a body of this shape.
	Errors Shape `json:"errors,omitempty"`
	// OutOfCredit: every request is answered with 402.
	OutOfCredit bool `json:"out_of_credit,omitempty"`
	// Forbidden: every request that is signed properly is answered with 403.
	Forbidden bool `json:"forbidden,omitempty"`
	// UniqueNames: making a key of a name that a live key of its scope has is
	// answered with 409.
	UniqueNames bool `json:"unique_names,omitempty"`
	// RequiredScope: an API key whose "scopes" attribute lacks this is answered
	// with 403 whatever it asks for.
	RequiredScope string `json:"required_scope,omitempty"`
}

// NameForm is what a service makes of a name; the zero value is nothing.
type NameForm string

// What services make of names.
const (
	NamesTrimmed NameForm = "trimmed" // without white space around it
	NamesLower   NameForm = "lower"   // in lower case
	NamesCut     NameForm = "cut"     // the first three characters
)

// cutName is how many characters [NamesCut] leaves.
const cutName = 3

// of is what becomes of a name.
func (f NameForm) of(name string) string {
	switch f {
	case NamesTrimmed:
		return strings.TrimSpace(name)
	case NamesLower:
		return strings.ToLower(name)
	case NamesCut:
		letters := []rune(name)
		return string(letters[:min(cutName, len(letters))])
	default:
		return name
	}
}

// Times is a way to write a time; the zero value is RFC 3339 with as many
// digits of a second as there are.
type Times string

// The ways to write a time besides the usual one.
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

// write writes a time.
func (t Times) write(at time.Time) any {
	switch t {
	case TimesUnix:
		return at.Unix()
	case TimesUnixMillis:
		return at.UnixMilli()
	case TimesUnreadable:
		return map[string]any{"at": at.Format(time.RFC3339Nano)}
	default:
		return at.Format(t.layout())
	}
}

// shown are the fields of the services' records that show part of a value.
var shown = []string{"key", "masked_key", "prefix", "key_prefix", "key_suffix", "preview", "ending", "api_key_last_digits"}

// layout returns the layout of package time.
func (t Times) layout() string {
	switch t {
	case TimesSeconds:
		return "2006-01-02T15:04:05Z"
	case TimesMicros:
		return "2006-01-02T15:04:05.000000Z"
	case TimesZoneless:
		return "2006-01-02T15:04:05.999999999"
	case TimesDate:
		return time.DateOnly
	case TimesOffset:
		return "2006-01-02T15:04:05.999-07:00"
	default:
		return time.RFC3339Nano
	}
}

// timeFields are the fields of the services' records that hold a time.
var timeFields = []string{"created_at", "updated_at", "last_used_at", "revoked_at", "expires_at", "timestamp"}

// rewrites reports whether the quirks change what is in an answer.
func (q Quirks) rewrites() bool {
	return q.IDField != "" || q.NullStrings || q.OmitNulls || q.Times != "" || q.ExtraFields || q.NoCreatedAt || q.HideValues
}

// apply alters a successful answer to op.
func (q Quirks) apply(op string, a *answer) {
	if op == OpCreate && q.CreateOK && a.status == http.StatusCreated {
		a.status = http.StatusOK
	}
	if op == OpRevoke && q.RevokeNoContent && a.status == http.StatusOK {
		a.status, a.body = http.StatusNoContent, nil
		a.header.Del("Content-Type")
	}
	if q.rewrites() {
		a.rewrite(func(object map[string]any) { q.alter(op, object) })
	}
}

// alter is what apply does to each object of an answer.
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
			maps.DeleteFunc(object, func(field string, _ any) bool { return slices.Contains(shown, field) })
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
