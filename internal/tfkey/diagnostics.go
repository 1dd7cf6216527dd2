package tfkey

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// failure turns an error into diagnostics: what was tried, what the service answered, and what
// to do next. Each rejected field that is an attribute gets a diagnostic of its own.
func (c *serviceBase) failure(verb string, err error) (diags diag.Diagnostics) {
	summary := fmt.Sprintf("Could not %s %s key", verb, c.def.Title)
	var unknown *keyring.OutcomeUnknownError
	e, ok := driver.AsError(err)
	switch {
	case errors.As(err, &unknown):
		return diag.Diagnostics{c.errUnknownOutcome(unknown, nil)}
	case !ok:
		return diag.Diagnostics{diag.NewErrorDiagnostic(summary, Sentence(err.Error()))}
	case e.Kind == driver.KindCredential:
		summary = c.def.Title + " credential missing or not usable"
	}
	// Where err wraps e, its complete text is kept.
	text := err.Error()
	if e.Kind == driver.KindCredential {
		text = strings.Replace(text, fmt.Sprintf("%s: %s: ", e.Operation, e.Kind), "", 1) // both are in the summary
	}
	detail := Sentence(text) + retryAfter(e) + "\n\n" + c.nextStep(e)
	for _, f := range e.Fields {
		if at, ok := c.attributePath(f.Field); ok {
			diags.AddAttributeError(at, summary, fmt.Sprintf("%s rejected this value: %s\n\n%s", c.def.Title, Sentence(f.Message), detail))
		}
	}
	if !diags.HasError() {
		diags.AddError(summary, detail)
	}
	return diags
}

// Sentence ends a text with one full stop, unless it ends like a sentence.
func Sentence(text string) string {
	text = strings.TrimRight(text, " \n")
	for _, end := range []string{"…", "...", "!", "?"} {
		if strings.HasSuffix(text, end) {
			return text
		}
	}
	return strings.TrimRight(text, ".,;:") + "."
}

// retryAfter says how long the service asked to wait.
func retryAfter(e *driver.Error) string {
	switch {
	case e.RetryAfter <= 0:
		return ""
	case e.RetryAfter > driver.MaxRetryAfter:
		return fmt.Sprintf(" The service asked to wait %v, which is longer than the provider waits (%v).", e.RetryAfter, driver.MaxRetryAfter)
	}
	return fmt.Sprintf(" The service asked to wait %v.", e.RetryAfter)
}

// attributePath returns the attribute of a service's field.
func (c *serviceBase) attributePath(field string) (path.Path, bool) {
	if field == "name" {
		return path.Root("name"), true
	}
	for _, a := range c.def.attributes(attribute.isSettable) {
		if field == a.Name || strings.HasPrefix(field, a.Name+".") {
			return path.Root(a.Name), true
		}
	}
	return path.Path{}, false
}

// nextSteps are what a person can do about a failure, by its kind.
var nextSteps = map[driver.Kind]string{
	driver.KindCredential:   "Nothing was sent.",
	driver.KindUnauthorized: "{service} does not accept the credential: it is wrong, expired or revoked. Create a new one ({console}), and set it in the \"{block}\" settings or their environment variable.{page}",
	driver.KindPayment:      "The {service} account is out of credits, has reached a spending limit or needs a payment method. This is not about a permission. Apply again when the account is topped up (Settings > Billing).{page}",
	driver.KindForbidden:    "The credential may not do this: it lacks a permission, or belongs to another workspace or tenant. Set one that may, in the \"{block}\" settings or their environment variable.{page}",
	driver.KindNotFound:     "Check {place} in the \"{block}\" settings, and that the key exists ({console}).",
	driver.KindConflict:     "Something else changed the key at the same moment, or a key like it exists. Plan again, check what has changed, and apply.{page}",
	driver.KindUnresolved:   "Apply again: the provider first finds out what the earlier request has done.",
	driver.KindByHand:       "Do that, then apply again. A key that is already gone counts as revoked.",
	driver.KindInvalid:      "{service} gives no reason. Check that {block}.base_url is the address of its API. If it is, please report a bug of the provider.",
	driver.KindUnsupported:  "{service} does not offer this here, or no longer to this version of the provider. Upgrade the provider. If it is the newest, check {block}.base_url.",
	driver.KindNotYet:       "Wait a little and apply again.",
	driver.KindLegal:        "{service} refuses this for legal reasons, such as the country of the account or of this machine. Ask its support.",
	driver.KindRejected:     "{service} gives its reason above. Do what it asks for, and apply again. Its support can find the request by its id.",
	driver.KindRateLimit:    "{service} limits how many requests it takes. Wait a little and apply again. If this happens often, use a smaller -parallelism.",
	driver.KindSpendCap:     "The {service} account has reached its daily spend cap. Apply again after 00:00 UTC, or raise the cap.",
	driver.KindRedirect:     "Redirects are not followed, because they could pass the credential to somebody else. Set {block}.base_url to the address that the service really has.",
	driver.KindNotJSON:      notItsAnswer,
	driver.KindMalformed:    notItsAnswer,
	driver.KindTooLarge:     "Check {block}.base_url: no answer of {service} should be that large.",
	driver.KindTimeout:      "Try again. If the service is slow rather than down, raise request_timeout.",
	driver.KindDNS:          "Check the host name in {block}.base_url and this machine's name resolution.",
	driver.KindTLS:          "The server's certificate is not trusted. If a proxy or private authority signs it, set ca_cert_file. Otherwise check {block}.base_url.",
	driver.KindHandshake:    "Check that {block}.base_url is an https address with TLS 1.2 or newer, and whether a proxy is in between.",
	driver.KindConnection:   "Check that {service} is up, and that {block}.base_url and the proxy settings are right. Then apply again.",
	driver.KindCanceled:     "Apply again to finish.",
	driver.KindSelf:         "Revoking it would lock the provider out. Create another key ({console}), set it in the \"{block}\" settings, and apply again.",
	driver.KindBug:          bugDetail,
	driver.KindServer:       "{service} failed on its side. Apply again later. If it goes on, give its support the request id.",
}

