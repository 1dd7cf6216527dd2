package tfkey

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// The arguments that select keys, in the data source for many keys and in the list resource.
const (
	argNameRegex     = "name_regex"
	argUnusedFor     = "unused_for"
	argCreatedBefore = "created_before"
	argStatus        = "status"
)

// criterion is one argument that selects keys: an optional string. set sets it in a filter.
type criterion struct {
	name, description, summary, form string

	set func(f *filter, text string) error
}

// attribute is the criterion in a schema.
func (c criterion) attribute() schema.StringAttribute {
	return stringAttribute(optional, c.description, Parses(c.summary, c.form, func(text string) error { return c.set(&filter{}, text) }))
}

// filter is what a configuration selects; the zero value selects every key.
type filter struct {
	name   *regexp.Regexp
	idle   time.Duration
	before time.Time
	status driver.Status
	scope  string
}

// criteria are a service's criteria without its scope. status describes the argument of that
// name.
func (d serviceDef) criteria(status string) []criterion {
	idle := "Only keys that were not used for this long, such as `90d`; for a key that was never used, since its creation."
	if !d.ReportsLastUsed {
		idle = "An error here: " + d.Title + " may not report when a key was last used. Use `created_before`."
	}
	all := []criterion{
		{
			argNameRegex, "Only keys whose name matches this regular expression in [RE2 syntax](https://github.com/google/re2/wiki/Syntax), such as `^ci-`.",
			"Invalid regular expression", "a regular expression in RE2 syntax",
			func(f *filter, text string) (err error) {
				if f.name, err = regexp.Compile(text); err != nil {
					return fmt.Errorf("%w; write one in RE2 syntax, such as ^ci- or (?i)test", err)
				}
				return nil
			},
		},
		{
			argUnusedFor, idle, "Invalid unused_for", "a positive duration, such as 90d",
			func(f *filter, text string) (err error) {
				if !d.ReportsLastUsed {
					return fmt.Errorf("%s does not report when a key was last used; remove it, and use %s to find old keys", d.Title, argCreatedBefore)
				}
				f.idle, err = ParseDuration(text)
				return err
			},
		},
		{
			argCreatedBefore, "Only keys that were created before this time, such as `2026-01-31T00:00:00Z`.",
			"Invalid time", "a time in RFC 3339",
			func(f *filter, text string) (err error) {
				if f.before, err = time.Parse(time.RFC3339, text); err != nil {
					return fmt.Errorf("%q is not a time in RFC 3339; write for example 2026-01-31T00:00:00Z", text)
				}
				return nil
			},
		},
	}
	if d.KeepsRevoked {
		all = append(all, criterion{argStatus, status, "Invalid status", "active, revoked or all", func(f *filter, text string) error {
			f.status = driver.Status(text)
			if !slices.Contains([]driver.Status{driver.StatusActive, driver.StatusInactive, driver.StatusAll}, f.status) {
				return fmt.Errorf("%q is not a status; write %s, %s or %s", text, driver.StatusActive, driver.StatusInactive, driver.StatusAll)
			}
			return nil
		}})
	}
	return all
}

// filter reads the criteria and the scope of a configuration that is fully known.
func (r operation) filter(values map[string]attr.Value) filter {
	f := filter{status: driver.StatusActive, scope: textOf(values[r.def.Scope])}
	for _, c := range r.def.criteria("") {
		if !isSet(values[c.name]) {
			continue
		}
		if err := c.set(&f, textOf(values[c.name])); err != nil {
			r.AddAttributeError(path.Root(c.name), "Invalid "+c.name, Sentence(fmt.Sprintf("%s: %v", c.name, err)))
		}
	}
	return f
}

// matches reports whether the criteria select a key, at the service's time now. A property
// that the service does not report cannot match.
func (f filter) matches(k driver.Key, now time.Time) bool {
	if f.name != nil && !f.name.MatchString(k.Name) {
		return false
	}
	created := k.CreatedAt
	if k.DateOnly {
		created = created.Add(day) // at the latest
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
