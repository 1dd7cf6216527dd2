package tfkey

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The arguments that select keys, in the data source for many keys and in the list resource.
const (
	argNameRegex     = "name_regex"
	argUnusedFor     = "unused_for"
	argCreatedBefore = "created_before"
	argStatus        = "status"
)

// criterion is one argument that selects keys: an optional string.
type criterion struct {
	name, description string
	validator         validator.String
}

// criteria are a service's criteria without its scope. status describes the argument of that
// name.
func (d serviceDef) criteria(status string) []criterion {
	idle := "Keys that have not been used for longer than this, such as `90d`, `720h` or `1d12h`: since their last use, or since their creation if they were never used. " +
		"A key for which " + d.Title + " reports neither is left out, and so is a revoked one."
	if !d.ReportsLastUsed {
		idle = "Not available here, because " + d.Title + " may not report when a key was last used: setting it is an error. Use `created_before`."
	}
	all := []criterion{
		{argNameRegex, "Keys whose name matches this regular expression, in [RE2 syntax](https://github.com/google/re2/wiki/Syntax), anywhere unless it is anchored. Default: all names.",
			parses{"Invalid regular expression", "a regular expression in RE2 syntax", func(s string) error { _, err := parseRegex(s); return err }}},
		{argUnusedFor, idle,
			parses{"Invalid unused_for", "a positive duration, such as 90d", func(s string) error { _, err := d.parseIdle(s); return err }}},
		{argCreatedBefore, "Keys that were created before this time, in RFC 3339 such as `2026-01-31T00:00:00Z`. A key without a time of creation is left out.",
			parses{"Invalid time", "a time in RFC 3339", func(s string) error { _, err := parseInstant(s); return err }}},
	}
	if d.KeepsRevoked {
		all = append(all, criterion{argStatus, status, stringvalidator.OneOf(string(driver.StatusActive), string(driver.StatusInactive), string(driver.StatusAll))})
	}
	return all
}

// filter is what a configuration selects; the zero value selects every key.
type filter struct {
	name   *regexp.Regexp
	idle   time.Duration
	before time.Time
	status driver.Status
	scope  string
}

// filter reads the criteria and the scope of a configuration that is fully known.
func (d serviceDef) filter(values map[string]attr.Value) (filter, diag.Diagnostics) {
	f := filter{status: driver.StatusActive}
	var diags diag.Diagnostics
	text := func(name string) string {
		s, _ := values[name].(types.String)
		return s.ValueString()
	}
	bad := func(name string, err error) {
		if err != nil {
			diags.AddAttributeError(path.Root(name), "Invalid "+name, Sentence(fmt.Sprintf("%s: %v", name, err)))
		}
	}
	var err error
	if s := text(argNameRegex); s != "" {
		f.name, err = parseRegex(s)
		bad(argNameRegex, err)
	}
	if known(values[argUnusedFor]) {
		f.idle, err = d.parseIdle(text(argUnusedFor))
		bad(argUnusedFor, err)
	}
	if known(values[argCreatedBefore]) {
		f.before, err = parseInstant(text(argCreatedBefore))
		bad(argCreatedBefore, err)
	}
	if s := text(argStatus); s != "" {
		f.status = driver.Status(s)
	}
	f.scope = text(d.Scope)
	return f, diags
}

// matches reports whether the criteria select a key, at the service's time now. A property
// that the service does not report cannot match.
func (f filter) matches(k driver.Key, now time.Time) bool {
	if f.name != nil && !f.name.MatchString(k.Name) {
		return false
	}
	created := k.CreatedAt
	if k.DateOnly {
		created = created.Add(24 * time.Hour) // at the latest
	}
	if !f.before.IsZero() && (created.IsZero() || !created.Before(f.before)) {
		return false
	}
	if f.idle == 0 {
		return true
	}
	last := created
	if k.LastUsedAt.After(last) {
		last = k.LastUsedAt
	}
	return k.Live() && !k.UsedSince(now) && !last.IsZero() && now.Sub(last) > f.idle
}

func parseRegex(s string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("%w; write one in RE2 syntax, such as ^ci- or (?i)test", err)
	}
	return re, nil
}

func (d serviceDef) parseIdle(s string) (time.Duration, error) {
	if !d.ReportsLastUsed {
		return 0, fmt.Errorf("%s does not report when a key was last used; remove it, and use %s to find old keys", d.Title, argCreatedBefore)
	}
	return ParseDuration(s)
}

func parseInstant(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time in RFC 3339; write for example 2026-01-31T00:00:00Z", s)
	}
	return t, nil
}

// parses accepts the strings that parse accepts, whose errors say what to write instead.
type parses struct {
	summary, form string
	parse         func(string) error
}

func (v parses) Description(context.Context) string { return v.form }

func (v parses) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v parses) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if !known(req.ConfigValue) {
		return
	}
	if err := v.parse(req.ConfigValue.ValueString()); err != nil {
		// The path is in the text too: Terraform may point at the block only.
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, Sentence(fmt.Sprintf("%s: %v", req.Path, err)))
	}
}