const (
	notItsAnswer = "This is not how {service} answers. Check {block}.base_url, and whether a proxy, firewall or captive portal is in between. No key was removed from the state."
	// fixDeclaration comes first where an answer does not fit the declaration of a service.
	fixDeclaration = "If the declaration names the wrong field, correct it in the service block."
	reasonGiven    = "{service} gives its reason above. If a limit is reached, revoke keys that nobody uses ({console}) or have it raised; if a value is refused, change it. Then apply again."
	// bugDetail is what a user can do about a bug.
	bugDetail = "The provider has stopped because of a bug. Keys that it had created are in the state, or have been revoked. " +
		"Please report the bug: run again with TF_LOG=ERROR, and send the lines that name functions of the provider; they hold no values. Then apply again."
)

// nextStep is what a person can do about a failure.
func (c *serviceBase) nextStep(e *driver.Error) string {
	step, ok := nextSteps[e.Kind]
	if !ok {
		step = nextSteps[driver.KindServer]
	}
	waits := e.Kind == driver.KindRateLimit || e.Kind == driver.KindServer || !ok
	switch {
	case e.Advice != "":
		return e.Advice + c.page(e)
	case e.Kind == driver.KindInvalid && len(e.Fields) > 0:
		step = "Change the rejected value and apply again."
	case e.Kind == driver.KindInvalid && (e.Message != "" || e.Code != ""):
		step = reasonGiven
	case waits && e.RetryAfter > driver.MaxRetryAfter:
		step = "Apply again after that time."
	case c.def.Declared && e.Kind == driver.KindMalformed:
		step = fixDeclaration + " " + step
	case c.def.Declared && e.Kind == driver.KindUnauthorized:
		step += " If the credential is right, check the auth block of the service."
	}
	place := "base_url"
	if c.def.Scope != "" {
		place += " and " + c.def.Scope
	}
	return strings.NewReplacer("{service}", c.def.Title, "{block}", c.def.Name, "{console}", c.def.Console, "{place}", place, "{page}", c.page(e)).Replace(step)
}

// page adds what a refusal may mean that is not in the form of the service's API.
func (c *serviceBase) page(e *driver.Error) string {
	if e.Effect == driver.EffectNone {
		return ""
	}
	return fmt.Sprintf(" Or check %s.base_url, and whether a proxy in between wants a login of its own.", c.def.Name)
}

