package custom

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Declaration is everything that the provider needs to know of a service: how to sign
// in, and the calls that create, list and revoke its keys. Its JSON names are those of
// the provider's service block, and of the catalog's files.
type Declaration struct {
	// Name is how resources refer to the service.
	Name string `json:"name"`
	// Title is the service in messages; Name if it is empty.
	Title string `json:"title,omitempty"`
	// Console says where a person sees and creates keys.
	Console string `json:"console,omitempty"`

	BaseURL           string   `json:"base_url,omitempty"`
	Credential        string   `json:"credential,omitempty"`
	CredentialEnv     string   `json:"credential_env,omitempty"`
	CredentialCommand []string `json:"credential_command,omitempty"`

	// Headers are sent with every request.
	Headers map[string]string `json:"headers,omitempty"`
	// KeyPrefixes are how the values of keys begin, such as "sk-". They are recognised by
	// them where they must not be shown.
	KeyPrefixes []string `json:"key_prefixes,omitempty"`
	// Vars are the values of {variables} in paths and in base_url.
	Vars map[string]string `json:"vars,omitempty"`

	Auth   Auth        `json:"auth,omitzero"`
	Create CreateCall  `json:"create,omitzero"`
	List   ListCall    `json:"list,omitzero"`
	Get    *GetCall    `json:"get,omitempty"`
	Update *UpdateCall `json:"update,omitempty"`
	Revoke RevokeCall  `json:"revoke,omitzero"`
}

// Auth says how requests carry the credential.
type Auth struct {
	// Header holds it; "Authorization" by default.
	Header string `json:"header,omitempty"`
	// Prefix precedes it there; "Bearer " by default in Authorization, else nothing.
	Prefix *string `json:"prefix,omitempty"`
	// Basic sends it as RFC 7617 says: it is "user:password", or the password of User.
	Basic bool   `json:"basic,omitempty"`
	User  string `json:"user,omitempty"`
}

// Call is what all calls have.
type Call struct {
	// Path follows base_url. It may have {variables} and a query.
	Path   string `json:"path,omitempty"`
	Method string `json:"method,omitempty"`
	// Success are the statuses of success.
	Success []int `json:"success,omitempty"`
}

// CreateCall creates a key.
type CreateCall struct {
	Call
	// Encoding is "json" or "form".
	Encoding string `json:"encoding,omitempty"`
	// Body is a JSON object with the fields that every create sends.
	Body string `json:"body,omitempty"`
	// Name points to the name in the request.
	Name Pointer `json:"name,omitempty"`
	// ID, Value and CreatedAt point into the answer.
	ID        Pointer `json:"id,omitempty"`
	Value     Pointer `json:"value,omitempty"`
	CreatedAt Pointer `json:"created_at,omitempty"`
	// GivenName points to the name in the answer, for services that change names.
	GivenName Pointer `json:"given_name,omitempty"`
}

// ListCall lists keys.
type ListCall struct {
	Call
	// Items points to the array of keys in the answer; "" is the answer itself.
	Items Pointer `json:"items,omitempty"`
	// The others point into one key of that array.
	ID         Pointer `json:"id,omitempty"`
	Name       Pointer `json:"name,omitempty"`
	CreatedAt  Pointer `json:"created_at,omitempty"`
	LastUsedAt Pointer `json:"last_used_at,omitempty"`
	// RevokedAt and Revoked are for services that list revoked keys too: the time, or
	// a boolean.
	RevokedAt Pointer `json:"revoked_at,omitempty"`
	Revoked   Pointer `json:"revoked,omitempty"`
	// Hint is what the service shows of the value: masked, or its last characters.
	Hint Pointer `json:"hint,omitempty"`
	// Arguments maps attributes of arguments to where a key shows them.
	Arguments map[string]Pointer `json:"arguments,omitempty"`
	// CreatedAtFormat is the form of all times: "rfc3339", "unix" or "unix_ms".
	CreatedAtFormat string `json:"created_at_format,omitempty"`
	// LastUsedAtFormat is that of LastUsedAt; CreatedAtFormat by default.
	LastUsedAtFormat string `json:"last_used_at_format,omitempty"`
	Page             Page   `json:"page,omitzero"`
}

// Page says how the pages of a listing follow each other.
type Page struct {
	// Style is "cursor", "after_last_id", "offset" or "page"; "" is a single page.
	Style string `json:"style,omitempty"`
	// Param is the query parameter that selects a page.
	Param string `json:"param,omitempty"`
	// Next points to the next page's cursor. Style cursor only.
	Next Pointer `json:"next,omitempty"`
	// More points to a boolean that says whether there are more pages.
	More Pointer `json:"more,omitempty"`
	// First is the number of the first page. Style page only; 1 by default.
	First *int `json:"first,omitempty"`
}

