package tfkey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// CreateReader reads what another provider keeps of a create call.
type CreateReader interface {
	// CreatesAt reports whether the service creates keys at a path.
	CreatesAt(path string) bool
	// ReadAnswer finds a key's id and its value in the answer; "" for what is not there.
	ReadAnswer(answer []byte) (id, value string)
	// ReadBody turns the body into a key's arguments; "" is none. ok is false if it is not
	// what was sent.
	ReadBody(body []byte) (arguments string, ok bool)
}

// movedKey is what the state of another provider's resource has of a key.
//
// A moved block is carried out before the provider is configured, and without the
// resource's configuration: neither the service nor the place of the value in the answer is
// known. So the sensitive attribute key holds a movedKey as JSON until the refresh that
// follows in the same plan. A plan without that refresh is refused, so nobody sees it.
type movedKey struct {
	// From is the type of the resource, such as "restapi_object".
	From string `json:"from"`
	// Path is where the key was created, ID the key's id; "" if the state does not say.
	Path string `json:"path"`
	ID   string `json:"id,omitempty"`
	// Answers of the service, in the order in which they may have the value.
	Answers []json.RawMessage `json:"answers,omitempty"`
	// Body is what was sent, as far as the state shows.
	Body json.RawMessage `json:"body,omitempty"`
}

// rawState is a resource's state as JSON.
type rawState map[string]json.RawMessage

// movers read the states of other providers' resources, by provider and type.
var movers = map[[2]string]func(rawState) movedKey{
	{"mastercard/restapi", "restapi_object"}: restapiObject,
	{"magodo/restful", "restful_resource"}:   restfulResource,
	{"magodo/restful", "restful_operation"}:  restfulResource,
}

// restapiObject reads the state of restapi_object, see
// https://github.com/Mastercard/terraform-provider-restapi/blob/v3.0.0/internal/provider/resource_api_object.go
// and, for versions 1 and 2,
// https://github.com/Mastercard/terraform-provider-restapi/blob/v2.0.1/restapi/resource_api_object.go.
// api_response is that of the last read, and of a create in versions before 1.10.
func restapiObject(s rawState) movedKey {
	m := movedKey{ID: s.text("id"), Path: s.text("create_path"), Body: s.document("data")}
	if m.Path == "" {
		m.Path = s.text("path")
	}
	m.add(s.document("create_response"))
	m.add(s.document("api_response"))
	return m
}

// restfulResource reads the state of restful_resource or restful_operation, see
// https://github.com/magodo/terraform-provider-restful/blob/v0.25.2/internal/provider/resource.go
// and operation_resource.go next to it. id is a path. The output of restful_resource is
// that of its last read, that of restful_operation the answer of the call.
func restfulResource(s rawState) movedKey {
	m := movedKey{Path: s.text("path"), Body: s.document("body")}
	if id := strings.TrimSuffix(s.text("id"), "/"); id != strings.TrimSuffix(m.Path, "/") {
		m.ID = path.Base(id)
	}
	m.add(s.document("output"))
	m.add(s.document("sensitive_output"))
	return m
}

func (m *movedKey) add(answer json.RawMessage) {
	if answer != nil {
		m.Answers = append(m.Answers, answer)
	}
}

// text is an attribute that is a string.
func (s rawState) text(name string) (text string) {
	_ = json.Unmarshal(s[name], &text)
	return text
}

// document is an attribute that holds JSON: a string, or a value of a dynamic type, which
// states have with its type. It is nil if there is none.
func (s rawState) document(name string) json.RawMessage {
	raw := s[name]
	if text := s.text(name); text != "" {
		raw = json.RawMessage(text)
	}
	var dynamic struct{ Type, Value json.RawMessage }
	if json.Unmarshal(s[name], &dynamic) == nil && dynamic.Type != nil && dynamic.Value != nil {
		raw = dynamic.Value
	}
	if !json.Valid(raw) || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return raw
}

