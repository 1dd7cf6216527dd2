package custom

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// right is a declaration without problems.
const right = `{"name": "internal", "base_url": "https://keys.example.com/v1", "credential": "admin",
	"create": {"path": "/keys", "value": "/key"}, "list": {"path": "/keys"}, "revoke": {"path": "/keys/{id}"}}`

// TestCheck changes one thing of a right declaration at a time, and expects one problem
// at its place.
func TestCheck(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		``:                         "",
		`"name": "Internal Keys"`:  "name: ",
		`"base_url": ""`:           "base_url: base_url is missing",
		`"base_url": "http://a.b"`: "base_url: ",
		`"base_url": "https://{region}.example.com"`:                                                "base_url: {region} has no value",
		`"credential": ""`:                                                                          "credential: no credential",
		`"vars": {"id": "k-1"}`:                                                                     "vars: vars must not have id",
		`"credential": "two words"`:                                                                 "credential: credential cannot be used",
		`"credential_command": ["prog"]`:                                                            "credential_command: ",
		`"credential_env": "$TOKEN"`:                                                                "credential_env: ",
		`"auth": {"header": "X Key"}`:                                                               "auth.header: ",
		`"auth": {"prefix": "a\nb"}`:                                                                "auth.prefix: ",
		`"auth": {"user": "api"}`:                                                                   "auth.user: ",
		`"auth": {"basic": true, "user": "a:b"}`:                                                    "auth.user: ",
		`"auth": {"basic": true, "header": "X-Key"}`:                                                "auth.header: ",
		`"headers": {"authorization": "x"}`:                                                         "headers: ",
		`"headers": {"Idempotency-Key": "x"}`:                                                       "headers: ",
		`"headers": {"a b": "x"}`:                                                                   "headers: ",
		`"create": {"path": "/keys", "value": ""}`:                                                  "create.value: ",
		`"create": {"path": "/keys", "value": "key"}`:                                               `create.value: "key" is not a JSON Pointer`,
		`"create": {"path": "keys", "value": "/key"}`:                                               `create.path: a path begins with a slash: "/keys"`,
		`"create": {"path": "/keys/../x", "value": "/key"}`:                                         "create.path: ",
		`"create": {"path": "/keys/{id}", "value": "/key"}`:                                         "create.path: {id} has no value",
		`"create": {"path": "/keys/{project}", "value": "/key"}`:                                    "create.path: {project} has no value",
		`"create": {"path": "/keys/{project", "value": "/key"}`:                                     "create.path: a brace is not closed",
		`"create": {"path": "/keys", "value": "/key", "method": "GET"}`:                             "create.method: ",
		`"create": {"path": "/keys", "value": "/key", "method": "post"}`:                            "create.method: ",
		`"create": {"path": "/keys", "value": "/key", "name": ""}`:                                  "",
		`"create": {"path": "/keys", "value": "/key", "encoding": "xml"}`:                           "create.encoding: ",
		`"create": {"path": "/keys", "value": "/key", "encoding": "form", "name": "/a/b"}`:          "create.name: ",
		`"create": {"path": "/keys", "value": "/key", "body": "[]"}`:                                "create.body: ",
		`"create": {"path": "/keys", "value": "/key", "success": [302]}`:                            "create.success: ",
		`"list": {"path": ""}`:                                                                      "list.path: ",
		`"list": {"path": "/keys#a"}`:                                                               "list.path: ",
		`"list": {"path": "/keys", "items": "data"}`:                                                "list.items: ",
		`"list": {"path": "/keys", "created_at_format": "iso"}`:                                     "list.created_at_format: ",
		`"list": {"path": "/keys", "arguments": {"a": "b"}}`:                                        "list.arguments: ",
		`"list": {"path": "/keys", "page": {"param": "p"}}`:                                         "list.page.style: ",
		`"list": {"path": "/keys", "page": {"style": "links", "param": "p"}}`:                       "list.page.style: ",
		`"list": {"path": "/keys", "page": {"style": "offset"}}`:                                    "list.page.param: ",
		`"list": {"path": "/keys", "page": {"style": "cursor", "param": "p"}}`:                      "list.page.next: ",
		`"list": {"path": "/keys", "page": {"style": "offset", "param": "p", "next": "/n"}}`:        "list.page.next: ",
		`"list": {"path": "/keys", "page": {"style": "offset", "param": "p", "first": 0}}`:          "list.page.first: ",
		`"list": {"path": "/keys", "page": {"style": "page", "param": "p", "first": 0}}`:            "",
		`"get": {"path": "/keys"}`:                                                                  "get.path: ",
		`"get": {"path": "/keys/{id}", "item": "data"}`:                                             "get.item: ",
		`"update": {"path": "/keys"}`:                                                               "update.path: ",
		`"update": {"path": "/keys/{id}", "method": "GET"}`:                                         "update.method: ",
		`"revoke": {"path": "/keys"}`:                                                               "revoke.path: ",
		`"revoke": {"path": "/revoke", "method": "POST", "id": "/id"}`:                              "",
		`"revoke": {"path": "/revoke", "method": "POST", "id": "/id", "body": "{}"}`:                "",
		`"revoke": {"path": "/revoke", "method": "POST", "id": "/id", "body": "key"}`:               "revoke.body: ",
		`"vars": {"region": "eu"}, "base_url": "https://{region}.example.com/v1"`:                   "",
		`"vars": {"project": "p"}, "create": {"path": "/projects/{project}/keys", "value": "/key"}`: "",
	} {
		text := right
		if change != "" {
			text = strings.TrimSuffix(right, "}") + ", " + change + "}" // the last of two fields of one name counts
		}
		d, err := Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		var got []string
		for _, p := range d.Check() {
			got = append(got, p.At+": "+p.Message)
		}
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], want)) {
			t.Errorf("%s: got %q, want %q", change, got, want)
		}
	}
}

