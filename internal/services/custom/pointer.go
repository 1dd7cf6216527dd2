package custom

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-openapi/jsonpointer"
)

// Pointer is a JSON Pointer (RFC 6901), such as "/data/id". "" is the entire document.
type Pointer string

// check is an error if the pointer is none.
func (p Pointer) check() error {
	if _, err := jsonpointer.New(string(p)); err != nil {
		return fmt.Errorf("%q is not a JSON Pointer, which begins with a slash, such as %q", string(p), "/"+strings.ReplaceAll(string(p), ".", "/"))
	}
	return nil
}

// find returns what the pointer leads to; ok is false if that is missing or null. It
// stops at whatever is no object or array.
func (p Pointer) find(document any) (value any, ok bool) {
	parsed, err := jsonpointer.New(string(p))
	if err != nil {
		return nil, false
	}
	value, _, err = parsed.Get(document)
	return value, err == nil && value != nil
}

// findRaw is find in a document that has not been decoded; nil if there is nothing.
func (p Pointer) findRaw(document json.RawMessage) json.RawMessage {
	for _, token := range p.tokens() {
		var object map[string]json.RawMessage
		var array []json.RawMessage
		switch i, err := strconv.Atoi(token); {
		case json.Unmarshal(document, &object) == nil:
			document = object[token]
		case err == nil && json.Unmarshal(document, &array) == nil && i >= 0 && i < len(array):
			document = array[i]
		default:
			return nil
		}
	}
	return document
}

// tokens are the names that the pointer goes through.
func (p Pointer) tokens() []string {
	parsed, err := jsonpointer.New(string(p))
	if err != nil {
		return nil
	}
	return parsed.DecodedTokens()
}

// set puts a value where the pointer leads to, and makes the objects on the way.
func (p Pointer) set(object map[string]any, value any) {
	tokens := p.tokens()
	if len(tokens) == 0 {
		return
	}
	for _, token := range tokens[:len(tokens)-1] {
		inner, ok := object[token].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[token] = inner
		}
		object = inner
	}
	object[tokens[len(tokens)-1]] = value
}

// remove removes what the pointer leads to, and objects that are empty then.
func (p Pointer) remove(object map[string]any) {
	tokens := p.tokens()
	if len(tokens) == 0 {
		return
	}
	last := tokens[len(tokens)-1]
	var parent Pointer
	for _, token := range tokens[:len(tokens)-1] {
		parent += Pointer("/" + jsonpointer.Escape(token))
	}
	value, _ := parent.find(object)
	inner, ok := value.(map[string]any)
	if !ok {
		return
	}
	if delete(inner, last); len(inner) == 0 {
		parent.remove(object)
	}
}

// describe says what the pointer leads to, by its type only: values may be secret.
func (p Pointer) describe(document any) string {
	value, found := p.find(document)
	if found {
		return fmt.Sprintf("%s is %s", p.quoted(), typeOf(value))
	}
	// The longest part of the pointer that leads to something says where it went wrong.
	tokens := p.tokens()
	for n := len(tokens) - 1; n >= 0; n-- {
		var parent Pointer
		for _, token := range tokens[:n] {
			parent += Pointer("/" + jsonpointer.Escape(token))
		}
		if value, found := parent.find(document); found {
			return fmt.Sprintf("%s is missing; %s is %s", p.quoted(), parent.quoted(), typeOf(value))
		}
	}
	return p.quoted() + " is missing"
}

func (p Pointer) quoted() string {
	if p == "" {
		return "the answer"
	}
	return string(p)
}

// typeOf names a JSON value's type, and the fields of an object.
func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case json.Number, float64:
		return "a number"
	case []any:
		return fmt.Sprintf("an array of %d", len(value))
	case map[string]any:
		return "an object with " + fieldNames(value)
	default:
		return "something else"
	}
}

// maxNamed is how many fields of an object are named in a message.
const maxNamed = 12

// maxFieldName is the longest field that is named: a longer one may hold a secret.
const maxFieldName = 40

func fieldNames(object map[string]any) string {
	names := make([]string, 0, len(object))
	for _, name := range sortedKeys(object) {
		if len(name) <= maxFieldName {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return "no fields"
	case len(names) > maxNamed:
		return strings.Join(names[:maxNamed], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