// MoveState takes over keys from generic providers for REST APIs.
func (r *keyResource) MoveState(context.Context) []resource.StateMover {
	if !r.def.Declared {
		return nil
	}
	return []resource.StateMover{{StateMover: r.moveState}}
}

func (r *keyResource) moveState(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	address := strings.Split(req.SourceProviderAddress, "/") // host/namespace/type
	read := movers[[2]string{strings.Join(address[max(0, len(address)-2):], "/"), req.SourceTypeName}]
	if read == nil {
		return // then the framework has the error
	}
	var state rawState
	if err := json.Unmarshal(req.SourceRawState.JSON, &state); err != nil {
		resp.Diagnostics.AddError("State not readable", Sentence("The state of "+req.SourceTypeName+" is not a JSON object"))
		return
	}
	moved := read(state)
	moved.From = req.SourceTypeName
	text, err := json.Marshal(moved)
	if err != nil {
		resp.Diagnostics.AddError("State not written", Sentence(err.Error()))
		return
	}
	m := model{ID: types.StringValue(moved.ID), Key: types.StringValue(string(text)), specific: map[string]attr.Value{}}
	m.RotationTriggers, m.EncryptTo, m.DuplicateIDs = types.MapNull(types.StringType), types.SetNull(types.StringType), types.SetNull(types.StringType)
	m.Retiring = types.ListNull(retiringType())
	for _, a := range r.def.attributes(attribute.isInResource) {
		m.specific[a.Name] = a.null()
	}
	resp.Diagnostics.Append(resp.TargetState.Set(ctx, m.object(ctx))...)
	resp.Diagnostics.Append(writePrivate(ctx, resp.TargetPrivate, privateData{Moved: true})...)
}

// addMovedUnread is the error for planning with a state that a moved block has brought and
// no refresh has read.
func (r operation) addMovedUnread() {
	r.AddError("Moved key has not been read",
		"A moved block brings this key from another provider's resource, and only a refresh can take it over. Plan without -refresh=false, and without excluding this resource.")
}

// readMoved is the first refresh of a key that a moved block has brought: an import, with
// the value and the arguments that the other provider's state has.
func (r operation) readMoved(ctx context.Context, from data, resp *resource.ReadResponse) {
	var before types.Object
	r.Append(from.Get(ctx, &before)...)
	var moved movedKey
	if r.HasError() {
		return
	}
	if err := json.Unmarshal([]byte(textOf(before.Attributes()["key"])), &moved); err != nil {
		r.AddError("Moved key is not readable", "The state of the moved key was edited by hand. Remove it (`terraform state rm`) and import the key.")
		return
	}
	service := r.findMoved(ctx, moved)
	if r.HasError() {
		return
	}
	r.Append(r.useService(types.StringValue(service))...)
	ring := r.connect(ctx, service)
	if ring == nil {
		return
	}
	id, value := moved.read(r.account.Creates)
	k := r.findID(ctx, ring, id, fmt.Sprintf("%q", service+"/"+byName+id))
	if r.HasError() {
		return
	}
	m := (&keyResource{*r.serviceBase}).importedModel(k, service, ring.Now())
	r.markRefreshed(m)
	r.account.hasRead.Store(true)
	r.takeMovedArguments(&m, moved)
	if r.isValueOf(k, value) {
		m.Key = types.StringValue(value.Reveal())
		r.account.creates.LearnValue(value, k.Name)
		r.account.setValue(k.ID, value)
	} else {
		r.warnNoMovedValue(moved, k)
	}
	r.warnImported(ctx, ring, k)
	r.Append(r.save(ctx, &resp.State, resp.Identity, m)...)
	r.Append(writePrivate(ctx, resp.Private, privateData{Imported: true})...)
}