func TestCheck_unknown(t *testing.T) {
	t.Parallel()
	d, err := Decode([]byte(`{"name": "internal", "create": {"path": "/{project}/keys", "value": "/key"}, "list": {"path": "/keys"}, "revoke": {"path": "/keys/{id}"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if problems := d.Check("base_url", "credential", "vars"); len(problems) > 0 {
		t.Errorf("what is not known yet has problems: %v", problems)
	}
	if problems := d.Check("credential"); len(problems) != 2 {
		t.Errorf("got %v, want base_url and the path's variable", problems)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	if _, err := Decode([]byte(`{"name": "x", "create": {"pth": "/keys"}}`)); err == nil || !strings.Contains(err.Error(), "pth") {
		t.Errorf("an unknown field: got %v", err)
	}
	d, err := Decode([]byte(right))
	if err != nil {
		t.Fatal(err)
	}
	if d.Title != "internal" || d.Auth.Header != "Authorization" || *d.Auth.Prefix != "Bearer " || d.Create.Method != http.MethodPost ||
		d.Create.Name != "/name" || d.List.ID != "/id" || d.Revoke.Method != http.MethodDelete || !slices.Equal(d.Revoke.Success, []int{200, 202, 204}) {
		t.Errorf("got %+v", d)
	}
}

// TestDecode_addsToCatalog: a block adds to the catalog's entry, and the catalog stays as it
// is for the other blocks of the process.
func TestDecode_addsToCatalog(t *testing.T) {
	t.Parallel()
	before, err := Decode([]byte(`{"name": "clerk"}`))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := Decode([]byte(`{"name": "clerk", "vars": {"subject": "s"}, "headers": {"X-A": "b"}, "create": {"success": [299]},
		"get": {"path": "/other/{id}"}, "list": {"arguments": {"subject": "/other"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if changed.Get.Path != "/other/{id}" || changed.Create.Success[0] != 299 || changed.List.Arguments["subject"] != "/other" || changed.Create.Value != before.Create.Value {
		t.Errorf("got %+v", changed)
	}
	after, err := Decode([]byte(`{"name": "clerk"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Errorf("the catalog has changed from %+v to %+v", before, after)
	}
}
