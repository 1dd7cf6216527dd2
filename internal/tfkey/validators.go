package tfkey

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// keyName accepts names that a service accepts.
type keyName struct {
	max int
	// fresh: a key is created under this name. An imported key may have any name.
	fresh bool
}

func (v keyName) Description(context.Context) string {
	if v.max > 0 {
		return fmt.Sprintf("1 to %d characters, not only spaces", v.max)
	}
	return "not empty, not only spaces"
}

func (v keyName) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v keyName) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if !known(req.ConfigValue) {
		return
	}
	name := req.ConfigValue.ValueString()
	switch {
	case strings.TrimSpace(name) == "", v.max > 0 && utf8.RuneCountInString(name) > v.max:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid key name",
			fmt.Sprintf("A key's name must be %s; this one has %d characters. Choose another name.", v.Description(ctx), utf8.RuneCountInString(name)))
	case !strings.ContainsFunc(name, unicode.IsControl):
	case v.fresh:
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid key name", "A key's name must not contain control characters, such as line breaks. Remove them.")
	default:
		resp.Diagnostics.AddAttributeWarning(req.Path, "Control characters in key name",
			fmt.Sprintf("The name %q contains control characters, such as line breaks. Remove them, unless the key exists under this name.", name))
	}
}

// interval accepts durations of at least one minute.
type interval struct{}

func (interval) Description(context.Context) string {
	return "a duration of at least one minute, such as 90d, 720h or 1d12h"
}

func (v interval) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (interval) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if !known(req.ConfigValue) {
		return
	}
	if _, err := parseInterval(req.ConfigValue.ValueString()); err != nil {
		// The path is in the text too: Terraform points at the resource only.
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", Sentence(fmt.Sprintf("%s: %v", req.Path, err)))
	}
}
