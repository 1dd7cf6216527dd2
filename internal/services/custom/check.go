package custom

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
)

// Problem is a mistake in a declaration: where it is, such as "create.path", and what is
// wrong with it.
type Problem struct{ At, Message string }

// variable is a {variable} in a path.
var variable = regexp.MustCompile(`\{([^{}]*)\}`)

// idVariable stands for the key's id in the paths of get, update and revoke.
const idVariable = "id"

// serviceName is what a service may be called: import ids begin with it.
var serviceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// Check returns what is wrong with a declaration. unknown are places whose values
// Terraform does not know yet; they are not checked.
func (d Declaration) Check(unknown ...string) []Problem {
	c := &checker{unknown: unknown, vars: d.Vars}
	c.require("name", d.Name)
	if d.Name != "" && !serviceName.MatchString(d.Name) {
		c.add("name", "%q is not a service's name: use lower-case letters, digits, - and _", d.Name)
	}
	c.checkBaseURL(d.BaseURL)
	c.checkCredential(d)
	c.checkHeaders(d)
	if _, ok := d.Vars[idVariable]; ok {
		c.add("vars", "vars must not have id: {id} is the key's id")
	}
	c.checkCreate(d.Create)
	c.checkList(d.List)
	c.checkCall("revoke", d.Revoke.Call, d.Revoke.ID == "")
	c.checkBody("revoke.body", d.Revoke.Body)
	c.checkPointers("revoke", map[string]Pointer{"id": d.Revoke.ID, "confirm": d.Revoke.Confirm})
	if d.Get != nil {
		c.checkCall("get", d.Get.Call, true)
		c.checkPointers("get", map[string]Pointer{"item": d.Get.Item})
	}
	if d.Update != nil {
		c.checkCall("update", d.Update.Call, true)
		c.checkPointers("update", map[string]Pointer{"name": d.Update.Name})
		c.checkEncoding("update", d.Update.Encoding, d.Update.Name)
		if !d.Update.canRename() && !d.Update.changesArguments() {
			c.add("update.rename", "an update that changes neither the name nor arguments changes nothing: leave the block out")
		}
	}
	return c.problems
}

// checker collects problems.
type checker struct {
	unknown  []string
	vars     map[string]string
	problems []Problem
}

func (c *checker) add(at, format string, args ...any) {
	for _, unknown := range c.unknown {
		if at == unknown || strings.HasPrefix(at, unknown+".") || strings.HasPrefix(unknown, at+".") {
			return
		}
	}
	c.problems = append(c.problems, Problem{at, fmt.Sprintf(format, args...)})
}

func (c *checker) require(at, value string) {
	if value == "" {
		c.add(at, "%s is missing", at)
	}
}

func (c *checker) checkBaseURL(raw string) {
	c.checkVariables("base_url", raw, false)
	expanded := variable.ReplaceAllString(raw, "x")
	if raw == "" {
		c.add("base_url", "base_url is missing: the catalog has no service of this name, so say where its API is")
	} else if _, err := httpclient.ParseBaseURL(expanded); err != nil {
		c.add("base_url", "base_url cannot be used: %v", err)
	}
}

func (c *checker) checkCredential(d Declaration) {
	if d.Credential != "" && len(d.CredentialCommand) > 0 {
		c.add("credential_command", "credential and credential_command are both set; set one of them")
	}
	if d.Credential == "" && d.CredentialEnv == "" && len(d.CredentialCommand) == 0 {
		c.add("credential", "no credential: set credential, credential_env or credential_command")
	}
	if err := httpclient.CheckCredential(d.Credential); d.Credential != "" && err != nil {
		c.add("credential", "credential cannot be used: %v", err)
	}
	if d.CredentialEnv != "" && strings.ContainsAny(d.CredentialEnv, "= \t\n$") {
		c.add("credential_env", "credential_env is the name of an environment variable, such as EXAMPLE_API_KEY")
	}
	if d.Auth.User != "" && !d.Auth.Basic {
		c.add("auth.user", "user is for basic = true only")
	}
	if strings.Contains(d.Auth.User, ":") {
		c.add("auth.user", "a user's name must not have a colon")
	}
}

func (c *checker) checkHeaders(d Declaration) {
	if !httpguts.ValidHeaderFieldName(d.Auth.Header) {
		c.add("auth.header", "%q is not the name of a header", d.Auth.Header)
	}
	if d.Auth.Prefix != nil && !httpguts.ValidHeaderFieldValue(*d.Auth.Prefix) {
		c.add("auth.prefix", "the prefix has characters that no header may have")
	}
	if d.Auth.Basic && http.CanonicalHeaderKey(d.Auth.Header) != "Authorization" {
		c.add("auth.header", "basic = true always uses the Authorization header")
	}
	for _, name := range sortedKeys(d.Headers) {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(d.Headers[name]):
			c.add("headers", "header %q cannot be sent", name)
		case canonical == http.CanonicalHeaderKey(d.Auth.Header):
			c.add("headers", "header %q is the credential's: set credential instead", name)
		case slices.Contains(ownHeaders, canonical):
			c.add("headers", "header %q is set by the provider", name)
		}
	}
}

