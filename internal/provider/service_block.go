package provider

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services/custom"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// blockService is the block that declares a service.
const blockService = "service"

// The attributes of all calls.
func callAttributes(method, success string, more map[string]schema.Attribute) map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"path":    optionalText("Path of the call, after `base_url`, with a query if needed. `{id}` is the key's id, other `{names}` are from `vars`."),
		"method":  optionalText("HTTP method. Default `" + method + "`."),
		"success": schema.ListAttribute{Optional: true, ElementType: types.Int64Type, MarkdownDescription: "HTTP statuses of success. Default " + success + "."},
	}
	for name, attribute := range more {
		attributes[name] = attribute
	}
	return attributes
}

func optionalText(description string) schema.Attribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func textMap(description string) schema.Attribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
}

func blockOf(description string, attributes map[string]schema.Attribute) schema.Block {
	return schema.SingleNestedBlock{MarkdownDescription: description, Attributes: attributes}
}

// serviceBlock is the schema of the blocks that declare services. Its names are those of
// [custom.Declaration] in JSON.
func serviceBlock() schema.Block {
	page := blockOf("How the pages of the listing follow each other. Without this block the listing has a single page.", map[string]schema.Attribute{
		"style": optionalText("`cursor`, `after_last_id` (the id of the page's last key), `offset` (how many keys came before) or `page` (a number)."),
		"param": optionalText("Query parameter that selects the page."),
		"next":  optionalText("Where the answer has the next page's cursor. For `cursor` only."),
		"more":  optionalText("Where the answer has a boolean that says whether there are more pages. Default: an empty page, or one shorter than another, is the last one."),
		"first": schema.Int64Attribute{Optional: true, MarkdownDescription: "Number of the first page, for `page` only. Default `1`."},
	})
	list := schema.SingleNestedBlock{
		MarkdownDescription: "The call that lists keys. `items` points into its answer, the other pointers into one key.",
		Attributes: callAttributes("GET", "`200`", map[string]schema.Attribute{
			"items":               optionalText("Where the answer has the array of keys. Default: the answer is the array."),
			"id":                  optionalText("The key's id: a string or a number. Default `/id`."),
			"name":                optionalText("The key's name. Default `/name`."),
			"created_at":          optionalText("When the key was created. Without it, a create whose answer is lost ends in an error."),
			"last_used_at":        optionalText("When the key was last used."),
			"revoked_at":          optionalText("When the key was revoked, if the service lists revoked keys."),
			"revoked":             optionalText("A boolean that says whether the key is revoked, if the service lists revoked keys."),
			"hint":                optionalText("What the service shows of the value: masked, or its last characters."),
			"created_at_format":   optionalText("Format of all times: `rfc3339`, `unix` (seconds) or `unix_ms` (milliseconds). Default `rfc3339`."),
			"last_used_at_format": optionalText("Format of `last_used_at`, if it is another one."),
			"arguments":           textMap("Where the key has the fields of `arguments`, by their names. Only these are compared with the service."),
		}),
		Blocks: map[string]schema.Block{"page": page},
	}
	return schema.ListNestedBlock{
		MarkdownDescription: "A service whose keys `apikeys_key` manages. A service of the catalog needs only `name` and a credential.",
		NestedObject: schema.NestedBlockObject{
			Attributes: map[string]schema.Attribute{
				"name":               schema.StringAttribute{Required: true, MarkdownDescription: "Name of the service in resources. A name of the catalog takes what the block does not set from there."},
				"title":              optionalText("Name of the service in messages. Default: `name`."),
				"console":            optionalText("Where people see and create keys, for messages."),
				"base_url":           optionalText("Address of the API. Required for services that the catalog does not have."),
				"credential":         schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Credential that signs the requests."},
				"credential_env":     optionalText("Environment variable with the credential, used if `credential` is not set."),
				"credential_command": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Program with its arguments that prints the credential. It runs without a shell for at most 30 seconds."},
				"key_prefixes":       schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "How values of keys begin, such as `sk-`, so that messages can hide them."},
				"headers":            textMap("Headers to send with every request. Not for secrets."),
				"vars":               textMap("Values for `{variables}` in paths and in `base_url`."),
			},
			Blocks: map[string]schema.Block{
				"auth": blockOf("How requests carry the credential. Default: `Authorization: Bearer …`.", map[string]schema.Attribute{
					"header": optionalText("Header with the credential. Default `Authorization`."),
					"prefix": optionalText("What precedes the credential in the header. Default `Bearer ` in `Authorization`, nothing in others."),
					"basic":  schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to send the credential as HTTP basic authentication: as `user:password`, or as the password of `user`."},
					"user":   optionalText("User name for `basic`."),
				}),
				"create": blockOf("The call that creates a key. `name` points into the request, the other pointers into the answer.", callAttributes("POST", "`200` and `201`", map[string]schema.Attribute{
					"encoding":   optionalText("Encoding of the request: `json` or `form`. Default `json`."),
					"body":       optionalText("JSON object with fields that every create sends. `arguments` and the name are added to it."),
					"name":       optionalText("Where the request has the name. Default `/name`."),
					"id":         optionalText("The key's id. Without it, or if the answer lacks it, the key is looked up in the listing."),
					"value":      optionalText("The key's value."),
					"created_at": optionalText("When the key was created. Default: the listing says so."),
					"given_name": optionalText("The key's name, for services that change the name that they are sent. Default: the name is as it was sent."),
				})),
				"list": list,
				"get": blockOf("The call that reads one key. Default: the listing is read instead.", callAttributes("GET", "`200`", map[string]schema.Attribute{
					"item": optionalText("Where the answer has the key. Default: the answer is the key."),
				})),
				"update": blockOf("The call that changes a key in place. Without it, a changed name or changed `arguments` replace the key.", callAttributes("PATCH", "`200` and `204`", map[string]schema.Attribute{
					"encoding":  optionalText("Encoding of the request: `json` or `form`. Default: that of `create`."),
					"name":      optionalText("Where the request has the name. Default: as in `create`."),
					"rename":    schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the call can change the name. Default `true`."},
					"arguments": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Fields of `arguments` that the call can change; a change of others replaces the key. Default: all, and `[]` is none."},
				})),
				"revoke": blockOf("The call that revokes a key.", callAttributes("DELETE", "`200`, `202` and `204`", map[string]schema.Attribute{
					"body":    optionalText("JSON object to send."),
					"id":      optionalText("Where the request has the key's id, if the path does not."),
					"confirm": optionalText("Where the answer confirms the revocation: `true`, the key's id, or the time. Without it, the listing is read after a `200`."),
				})),
			},
		},
	}
}