// read finds the key's id and its value.
func (m movedKey) read(service CreateReader) (id string, value driver.Secret) {
	for _, answer := range m.Answers {
		found, text := service.ReadAnswer(answer)
		if id == "" {
			id = found
		}
		if text != "" && value.IsZero() {
			value = driver.NewSecret(text)
		}
	}
	if id == "" {
		id = m.ID
	}
	return id, value
}

// findMoved finds the declared service that created a moved key: by the path of the create,
// and if several have that, by which of them has the key.
func (r operation) findMoved(ctx context.Context, moved movedKey) string {
	var names, usable, having []string
	for name, account := range r.accounts {
		if declared, ok := strings.CutPrefix(name, DeclaredName("")); ok && account.Creates.CreatesAt(moved.Path) {
			names = append(names, declared)
		}
	}
	slices.Sort(names)
	for _, name := range names { // most of the catalog has no credential
		ring, diags := r.findRing(ctx, name)
		if diags.HasError() && len(r.accounts[DeclaredName(name)].Unknown) == 0 {
			continue
		}
		usable = append(usable, name)
		if ring == nil || len(names) == 1 {
			continue
		}
		id, _ := moved.read(r.accounts[DeclaredName(name)].Creates)
		if _, found, err := ring.Read(ctx, id, time.Time{}); err == nil && found {
			having = append(having, name)
		}
	}
	for _, only := range [][]string{having, usable, names} {
		if len(only) == 1 {
			return only[0]
		}
	}
	r.addMovedNotFound(moved, names, usable)
	return ""
}

// addMovedNotFound is the error for a moved key whose service is not known. names are the
// services with the path of its create, usable those among them that have a credential.
func (r operation) addMovedNotFound(moved movedKey, names, usable []string) {
	problem := "no declared service creates keys there. Declare the service in a service block, with this path in create.path."
	switch {
	case len(usable) > 0:
		problem = fmt.Sprintf("several services create keys there, and not exactly one of them has this key: %s. Check their credentials.", strings.Join(usable, ", "))
	case len(names) > 0:
		problem = fmt.Sprintf("several services create keys there: %s. Set the credential of the one that it belongs to.", strings.Join(names, ", "))
	}
	r.AddError("Service of the moved key not found",
		fmt.Sprintf("%s created this key at %q, and %s\n\nOr remove the moved block, forget the old resource with a removed block, and import the key. Save its value first: key_wo takes it.", moved.From, moved.Path, problem))
}

// takeMovedArguments takes over the arguments that were sent, with what the service shows of
// them now.
func (r operation) takeMovedArguments(m *model, moved movedKey) {
	arguments, ok := r.account.Creates.ReadBody(moved.Body)
	if !ok || arguments == "" {
		return
	}
	for _, a := range r.def.attributes(attribute.isInResource) {
		if a.Kind == definition.JSON {
			m.specific[a.Name] = overlayJSON(jsontypes.NewNormalizedValue(arguments), m.specific[a.Name])
		}
	}
}

// masking are characters that services put in place of a value's own.
const masking = "*•…"

// isValueOf reports whether a text that was found where an answer has the value can be the
// value of a key. Answers of later reads often have a masked one there.
func (r operation) isValueOf(k driver.Key, value driver.Secret) bool {
	text := value.Reveal()
	return text != "" && text != k.ID && text != k.Name && !strings.ContainsAny(text, masking) && !strings.Contains(text, "...") &&
		!k.Hint.Contradicts(value) && keyring.LooksWhole(value, r.def.KeyPrefixes)
}

// warnNoMovedValue warns that the old state does not have the value.
func (r operation) warnNoMovedValue(moved movedKey, k driver.Key) {
	r.AddWarning("Key moved without its value",
		fmt.Sprintf("The state of %s does not have the value of key %s where the declaration of %s says (create.value), or what it has there is not this key's. The key is imported without it: key is null until the next rotation. "+
			"If the value is elsewhere in the old state, or in a secret store, do not apply yet: save it, and set it in key_wo.", moved.From, describe(k), r.def.Title))
}
