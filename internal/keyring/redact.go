package keyring

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

const (
	// minValue is how long a value must be to be redacted: shorter ones occur in words.
	minValue = 8
	// minRandom is how many characters follow the prefix in a complete value. What
	// services show of a value is shorter.
	minRandom = 16
)

// value is the value of a key that this process has created, and the key's name.
type value struct {
	driver.Secret
	name string
}

// LearnValue remembers the value of the key of that name, so that it is redacted in
// every answer.
func (s *SharedCreates) LearnValue(v driver.Secret, name string) {
	if len(v.Reveal()) < minValue {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shortest == 0 || len(v.Reveal()) < s.shortest {
		s.shortest = len(v.Reveal())
	}
	s.values = append(s.values, value{v, name})
}

// findValue returns the remembered value that a text contains.
func (s *SharedCreates) findValue(text string) (value, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shortest == 0 || len(text) < s.shortest { // nearly always
		return value{}, false
	}
	i := slices.IndexFunc(s.values, func(v value) bool { return strings.Contains(text, v.Reveal()) })
	if i < 0 {
		return value{}, false
	}
	return s.values[i], true
}

// redact replaces remembered values in a text, and what looks like a complete value.
func (o *Options) redact(text string) string {
	for v, found := o.Creates.findValue(text); found; v, found = o.Creates.findValue(text) {
		text = strings.ReplaceAll(text, v.Reveal(), driver.Redacted)
	}
	if o.completeValue != nil && len(text) > minRandom {
		text = o.completeValue.ReplaceAllString(text, driver.Redacted)
	}
	return text
}

// RedactKeys replaces what begins with one of the prefixes and looks like a complete
// value.
func RedactKeys(text string, prefixes []string) string {
	if complete := completeValue(prefixes); complete != nil {
		text = complete.ReplaceAllString(text, driver.Redacted)
	}
	return text
}

// LooksWhole reports whether a value begins with one of the prefixes and is long enough
// to be complete. Without prefixes any value is.
func LooksWhole(value driver.Secret, prefixes []string) bool {
	complete := completeValue(prefixes)
	if complete == nil {
		return true
	}
	found := complete.FindString(value.Reveal())
	return found != "" && strings.HasPrefix(value.Reveal(), found)
}

// completeValue matches one of the prefixes and enough characters after it. Nil without
// prefixes.
func completeValue(prefixes []string) *regexp.Regexp {
	if len(prefixes) == 0 {
		return nil
	}
	quoted := make([]string, len(prefixes))
	for i, p := range prefixes {
		quoted[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?:` + strings.Join(quoted, "|") + `)[A-Za-z0-9_-]{` + strconv.Itoa(minRandom) + `,}`)
}

// redactKey redacts a record, because a service may repeat a value in any field. A name
// that contains a value becomes the name that was asked for, an id becomes empty, and an
// attribute null.
func (o *Options) redactKey(k *driver.Key) {
	if v, found := o.Creates.findValue(k.Name); found {
		k.Name = v.name
	}
	k.Name = o.redact(k.Name)
	if _, found := o.Creates.findValue(k.ID); found {
		k.ID = ""
	}
	containsValue := func(s string) bool { return o.redact(s) != s }
	for name, v := range k.Attributes {
		text, _ := v.(string)
		texts, _ := v.([]string)
		if containsValue(text) || slices.ContainsFunc(texts, containsValue) {
			k.Attributes = maps.Clone(k.Attributes) // others may use the adapter's map
			k.Attributes[name] = nil
		}
	}
}

// redactResult redacts an answer's keys and an error. It is an error if an id contains a
// value: ids are written to the state and to the screen.
func (o *Options) redactResult(result any, err error) error {
	err = o.redactError(err)
	redact := func(k *driver.Key) {
		hadID := k.ID != ""
		if o.redactKey(k); hadID && k.ID == "" && err == nil {
			err = &driver.Error{
				Service: "the service", Operation: "read the keys", Kind: driver.KindMalformed, Effect: driver.EffectUnknown,
				Message: "the id of a key contains the key's value, which must not be written anywhere",
			}
		}
	}
	switch result := result.(type) {
	case *driver.Page:
		for i := range result.Keys {
			redact(&result.Keys[i])
		}
	case *driver.Key:
		redact(result)
	}
	return err
}

// redactError redacts an error. It returns a copy if anything changed: an adapter may
// return the same error to several callers.
func (o *Options) redactError(err error) error {
	e, ok := driver.AsError(err)
	if !ok {
		return err
	}
	redacted := *e
	redacted.Message, redacted.Code, redacted.RequestID = o.redact(e.Message), o.redact(e.Code), o.redact(e.RequestID)
	redacted.Fields = slices.Clone(e.Fields)
	for i, f := range e.Fields {
		redacted.Fields[i] = driver.FieldError{Field: o.redact(f.Field), Message: o.redact(f.Message)}
	}
	if redacted.Message == e.Message && redacted.Code == e.Code && redacted.RequestID == e.RequestID && slices.Equal(redacted.Fields, e.Fields) {
		return err
	}
	return &redacted
}
