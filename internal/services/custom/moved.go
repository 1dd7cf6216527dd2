package custom

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// The methods in this file read what generic providers for REST APIs keep of a create
// call in their state. They implement tfkey.CreateReader.

// CreatesAt reports whether the service creates keys at a path. The path may lack what the
// other provider has in its base URL.
func (d *Declaration) CreatesAt(path string) bool {
	base, err := url.Parse(expand(d.BaseURL, d.Vars, ""))
	if err != nil {
		return false
	}
	own := segments(base.EscapedPath() + "/" + expand(withoutQuery(d.Create.Path), d.Vars, ""))
	given := segments(withoutQuery(path))
	return len(given) > 0 && len(given) <= len(own) && slices.Equal(own[len(own)-len(given):], given)
}

// segments are the parts of a path, unescaped.
func segments(path string) []string {
	all := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, part := range all {
		if text, err := url.PathUnescape(part); err == nil {
			all[i] = text
		}
	}
	return all
}

// ReadAnswer finds a key's id and its value in the answer to a create; "" for what is not
// there.
func (d *Declaration) ReadAnswer(answer []byte) (id, value string) {
	document, err := decode(answer)
	if err != nil {
		return "", ""
	}
	r := reader{item: document}
	found, _ := d.Create.Value.find(document)
	value, _ = found.(string)
	return r.id(d.Create.ID), value
}

// ReadBody turns the body of a create into a key's arguments; "" is none. ok is false if it
// is not what was sent: some providers put there what the service answers.
func (d *Declaration) ReadBody(body []byte) (arguments string, ok bool) {
	sent, err := object(string(body))
	if err != nil || len(sent) == 0 {
		return "", false
	}
	for _, id := range []Pointer{d.Create.ID, d.List.ID} {
		if _, answered := id.find(sent); id != "" && answered {
			return "", false
		}
	}
	if _, named := d.Create.Name.find(sent); !named {
		return "", false
	}
	d.Create.Name.remove(sent)
	if fixed, err := object(d.Create.Body); err == nil {
		subtract(sent, fixed)
	}
	if len(sent) == 0 {
		return "", true
	}
	text, err := json.Marshal(sent)
	return string(text), err == nil
}

// subtract removes the fields that two objects share.
func subtract(from, what map[string]any) {
	for name, value := range what {
		inner, isObject := from[name].(map[string]any)
		same, alsoObject := value.(map[string]any)
		if isObject && alsoObject {
			subtract(inner, same)
		}
		if reflect.DeepEqual(from[name], value) || isObject && len(inner) == 0 {
			delete(from, name)
		}
	}
}
