package tfkey

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/seal"
)

// described is what validators say of themselves.
type described string

func (d described) Description(context.Context) string         { return string(d) }
func (d described) MarkdownDescription(context.Context) string { return string(d) }

// textCheck accepts the strings for which check adds no error.
type textCheck struct {
	described

	check func(text string, at path.Path, diags *diag.Diagnostics)
}

// ValidateString implements validator.String.
func (v textCheck) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if isSet(req.ConfigValue) {
		v.check(req.ConfigValue.ValueString(), req.Path, &resp.Diagnostics)
	}
}

// Parses accepts the strings that parse accepts, whose errors say what to write instead.
func Parses(summary, form string, parse func(string) error) validator.String {
	return textCheck{described(form), func(text string, at path.Path, diags *diag.Diagnostics) {
		if err := parse(text); err != nil {
			// The path is in the text too: Terraform may point at the block only.
			diags.AddAttributeError(at, summary, Sentence(fmt.Sprintf("%s: %v", at, err)))
		}
	}}
}

// isInterval accepts durations of at least one minute.
func isInterval() validator.String {
	return Parses("Invalid duration", "a duration of at least one minute, such as 90d, 720h or 1d12h", func(s string) error {
		_, err := parseInterval(s)
		return err
	})
}

// isKeyName accepts names that a service accepts. isNew says that a key is created under the
// name; an imported key may have any name.
func isKeyName(longest int, isNew bool) textCheck {
	form := described("not empty, not only spaces")
	if longest > 0 {
		form = described(fmt.Sprintf("1 to %d characters, not only spaces", longest))
	}
	return textCheck{form, func(name string, at path.Path, diags *diag.Diagnostics) {
		length := utf8.RuneCountInString(name)
		switch {
		case strings.TrimSpace(name) == "", longest > 0 && length > longest:
			diags.AddAttributeError(at, "Invalid key name", fmt.Sprintf("A key's name must be %s; this one has %d characters. Choose another name.", form, length))
		case !strings.ContainsFunc(name, unicode.IsControl):
		case isNew:
			diags.AddAttributeError(at, "Invalid key name", "A key's name must not contain control characters, such as line breaks. Remove them.")
		default:
			diags.AddAttributeWarning(at, "Control characters in key name",
				fmt.Sprintf("The name %q contains control characters, such as line breaks. Remove them, unless the key exists under this name.", name))
		}
	}}
}

// areRecipients accepts what a value can be encrypted to.
type areRecipients struct{ described }

// ValidateSet implements validator.Set. Terraform validates again when all elements are known.
func (areRecipients) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	defer RecoverPanic(ctx, &resp.Diagnostics)
	if !isSet(req.ConfigValue) {
		return
	}
	for _, e := range req.ConfigValue.Elements() {
		if e.IsUnknown() {
			return
		}
	}
	if _, err := seal.ParseRecipients(stringsOf(req.ConfigValue.Elements())); err != nil {
		resp.Diagnostics.Append(errRecipients(req.Path, err))
	}
}
