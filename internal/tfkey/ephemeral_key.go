package tfkey

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey/definition"
)

// defaultExpiry is how long an ephemeral key may live if it is never closed.
const defaultExpiry = "1h"

var (
	_ ephemeral.EphemeralResourceWithConfigure = &ephemeralKey{}
	_ ephemeral.EphemeralResourceWithClose     = &ephemeralKey{}
)

// ephemeralKey is ephemeral apikeys_<service>_key, for every service: a key for one run.
type ephemeralKey struct{ serviceBase }

// NewEphemeral returns the constructor of a service's ephemeral key.
func NewEphemeral(d definition.Service) func() ephemeral.EphemeralResource {
	return func() ephemeral.EphemeralResource { return &ephemeralKey{newBase(d)} }
}

func (e *ephemeralKey) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = e.def.ResourceType(req.ProviderTypeName)
}

func (e *ephemeralKey) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	e.configure(req.ProviderData)
}

func (e *ephemeralKey) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	title, longest := e.def.Title, max(0, e.def.MaxName-expirySpan)
	name := "Name of the key"
	if e.def.MaxName > 0 {
		name += fmt.Sprintf(", 1 to %d characters", longest)
	}
	name += ". At " + title + " it ends in `" + strings.TrimSpace(expiryOpen) + " <time>" + expiryClose + "`."
	attributes := map[string]schema.Attribute{
		"name":          stringAttribute(required, name, isKeyName(longest, true)),
		"mint":          boolAttribute(optional, "Whether to create a key. Default `true`, and every plan creates one too; with `terraform.applying` only an apply does."),
		"expires_after": stringAttribute(optional, "How long the key may live if its run does not revoke it, such as `30m`; at least one minute, and longer than any run takes. Default `"+defaultExpiry+"`.", isInterval()),
		"id":            stringAttribute(computed, "Id of the key; unknown when no key is created."),
		"key":           stringAttribute(computed|sensitive, "The key's value; unknown when no key is created."),
		"created_at":    stringAttribute(computed, "When "+title+" created the key, RFC 3339 in UTC."),
		"expires_at":    stringAttribute(computed, "When a later run may revoke the key, RFC 3339 in UTC."),
	}
	for _, a := range e.def.attributes(attribute.isInCreate) {
		attributes[a.Name] = a.argument("")
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Creates an API key at %s for one run, and revokes it at the end of the run. It is in no state and no plan.", e.def.place()),
		Attributes:          attributes,
	}
}

// closing is what Close needs to know. It has no secret.
type closing struct {
	ID    string `json:"id"`
	Scope string `json:"scope,omitempty"`
}

const closingKey = "closing"

func (e *ephemeralKey) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	ctx, op, done := e.begin(ctx, &resp.Diagnostics)
	defer done()
	values := op.values(ctx, req.Config)
	if op.HasError() {
		return
	}
	mint, _ := values["mint"].(types.Bool)
	if e.configUnknown() || isSet(mint) && !mint.ValueBool() {
		e.fillUnknown(values)
		op.Append(resp.Result.Set(ctx, objectOf(ctx, values))...)
		return
	}
	name, scope := textOf(values["name"]), textOf(values[e.def.Scope])
	ring := op.connect(ctx, scope)
	if ring == nil {
		return
	}
	op.revokeExpired(ctx, ring, name)
	life, err := parseInterval(cmp.Or(textOf(values["expires_after"]), defaultExpiry))
	if err != nil { // refused at validation
		op.AddAttributeError(path.Root("expires_after"), "Invalid duration", err.Error())
	}
	if op.HasError() {
		return
	}
	expires := ring.Now().Add(life).Truncate(time.Second)
	spec := e.def.spec(model{specific: values})
	spec.Name = expiringName(name, expires)
	ctx, pending, err := e.account.track(ctx, ring)
	if op.failed("create an ephemeral", err) {
		return
	}
	pending.ephemeral = true
	defer pending.finish(ctx, &resp.Diagnostics)
	created, err := ring.Create(ctx, spec)
	if err != nil {
		op.addNotOpened(err, name, spec.Name, expires)
		return
	}
	op.deliver(pending, created, func() { // Terraform does not close what failed to open
		e.fillCreated(values, created, scope, ring.Now(), expires)
		op.Append(writeJSON(ctx, resp.Private, closingKey, closing{ID: created.ID, Scope: scope})...)
		op.Append(resp.Result.Set(ctx, objectOf(ctx, values))...)
	})
}

// fillUnknown sets what a new key would decide.
func (e *ephemeralKey) fillUnknown(values map[string]attr.Value) {
	e.fill(values, attribute.unknown)
	for _, name := range []string{"id", "key", "created_at", "expires_at"} {
		values[name] = types.StringUnknown()
	}
}

