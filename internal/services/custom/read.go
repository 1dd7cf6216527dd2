package custom

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// readKey reads a key of a listing, or of the answer to a get. It fails without an id:
// nothing can be matched or revoked that has none.
func (d *Declaration) readKey(item any) (driver.Key, error) {
	r := reader{item: item}
	l := d.List
	k := driver.Key{ID: r.id(l.ID), Name: r.text(l.Name)}
	if k.ID == "" {
		return k, fmt.Errorf("it has no id: %s", l.ID.describe(item))
	}
	k.CreatedAt = r.time(l.CreatedAt, driver.FieldCreatedAt, l.CreatedAtFormat)
	k.LastUsedAt = r.time(l.LastUsedAt, driver.FieldLastUsedAt, l.LastUsedAtFormat)
	k.RevokedAt = r.time(l.RevokedAt, driver.FieldRevokedAt, l.CreatedAtFormat)
	if r.isTrue(l.Revoked) && k.RevokedAt.IsZero() {
		k.RevokedAt = revokedSometime
	}
	k.Hint = hint(r.text(l.Hint))
	k.Unreadable = r.unreadable
	k.Attributes = driver.Attributes{}
	if len(l.Arguments) > 0 {
		shown := map[string]any{}
		for name, pointer := range l.Arguments {
			if value, ok := pointer.find(item); ok {
				shown[name] = value
			}
		}
		if text, err := json.Marshal(shown); err == nil {
			k.Attributes[Arguments] = string(text)
		}
	}
	return k, nil
}

// revokedSometime is the time of revocation if the service only says that there was one.
var revokedSometime = time.Unix(0, 0).UTC()

// reader reads the fields of one key.
type reader struct {
	item       any
	unreadable []string
}

// scalar is the item as text; "" if it is neither a string nor a number. A number is
// read as it is written.
func (r *reader) scalar() string {
	switch value := r.item.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// id reads an id.
func (r *reader) id(p Pointer) string {
	if p == "" {
		return ""
	}
	value, _ := p.find(r.item)
	return (&reader{item: value}).scalar()
}

// text reads a text, which is unreadable if it is an object, an array or a boolean.
func (r *reader) text(p Pointer) string {
	if p == "" {
		return ""
	}
	value, found := p.find(r.item)
	text := (&reader{item: value}).scalar()
	if found && text == "" && value != "" {
		r.unreadable = append(r.unreadable, string(p))
	}
	return text
}

// isTrue reads a boolean; false if there is none.
func (r *reader) isTrue(p Pointer) bool {
	if p == "" {
		return false
	}
	value, _ := p.find(r.item)
	set, _ := value.(bool)
	return set
}

// time reads a time; zero if there is none. What is there and no time in the declared
// format is unreadable under the name of the field.
func (r *reader) time(p Pointer, field, format string) time.Time {
	if p == "" {
		return time.Time{}
	}
	value, found := p.find(r.item)
	if !found || value == "" {
		return time.Time{}
	}
	at, ok := parseTime(value, format)
	if !ok {
		r.unreadable = append(r.unreadable, field)
	}
	return at
}

// parseTime reads a time in a format. Services write numbers as strings too, and
// RFC 3339 with a space for the T.
func parseTime(value any, format string) (at time.Time, ok bool) {
	text := ""
	switch value := value.(type) {
	case string:
		text = strings.TrimSpace(value)
	case json.Number:
		text = value.String()
	}
	if format == formatRFC3339 {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC(), true
			}
		}
		return time.Time{}, false
	}
	number, err := strconv.ParseFloat(text, 64)
	if format == formatUnix {
		number *= 1000
	}
	if err != nil || math.IsNaN(number) || number < 0 || number > maxMillis {
		return time.Time{}, false
	}
	if number == 0 {
		return time.Time{}, true // never
	}
	return time.UnixMilli(int64(math.Round(number))).UTC(), true
}

// maxMillis is the end of the year 9999, the last that RFC 3339 has.
const maxMillis = 253402300799999

// masking are the characters that hide the rest of a value.
const masking = "*•…."

// hint reads what a service shows of a value: masked, such as "sk-ab…cdef", or its last
// characters.
func hint(shown string) driver.Hint {
	shown = strings.TrimSpace(shown)
	first, last := strings.IndexAny(shown, masking), strings.LastIndexAny(shown, masking)
	if first < 0 {
		return driver.Hint{Suffix: shown}
	}
	return driver.Hint{Prefix: shown[:first], Suffix: strings.TrimLeft(shown[last:], masking)}
}