// GetCall reads one key.
type GetCall struct {
	Call
	// Item points to the key in the answer. The pointers of ListCall then apply to it.
	Item Pointer `json:"item,omitempty"`
}

// UpdateCall changes a key in place.
type UpdateCall struct {
	Call
	Encoding string `json:"encoding,omitempty"`
	// Name points to the name in the request.
	Name Pointer `json:"name,omitempty"`
	// Rename says whether the call can change the name; true by default.
	Rename *bool `json:"rename,omitempty"`
	// Arguments are the fields of arguments that the call can change; nil is all of them.
	Arguments []string `json:"arguments,omitzero"`
}

// canRename reports whether a key can be renamed in place.
func (c *UpdateCall) canRename() bool { return c != nil && (c.Rename == nil || *c.Rename) }

// changesArguments reports whether any argument can be changed in place.
func (c *UpdateCall) changesArguments() bool {
	return c != nil && (c.Arguments == nil || len(c.Arguments) > 0)
}

// RevokeCall revokes a key.
type RevokeCall struct {
	Call
	// Body is a JSON object to send.
	Body string `json:"body,omitempty"`
	// ID points to the key's id in the request, for services that have it there.
	ID Pointer `json:"id,omitempty"`
	// Confirm points to what confirms the revocation in the answer: true, the key's id, or
	// the time of revocation. Without it a 200 confirms nothing, and the key is looked for.
	Confirm Pointer `json:"confirm,omitempty"`
}

// The values of Page.Style, ListCall.CreatedAtFormat and Encoding.
const (
	styleCursor      = "cursor"
	styleAfterLastID = "after_last_id"
	styleOffset      = "offset"
	stylePage        = "page"

	formatRFC3339 = "rfc3339"
	formatUnix    = "unix"
	formatUnixMS  = "unix_ms"

	encodingJSON = "json"
	encodingForm = "form"
)

// Decode reads a declaration in JSON. If the catalog has an entry of its name, that is
// what the declaration adds to.
func Decode(text []byte) (Declaration, error) {
	var named struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(text, &named); err != nil {
		return Declaration{}, err
	}
	var d Declaration
	if entry, ok := Lookup(named.Name); ok {
		d = entry.clone()
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return Declaration{}, err
	}
	return d.WithDefaults(), nil
}

// clone returns a copy that shares nothing. Decoding changes the maps, the slices and the
// calls that are there.
func (d Declaration) clone() (copied Declaration) {
	text, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	if err != nil {
		panic(err) // a declaration has nothing that JSON does not
	}
	return copied
}

// WithDefaults fills in what a declaration may leave out.
func (d Declaration) WithDefaults() Declaration {
	setDefault(&d.Title, d.Name)
	setDefault(&d.Auth.Header, "Authorization")
	if d.Auth.Prefix == nil {
		prefix := ""
		if http.CanonicalHeaderKey(d.Auth.Header) == "Authorization" {
			prefix = "Bearer "
		}
		d.Auth.Prefix = &prefix
	}
	setDefault(&d.Create.Method, http.MethodPost)
	setDefault(&d.Create.Encoding, encodingJSON)
	setDefault(&d.Create.Name, "/name")
	setDefault(&d.List.Method, http.MethodGet)
	setDefault(&d.List.ID, "/id")
	setDefault(&d.List.Name, "/name")
	setDefault(&d.List.CreatedAtFormat, formatRFC3339)
	setDefault(&d.List.LastUsedAtFormat, d.List.CreatedAtFormat)
	setDefault(&d.Revoke.Method, http.MethodDelete)
	if len(d.Create.Success) == 0 {
		d.Create.Success = []int{http.StatusOK, http.StatusCreated}
	}
	if len(d.List.Success) == 0 {
		d.List.Success = []int{http.StatusOK}
	}
	if len(d.Revoke.Success) == 0 {
		d.Revoke.Success = []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent}
	}
	if d.Get != nil {
		get := *d.Get
		setDefault(&get.Method, http.MethodGet)
		if len(get.Success) == 0 {
			get.Success = []int{http.StatusOK}
		}
		d.Get = &get
	}
	if d.Update != nil {
		update := *d.Update
		setDefault(&update.Method, http.MethodPatch)
		setDefault(&update.Encoding, d.Create.Encoding)
		setDefault(&update.Name, d.Create.Name)
		if len(update.Success) == 0 {
			update.Success = []int{http.StatusOK, http.StatusNoContent}
		}
		d.Update = &update
	}
	return d
}

func setDefault[T ~string](value *T, def T) {
	if *value == "" {
		*value = def
	}
}