// ownHeaders are those that the provider or net/http sets. An Idempotency-Key would let
// net/http send a create twice.
var ownHeaders = []string{"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "User-Agent", "Idempotency-Key", "X-Idempotency-Key"}

func (c *checker) checkCreate(create CreateCall) {
	c.checkCall("create", create.Call, false)
	c.checkPointers("create", map[string]Pointer{"name": create.Name, "id": create.ID, "value": create.Value, "created_at": create.CreatedAt, "given_name": create.GivenName})
	c.checkEncoding("create", create.Encoding, create.Name)
	c.checkBody("create.body", create.Body)
	if create.Value == "" {
		c.add("create.value", "create.value is missing: it points to the key's value in the answer, such as /key")
	}
}

func (c *checker) checkEncoding(block, encoding string, name Pointer) {
	switch {
	case encoding != encodingJSON && encoding != encodingForm:
		c.add(block+".encoding", "%q is not an encoding: use json or form", encoding)
	case encoding == encodingForm && len(name.tokens()) != 1:
		c.add(block+".name", "a form has no nested fields: point to one field, such as /name")
	case len(name.tokens()) == 0:
		c.add(block+".name", "the name must be a field of the request, such as /name")
	}
}

func (c *checker) checkBody(at, body string) {
	var object map[string]any
	if body != "" && (json.Unmarshal([]byte(body), &object) != nil || object == nil) {
		c.add(at, "%s is not a JSON object; write it with jsonencode", at)
	}
}

func (c *checker) checkList(list ListCall) {
	c.checkCall("list", list.Call, false)
	c.checkPointers("list", map[string]Pointer{
		"items": list.Items, "id": list.ID, "name": list.Name, "created_at": list.CreatedAt, "last_used_at": list.LastUsedAt,
		"revoked_at": list.RevokedAt, "revoked": list.Revoked, "hint": list.Hint,
	})
	for _, name := range sortedKeys(list.Arguments) {
		if err := list.Arguments[name].check(); err != nil {
			c.add("list.arguments", "%s: %v", name, err)
		}
	}
	formats := []string{formatRFC3339, formatUnix, formatUnixMS}
	if !slices.Contains(formats, list.CreatedAtFormat) {
		c.add("list.created_at_format", "%q is not a format of times: use %s", list.CreatedAtFormat, oneOf(formats))
	} else if !slices.Contains(formats, list.LastUsedAtFormat) {
		c.add("list.last_used_at_format", "%q is not a format of times: use %s", list.LastUsedAtFormat, oneOf(formats))
	}
	c.checkPage(list.Page)
}

func (c *checker) checkPage(page Page) {
	styles := []string{styleCursor, styleAfterLastID, styleOffset, stylePage}
	if page.Style == "" {
		if page.Param != "" || page.Next != "" || page.More != "" || page.First != nil {
			c.add("list.page.style", "list.page.style is missing: use %s", oneOf(styles))
		}
		return
	}
	if !slices.Contains(styles, page.Style) {
		c.add("list.page.style", "%q is not a style of paging: use %s", page.Style, oneOf(styles))
		return
	}
	c.require("list.page.param", page.Param)
	c.checkPointers("list.page", map[string]Pointer{"next": page.Next, "more": page.More})
	if page.Style == styleCursor && page.Next == "" {
		c.add("list.page.next", "list.page.next is missing: it points to the next page's cursor in the answer")
	}
	if page.Style != styleCursor && page.Next != "" {
		c.add("list.page.next", "next is for style = \"cursor\" only")
	}
	if page.Style != stylePage && page.First != nil {
		c.add("list.page.first", "first is for style = \"page\" only")
	}
}

// checkCall checks what all calls have.
func (c *checker) checkCall(block string, call Call, needsID bool) {
	at := block + ".path"
	switch {
	case call.Path == "":
		c.add(at, "%s is missing", at)
	case !strings.HasPrefix(call.Path, "/"):
		c.add(at, "a path begins with a slash: %q", "/"+call.Path)
	case strings.Contains(call.Path, "#"):
		c.add(at, "a path has no fragment (#)")
	case slices.ContainsFunc(strings.Split(withoutQuery(call.Path), "/"), func(part string) bool { return part == "." || part == ".." }):
		c.add(at, "a path has no . or .. in it")
	case needsID && !strings.Contains(withoutQuery(call.Path), "{"+idVariable+"}"):
		c.add(at, "%s must have {id}, where the key's id goes", at)
	default:
		c.checkVariables(at, call.Path, block != "create" && block != "list")
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, call.Method) {
		c.add(block+".method", "%q is not a method that can be used here: use GET, POST, PUT, PATCH or DELETE", call.Method)
	} else if call.Method == http.MethodGet && block != "list" && block != "get" {
		c.add(block+".method", "GET changes nothing at a service")
	}
	for _, status := range call.Success {
		if status < 200 || status > 299 {
			c.add(block+".success", "%d is not a status of success, which are 200 to 299", status)
		}
	}
}

func withoutQuery(path string) string {
	before, _, _ := strings.Cut(path, "?")
	return before
}

func (c *checker) checkVariables(at, template string, hasID bool) {
	for _, match := range variable.FindAllStringSubmatch(template, -1) {
		name := match[1]
		if _, known := c.vars[name]; !known && (name != idVariable || !hasID) && !slices.Contains(c.unknown, "vars") {
			c.add(at, "{%s} has no value: set it in vars", name)
		}
	}
	if rest := variable.ReplaceAllString(template, ""); strings.ContainsAny(rest, "{}") {
		c.add(at, "a brace is not closed")
	}
}

func (c *checker) checkPointers(block string, pointers map[string]Pointer) {
	for _, name := range sortedKeys(pointers) {
		if err := pointers[name].check(); err != nil {
			c.add(block+"."+name, "%v", err)
		}
	}
}

func oneOf(names []string) string {
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
