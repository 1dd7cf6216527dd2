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
	// minValue is the shortest value that is looked for: shorter ones occur in words.
	minValue = 8
	// minRandom is how many characters follow a prefix in what looks like a whole key;
	// what services show of a value is shorter.
	minRandom = 16
)

// value is a key's value of this run, with the name that was asked for.
type value struct {
	driver.Secret
	name string
}

// LearnValue remembers the value of the key of that name, so that no answer brings it
// back.
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

// find returns the value of this run that a text holds.
func (s *SharedCreates) find(text string) (value, bool) {
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

// Conceal replaces values of this run in a text, and what looks like a whole key of
// the service.
func (o *Options) Conceal(text string) string {
	for v, found := o.Creates.find(text); found; v, found = o.Creates.find(text) {
		text = strings.ReplaceAll(text, v.Reveal(), driver.Redacted)
	}
	if o.whole != nil && len(text) > minRandom {
		text = o.whole.ReplaceAllString(text, driver.Redacted)
	}
	return text
}

// ConcealKeys replaces what begins with one of the prefixes and looks like a whole key.
func ConcealKeys(text string, prefixes []string) string {
	if whole := wholeKey(prefixes); whole != nil {
		text = whole.ReplaceAllString(text, driver.Redacted)
	}
	return text
}

// LooksWhole reports whether a value begins with one of the prefixes and has enough after
// it to be whole. Without prefixes any value may be.
func LooksWhole(value driver.Secret, prefixes []string) bool {
	whole := wholeKey(prefixes)
	if whole == nil {
		return true
	}
	found := whole.FindString(value.Reveal())
	return found != "" && strings.HasPrefix(value.Reveal(), found)
}

// wholeKey matches what looks like a whole key: one of the prefixes, and enough after
// it. Nil without prefixes.
func wholeKey(prefixes []string) *regexp.Regexp {
	if len(prefixes) == 0 {
		return nil
	}
	quoted := make([]string, len(prefixes))
	for i, p := range prefixes {
		quoted[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?:` + strings.Join(quoted, "|") + `)[A-Za-z0-9_-]{` + strconv.Itoa(minRandom) + `,}`)
}

// concealIn takes the values of keys out of what a record says besides: a service may
// repeat them in any field. A name that holds one is the name that was asked for. An
// id that does is none.
func (o *Options) concealIn(k *driver.Key) {
	if v, found := o.Creates.find(k.Name); found {
		k.Name = v.name
	}
	k.Name = o.Conceal(k.Name)
	if _, found := o.Creates.find(k.ID); found {
		k.ID = ""
	}
	change := func(name string, v any) { // in a copy: the adapter's map may be in other hands too
		k.Attributes = maps.Clone(k.Attributes)
		k.Attributes[name] = v
	}
	for name, v := range k.Attributes {
		switch v := v.(type) {
		case string:
			if o.Conceal(v) != v {
				change(name, nil)
			}
		case []string:
			if !slices.ContainsFunc(v, func(s string) bool { return o.Conceal(s) != s }) {
				continue
			}
			v = slices.Clone(v)
			for i := range v {
				v[i] = o.Conceal(v[i])
			}
			change(name, v)
		}
	}
}

// concealResult does that to an answer's keys and to an error's words. An answer whose
// ids hold values cannot be used: they would be written to the state and the screen.
func (o *Options) concealResult(result any, err error) error {
	err = o.concealError(err)
	var keys []*driver.Key
	switch result := result.(type) {
	case *driver.Page:
		for i := range result.Keys {
			keys = append(keys, &result.Keys[i])
		}
	case *driver.Key:
		keys = append(keys, result)
	}
	for _, k := range keys {
		had := k.ID != ""
		if o.concealIn(k); had && k.ID == "" && err == nil {
			err = &driver.Error{
				Service: "the service", Operation: "read the keys", Kind: driver.KindMalformed, Effect: driver.EffectUnknown,
				Message: "the id of a key holds the key's value, which must not be written anywhere",
			}
		}
	}
	return err
}

// concealError returns an error whose words hold no value. It is a copy if anything
// changed: an adapter may hand the same error to several callers.
func (o *Options) concealError(err error) error {
	e, ok := driver.AsError(err)
	if !ok {
		return err
	}
	said := *e
	said.Message, said.Code, said.RequestID = o.Conceal(e.Message), o.Conceal(e.Code), o.Conceal(e.RequestID)
	said.Fields = slices.Clone(e.Fields)
	for i, f := range e.Fields {
		said.Fields[i] = driver.FieldError{Field: o.Conceal(f.Field), Message: o.Conceal(f.Message)}
	}
	if said.Message == e.Message && said.Code == e.Code && said.RequestID == e.RequestID && slices.Equal(said.Fields, e.Fields) {
		return err
	}
	return &said
}