// fillCreated sets what a new key decides.
func (e *ephemeralKey) fillCreated(values map[string]attr.Value, created driver.Minted, scope string, now, expires time.Time) {
	k := e.inScope(created.Key, scope)
	e.fill(values, func(a attribute) attr.Value { return a.flatten(k.Attributes[a.Name]) })
	if k.CreatedAt.IsZero() {
		k.CreatedAt = now
	}
	values["id"], values["key"] = types.StringValue(k.ID), types.StringValue(created.Value.Reveal())
	values["created_at"], values["expires_at"] = flattenTime(k.CreatedAt), flattenTime(expires)
}

// fill sets the specific attributes that the configuration does not set.
func (e *ephemeralKey) fill(values map[string]attr.Value, value func(attribute) attr.Value) {
	for _, a := range e.def.attributes(attribute.isInCreate) {
		if isNull(values[a.Name]) && a.Kind != definition.JSON {
			values[a.Name] = value(a)
		}
	}
}

// addNotOpened adds the error of a failed create. Terraform keeps nothing of an ephemeral
// resource, so no later run looks for a key of unknown outcome: its name says when a later
// run revokes it.
func (r operation) addNotOpened(err error, name, fullName string, expires time.Time) {
	var unknown *keyring.OutcomeUnknownError
	if !errors.As(err, &unknown) {
		r.failed("create an ephemeral", err)
		return
	}
	r.Append(r.outcomeUnknown(unknown, fmt.Sprintf("Apply again: that creates another key. If this one was created, nobody has its value, and the first run after %s that opens an ephemeral key named %q revokes it. To revoke it at once, look for %q (%s).",
		expires.UTC().Format(time.RFC3339), name, fullName, r.def.Console)))
}

// revokeExpired revokes keys that earlier runs under this name did not close in time. A
// failure does not stop this run.
func (r operation) revokeExpired(ctx context.Context, ring *keyring.Ring, name string) {
	keys, err := ring.List(ctx)
	if r.failed("look for leftovers of the", err) {
		return
	}
	for _, k := range keys {
		of, expires, ok := parseExpiringName(k.Name)
		if !ok || of != name || ring.Now().Before(expires) {
			continue
		}
		if err := ring.Revoke(ctx, k.ID, driver.Secret{}); err != nil {
			r.warnNotRevoked("Expired ephemeral key not revoked", k.ID, err.Error())
		}
	}
}

func (e *ephemeralKey) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	ctx, op, done := e.begin(ctx, &resp.Diagnostics)
	defer done()
	raw, diags := req.Private.GetKey(ctx, closingKey)
	op.Append(diags...)
	var c closing
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil || c.ID == "" {
		return // no key was created
	}
	diags = e.useService(types.StringValue(c.Scope))
	ring, failed := e.findRing(ctx, c.Scope)
	diags.Append(failed...)
	if diags.HasError() {
		op.warnNotRevoked("Ephemeral key not revoked", c.ID, diags[0].Detail())
		return
	}
	value, _ := e.account.value(c.ID)
	// An interrupt is no reason to let the key live.
	ctx, cancel := keyring.WithoutCancel(ctx)
	defer cancel()
	if err := ring.Revoke(ctx, c.ID, value); err != nil {
		op.warnNotRevoked("Ephemeral key not revoked", c.ID, err.Error())
		return
	}
	e.account.Delivery.closed(ring, c.ID)
}

func (r operation) warnNotRevoked(summary, id, because string) {
	r.AddWarning(summary, fmt.Sprintf("%s key %s could not be revoked: %s\n\nThe next run that opens an ephemeral key of the same name revokes it once its time has passed. To revoke it at once, do it by hand (%s).",
		r.def.Title, id, Sentence(because), r.def.Console))
}

// The name of an ephemeral key at the service says until when it may live, in a form that the
// documentation promises: "<name> [ephemeral until <RFC 3339, UTC, seconds>]". A key of that
// form whose time has passed was not closed by its run.
const (
	expiryOpen  = " [ephemeral until "
	expiryClose = "]"
	expirySpan  = len(expiryOpen) + len(time.RFC3339) - len("07:00") + len(expiryClose)
)

// expiringName is the name of an ephemeral key.
func expiringName(name string, expires time.Time) string {
	return name + expiryOpen + expires.UTC().Format(time.RFC3339) + expiryClose
}

// parseExpiringName reads exactly what expiringName writes.
func parseExpiringName(s string) (name string, expires time.Time, ok bool) {
	i := strings.LastIndex(s, expiryOpen)
	if i < 0 {
		return "", time.Time{}, false
	}
	expires, err := time.Parse(time.RFC3339, strings.TrimSuffix(s[i+len(expiryOpen):], expiryClose))
	if err != nil || expiringName(s[:i], expires) != s {
		return "", time.Time{}, false
	}
	return s[:i], expires, true
}
