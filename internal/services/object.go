package services

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// Object is one record of an answer, read field by field, so that one odd value does not
// make the others unreadable. A field that is missing, null or unreadable reads as the
// zero value; an unreadable one is named in Unreadable.
type Object struct {
	// Unreadable are the fields that were asked for and could not be read.
	Unreadable []string

	fields map[string]json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler. Anything but an object or null is
// an error.
func (r *Object) UnmarshalJSON(text []byte) error {
	r.Unreadable, r.fields = nil, nil
	return json.Unmarshal(text, &r.fields)
}

// Has reports whether the record has the field, even if it is null.
func (r *Object) Has(field string) bool { return len(r.fields[field]) > 0 }

// Null reports whether the field is null, missing or the string "null", which OnePin's
// Create Api Key page shows.
func (r *Object) Null(field string) bool {
	value := string(r.fields[field])
	return value == "" || value == "null" || strings.EqualFold(value, `"null"`)
}

// Object is the record in a field, empty if there is none; "" is the record itself.
func (r *Object) Object(field string) *Object {
	if field == "" {
		return r
	}
	inner := &Object{}
	if !r.Null(field) && json.Unmarshal(r.fields[field], inner) != nil {
		r.unreadable(field)
	}
	return inner
}

// JSON is a field as it was sent; empty without it.
func (r *Object) JSON(field string) json.RawMessage { return r.fields[field] }

// Text reads a string, or a number as it is written.
func (r *Object) Text(field string) (text string) {
	value := r.fields[field]
	switch {
	case len(value) == 0 || string(value) == "null" || json.Unmarshal(value, &text) == nil:
		return text
	case strings.ContainsAny(string(value[:1]), "-0123456789"):
		return string(value)
	}
	r.unreadable(field)
	return ""
}

// removeTexts removes fields from the record, and returns the text of the first that has one.
func (r *Object) removeTexts(fields []string) (text string) {
	for _, field := range fields {
		text = cmp.Or(text, r.Text(field))
		delete(r.fields, field)
	}
	return text
}

// ID reads an identifier, from the first of these fields that holds one: a string or an
// integer. Without an identifier there is an error: nothing can be matched or revoked
// that has none.
func (r *Object) ID(fields ...string) (string, error) {
	for _, field := range fields {
		if r.Null(field) {
			continue
		}
		text, isString := r.Text(field), r.fields[field][0] == '"'
		if text != "" && (isString || strings.Trim(text, "0123456789") == "") {
			return text, nil
		}
	}
	return "", fmt.Errorf("it has no %s", strings.Join(fields, " or "))
}

// Time reads a time as [ParseTime] does; zero if there is none. exact is false for a
// date without time, which is read as the beginning of its day.
func (r *Object) Time(field string) (at time.Time, exact bool) {
	text := r.Text(field)
	at, err := ParseTime(text)
	if err != nil {
		r.unreadable(field)
	}
	return at, !dateOnly(text)
}

// Key reads a key: its id, from the first of these fields that holds one, its name, its
// times and its declared attributes. It fails only without an id.
func (r *Object) Key(attributes []definition.Attribute, idFields ...string) (k driver.Key, err error) {
	k.ID, err = r.ID(idFields...)
	k.Name = r.Text("name")
	r.times(&k)
	k.Attributes = r.Attributes(attributes)
	return k, err
}

// times reads the times that any service may report.
func (r *Object) times(k *driver.Key) {
	var exact bool
	k.CreatedAt, exact = r.Time(driver.FieldCreatedAt)
	k.DateOnly = !exact
	if k.LastUsedAt, exact = r.Time(driver.FieldLastUsedAt); !exact {
		// It was used some time that day, so it counts as used until the day's end.
		k.LastUsedAt = k.LastUsedAt.Add(24*time.Hour - time.Second)
	}
	k.RevokedAt, _ = r.Time(driver.FieldRevokedAt)
	if k.ExpiresAt, exact = r.Time(driver.FieldExpiresAt); !exact {
		k.ExpiresAt = k.ExpiresAt.Add(24 * time.Hour) // it lives until that day is over
	}
}

// Attributes reads a service's own properties of a key by their declared kinds. What is
// missing or cannot be read is left out, a null is nil.
func (r *Object) Attributes(declared []definition.Attribute) driver.Attributes {
	var values driver.Attributes
	for _, a := range declared {
		if !r.Has(a.Name) {
			continue
		}
		var value any
		if string(r.JSON(a.Name)) != "null" {
			value = r.decode(a)
		}
		if slices.Contains(r.Unreadable, a.Name) {
			continue
		}
		if values == nil {
			values = driver.Attributes{}
		}
		values[a.Name] = value
	}
	return values
}

// decode reads a value of the declared kind.
func (r *Object) decode(a definition.Attribute) any {
	switch a.Kind {
	case definition.Int64:
		return r.Number(a.Name)
	case definition.Float64:
		return r.float(a.Name)
	case definition.Bool:
		on, err := strconv.ParseBool(strings.Trim(string(r.JSON(a.Name)), `"`))
		if err != nil {
			r.unreadable(a.Name)
		}
		return on
	case definition.StringSet:
		var list []string
		if json.Unmarshal(r.fields[a.Name], &list) != nil {
			r.unreadable(a.Name)
		}
		return list
	case definition.Time:
		if at, _ := r.Time(a.Name); !at.IsZero() {
			return at
		}
		return nil
	default:
		return r.Text(a.Name)
	}
}

// Number reads an integer.
func (r *Object) Number(field string) int64 {
	n, err := strconv.ParseInt(r.Text(field), 10, 64)
	if err != nil {
		// It may be written with a fraction or an exponent.
		f := r.float(field)
		if n = int64(f); math.Abs(f) > 1<<53 || float64(n) != f {
			r.unreadable(field)
		}
	}
	return n
}

func (r *Object) float(field string) float64 {
	n, err := strconv.ParseFloat(r.Text(field), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		r.unreadable(field)
		return 0
	}
	return n
}

func (r *Object) unreadable(field string) {
	if !slices.Contains(r.Unreadable, field) {
		r.Unreadable = append(r.Unreadable, field)
	}
}

// filling are the characters that hide the rest of a value.
const filling = ".*•…"

// unmask reads a masked value, such as pio_sk_ab12…9f8e.
func unmask(masked string) driver.Hint {
	first := strings.IndexAny(masked, filling)
	if first < 0 {
		return driver.Hint{Prefix: masked}
	}
	return driver.Hint{Prefix: masked[:first], Suffix: ending(masked)}
}

// ending is the end of a masked value, or of one whose end alone is shown.
func ending(masked string) string {
	masked = strings.TrimSpace(masked)
	return strings.TrimLeft(masked[max(0, strings.LastIndexAny(masked, filling)):], filling)
}