// errUnknownOutcome is the error of a create that may or may not have created a key. What
// finds that key is in the state, or in the error if saved, from writing the state, has errors.
func (c *serviceBase) errUnknownOutcome(unknown *keyring.OutcomeUnknownError, saved diag.Diagnostics) diag.Diagnostic {
	window, console := unknown.Window, c.def.Console
	next := fmt.Sprintf("Apply again: the provider then looks for a key named %q that was created at that time and never used, revokes it, and creates a new one.", window.Name)
	if e, ok := driver.AsError(unknown.Err); ok && c.def.Declared && e.Kind == driver.KindMalformed {
		next = fixDeclaration + " " + next
	}
	switch {
	case saved.HasError():
		next = fmt.Sprintf("The state could not be written either, so no later run looks for it. Look for a key named %q that was created after %s, and revoke it by hand (%s).", window.Name, rfc3339(window.From), console)
	case window.Certain:
		return diag.NewErrorDiagnostic(fmt.Sprintf("%s key was created, but was not found", c.def.Title),
			fmt.Sprintf("%v.\n\n%s created a key named %q, but did not give its id: %s. The state keeps what is known of it.\n\nApply again later: the provider then looks for this key, revokes it, and creates a new one. If it is still not found, revoke it by hand (%s), and remove it from the state (terraform state rm).",
				unknown.Err, c.def.Title, window.Name, unknown.Outcome(), console))
	case unknown.Renamed():
		next = "If nobody else has created it, revoke the key listed above by hand (" + console + "), and apply again: the provider revokes no key whose name differs from the one it asked for."
	case len(unknown.Candidates) > 0 && unknown.Candidates[0].CreatedAt.IsZero():
		next = fmt.Sprintf("%s does not say when a key was created, so the provider revokes none of the keys listed above: they may be somebody else's. Revoke those that nobody uses by hand (%s), and apply again.", c.def.Title, console)
	case len(unknown.Candidates) > 1:
		next += " While there are several candidates it revokes none: revoke those that nobody uses by hand (" + console + ")."
	}
	return c.outcomeUnknown(unknown, next)
}

// outcomeUnknown is that error with its next step.
func (c *serviceBase) outcomeUnknown(unknown *keyring.OutcomeUnknownError, next string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("%s key may or may not have been created", c.def.Title),
		fmt.Sprintf("%s\n\nThe outcome is unknown: %s\n\nThe create is not sent again before that is clear, so there is no second key.\n\n%s", Sentence(unknown.Err.Error()), Sentence(unknown.Outcome()), next))
}

// warnUnreadable warns once of values in the service's records that could not be read.
func (r operation) warnUnreadable(ring *keyring.Ring) {
	keys := ring.UnreadableKeys()
	if len(keys) == 0 {
		return
	}
	detail := fmt.Sprintf("Some values in %s's records could not be read, and count as unknown:\n", r.def.Title)
	for i, k := range keys {
		if i == maxCandidates {
			detail += fmt.Sprintf("  and those of %d more keys\n", len(keys)-i)
			break
		}
		detail += fmt.Sprintf("  key %s (%q): %s\n", k.ID, k.Name, strings.Join(k.Unreadable, ", "))
	}
	r.AddWarning("Values not readable", detail+"Check these keys ("+r.def.Console+"). If they look right there, report a bug in the provider.")
}

// configUnknownDetail says which settings Terraform does not know yet.
func (a *Account) configUnknownDetail() string {
	return fmt.Sprintf("The provider's %s will only be known after other changes have been applied. Apply those first, for example with -target, or set a value that is known while planning. If the credential is an ephemeral key, let plans create it too (mint).",
		strings.Join(a.Unknown, ", "))
}

// escape escapes characters that control a terminal, or that reorder or hide text. Ids and
// names come from servers, and Terraform prints diagnostics as they are.
func escape(text string) string {
	if !strings.ContainsFunc(text, isUnprintable) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isUnprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isUnprintable reports whether a character must not reach a terminal.
func isUnprintable(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp))
}

// escapeAll escapes all diagnostics, and redacts what looks like a key of the service by the
// prefixes of its values.
func escapeAll(diags diag.Diagnostics, prefixes ...string) {
	for i, d := range diags {
		summary, detail := escape(d.Summary()), escape(keyring.RedactKeys(d.Detail(), prefixes))
		if summary != d.Summary() || detail != d.Detail() {
			diags[i] = withTexts(d, summary, detail)
		}
	}
}

// withTexts is a diagnostic with other texts.
func withTexts(d diag.Diagnostic, summary, detail string) diag.Diagnostic {
	changed := diag.Diagnostic(diag.NewErrorDiagnostic(summary, detail))
	if d.Severity() == diag.SeverityWarning {
		changed = diag.NewWarningDiagnostic(summary, detail)
	}
	if at, ok := d.(diag.DiagnosticWithPath); ok {
		changed = diag.WithPath(at.Path(), changed)
	}
	return changed
}
