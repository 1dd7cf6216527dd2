package custom

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// Arguments is the attribute with the JSON object that a create sends.
const Arguments = "arguments"

// expand fills a template's variables in, each escaped to be one part of a path. {id} is
// the key's id.
func expand(template string, vars map[string]string, id string) string {
	return variable.ReplaceAllStringFunc(template, func(match string) string {
		name := strings.Trim(match, "{}")
		if name == idVariable {
			return url.PathEscape(id)
		}
		return url.PathEscape(vars[name])
	})
}

// request builds a request. body is nil without one.
func (s *service) request(baseURL string, call Call, id string, query url.Values, body map[string]any, encoding string) (*http.Request, error) {
	target, err := url.Parse(strings.TrimSuffix(baseURL, "/") + expand(call.Path, s.d.Vars, id))
	if err != nil {
		return nil, errors.New("the path is not part of a URL")
	}
	if len(query) > 0 {
		all := target.Query()
		maps.Copy(all, query)
		target.RawQuery = all.Encode()
	}
	var text []byte
	contentType := ""
	if body != nil {
		if text, contentType, err = encode(body, encoding); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequest(call.Method, target.String(), bytes.NewReader(text)) //nolint:noctx // Send adds the context
	if err != nil {
		return nil, err
	}
	if body == nil {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	for name, value := range s.d.Headers {
		req.Header.Set(name, value)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	return req, nil
}

// encode writes a body as JSON or as a form.
func encode(body map[string]any, encoding string) (text []byte, contentType string, err error) {
	if encoding != encodingForm {
		text, err = json.Marshal(body)
		return text, "application/json", err
	}
	form := url.Values{}
	for _, name := range sortedKeys(body) {
		if err := addField(form, name, body[name]); err != nil {
			return nil, "", err
		}
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
}

// addField adds a field to a form; an array becomes a field for each of its elements.
func addField(form url.Values, name string, value any) error {
	switch value := value.(type) {
	case nil:
	case string:
		form.Add(name, value)
	case bool, json.Number, float64:
		form.Add(name, fmt.Sprint(value))
	case []any:
		for _, element := range value {
			if err := addField(form, name, element); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%s is an object, which a form cannot have", name)
	}
	return nil
}

// createBody is the body of a create: the declared fields, then the arguments, then the
// name, each winning over what is before it.
func (s *service) createBody(spec driver.Spec) (map[string]any, error) {
	body, err := object(s.d.Create.Body)
	if err != nil {
		return nil, fmt.Errorf("create.body %w", err)
	}
	if err := addArguments(body, spec.Attributes); err != nil {
		return nil, err
	}
	s.d.Create.Name.set(body, spec.Name)
	return body, nil
}

// addArguments merges a key's arguments into a body.
func addArguments(body map[string]any, attributes driver.Attributes) error {
	text, _ := attributes[Arguments].(string)
	arguments, err := object(text)
	if err != nil {
		return fmt.Errorf("arguments %w", err)
	}
	merge(body, arguments)
	return nil
}

// object reads a JSON object; "" is an empty one. Numbers stay as they are written.
func object(text string) (map[string]any, error) {
	result := map[string]any{}
	if text == "" {
		return result, nil
	}
	value, err := decode([]byte(text))
	if err != nil {
		return nil, errors.New("is not JSON")
	}
	result, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("must be a JSON object, and is %s", typeOf(value))
	}
	return result, nil
}

// decode reads JSON. Numbers stay as they are written, because ids may be numbers that
// no float64 has.
func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err = decoder.Decode(&value); err == nil && decoder.More() {
		err = errors.New("there is something after the JSON")
	}
	return value, err
}

// merge adds the fields of one object to another, and those of the objects in it.
func merge(into, from map[string]any) {
	for name, value := range from {
		inner, isObject := value.(map[string]any)
		if present, ok := into[name].(map[string]any); ok && isObject {
			merge(present, inner)
			continue
		}
		into[name] = value
	}
}