// declared is one service block of the configuration.
type declared struct {
	custom.Declaration
	at      path.Path // the block
	unknown []string  // attributes whose values Terraform does not know yet
}

// declarations reads the service blocks.
func declarations(blocks attr.Value) (all []declared, diags diag.Diagnostics) {
	list, _ := blocks.(types.List)
	for i, element := range list.Elements() {
		d := declared{at: path.Root(blockService).AtListIndex(i)}
		object, _ := element.(types.Object)
		text, err := json.Marshal(plain(object, "", &d.unknown))
		if err == nil {
			d.Declaration, err = custom.Decode(text)
		}
		if err != nil { // the schema allows nothing that cannot be decoded
			diags.AddAttributeError(d.at, "Invalid service", tfkey.Sentence(err.Error()))
			continue
		}
		all = append(all, d)
	}
	return all, diags
}

// check adds an error for each mistake in a declaration, at its attribute.
func (d declared) check() (diags diag.Diagnostics) {
	for _, problem := range d.Check(d.unknown...) {
		at := d.at
		for _, name := range strings.Split(problem.At, ".") {
			at = at.AtName(name)
		}
		diags.AddAttributeError(at, "Invalid service", tfkey.Sentence(fmt.Sprintf("Service %q: %s", d.Name, problem.Message)))
	}
	return diags
}

// checkNames fails if two blocks have the same name.
func checkNames(all []declared) (diags diag.Diagnostics) {
	for i, d := range all {
		same := func(other declared) bool { return other.Name == d.Name }
		if d.Name != "" && slices.ContainsFunc(all[:i], same) {
			diags.AddAttributeError(d.at.AtName("name"), "Invalid service", fmt.Sprintf("Two blocks declare the service %q. Give one of them another name.", d.Name))
		}
	}
	return diags
}

// plain is a Terraform value as JSON has it, without what is null. What is unknown is
// left out too, and added to unknown by its name.
func plain(value attr.Value, at string, unknown *[]string) any {
	if value.IsUnknown() {
		*unknown = append(*unknown, at)
		return nil
	}
	if value.IsNull() {
		return nil
	}
	switch value := value.(type) {
	case types.String:
		return value.ValueString()
	case types.Bool:
		return value.ValueBool()
	case types.Int64:
		return value.ValueInt64()
	case types.List:
		return plainList(value.Elements(), at, unknown)
	case types.Map:
		return plainMap(value.Elements(), unknown, func(string) string { return at })
	case types.Object:
		return plainMap(value.Attributes(), unknown, func(name string) string { return strings.TrimPrefix(at+"."+name, ".") })
	}
	return nil
}

func plainList(elements []attr.Value, at string, unknown *[]string) any {
	list := make([]any, 0, len(elements))
	for _, element := range elements {
		list = append(list, plain(element, at, unknown))
	}
	return list
}

func plainMap(elements map[string]attr.Value, unknown *[]string, nameOf func(string) string) any {
	object := map[string]any{}
	for name, element := range elements {
		if v := plain(element, nameOf(name), unknown); v != nil {
			object[name] = v
		}
	}
	return object
}
