package tfkey

import (
	"errors"
	"fmt"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// failure turns an error into diagnostics: what was tried, what the service answered, and what
// to do next. Each rejected field that is an attribute gets a diagnostic of its own.
func (c *serviceBase) failure(verb string, err error) diag.Diagnostics {
	summary := fmt.Sprintf("Could not %s %s key", verb, c.def.Title)
	if hasKind(err, driver.KindCredential) {
		summary = c.def.Title + " credential missing or not usable"
	}
	var open *keyring.OutcomeUnknownError
	if errors.As(err, &open) {
		return c.errOutcomeUnknown(open)
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return diag.Diagnostics{diag.NewErrorDiagnostic(summary, Sentence(err.Error()))}
	}
	detail := c.tried(e, err) + "\n\n" + c.nextStep(e)
	var diags diag.Diagnostics
	for _, f := range e.Fields {
		if at, ok := c.attribute(f.Field); ok {
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

func hasKind(err error, kind driver.Kind) bool {
	var e *driver.Error
	return errors.As(err, &e) && e.Kind == kind
}

// tried says what was tried, and what the service answered. Where err wraps e, its whole text
// is kept.
func (c *serviceBase) tried(e *driver.Error, err error) string {
	return Sentence(err.Error()) + c.retryAfter(e)
}

func (c *serviceBase) retryAfter(e *driver.Error) string {
	switch {
	case e.RetryAfter <= 0:
		return ""
	case e.RetryAfter > driver.MaxRetryAfter:
		return fmt.Sprintf(" The service asked to wait %s, which is longer than the provider waits (%s).", inWords(e.RetryAfter), inWords(driver.MaxRetryAfter))
	}
	return fmt.Sprintf(" The service asked to wait %s.", inWords(e.RetryAfter))
}

// attribute returns the attribute of a service's field.
func (c *serviceBase) attribute(field string) (path.Path, bool) {
	if field == "name" {
		return path.Root("name"), true
	}
	for _, a := range c.def.attributes() {
		if a.isSettable() && (field == a.Name || strings.HasPrefix(field, a.Name+".")) {
			return path.Root(a.Name), true
		}
	}
	return path.Path{}, false
}

// nextStep is what a person can do about a failure.
func (c *serviceBase) nextStep(e *driver.Error) string {
	service, block := c.def.Title, c.def.Name
	if e.Advice != "" {
		return e.Advice + c.page(e)
	}
	switch e.Kind {
	case driver.KindCredential:
		return "Nothing was sent. Set the credential and try again."
	case driver.KindUnauthorized:
		return fmt.Sprintf("%s does not accept the credential that the provider signs in with, from its %q settings or their environment variables: it is wrong, expired or revoked. Create a new one (%s) and set it.%s", service, block, c.def.Console, c.page(e))
	case driver.KindPayment:
		return fmt.Sprintf("The %s account is out of credits, has reached a spending limit or needs a payment method: this is about money, not about a permission. Requests will fail until that is resolved or the account is topped up (Settings > Billing); then apply again.%s", service, c.page(e))
	case driver.KindForbidden:
		return fmt.Sprintf("The credential that the provider signs in with, from its %q settings or their environment variables, may not do this: it lacks a permission, or belongs to another workspace or tenant. Use one that may.%s", block, c.page(e))
	case driver.KindNotFound:
		where := "base_url"
		if c.def.Scope != "" {
			where += " and " + c.def.Scope
		}
		return fmt.Sprintf("Check that the provider's %q settings name the right %s, and that the key exists (%s).", block, where, c.def.Console)
	case driver.KindConflict:
		return "Something else changed the same thing at the same moment, or a key like it exists. Plan again, look at what has changed, and apply." + c.page(e)
	case driver.KindUnresolved:
		return "Apply again: the provider first finds out what became of the earlier one."
	case driver.KindByHand:
		return "Do that, then apply again: a key that is already gone counts as revoked."
	case driver.KindInvalid:
		switch {
		case len(e.Fields) > 0:
			return "Change the rejected value and apply again."
		case e.Message != "" || e.Code != "":
			return fmt.Sprintf("%s gives its reason above. If a limit is reached, revoke keys that nobody uses (%s) or have it raised; if a value is refused, change it. Then apply again.", service, c.def.Console)
		}
		return fmt.Sprintf("%s gives no reason. Check that %s.base_url is the address of its API. If it is, this is a bug of the provider, or the API has changed: please report it.", service, block)
	case driver.KindUnsupported:
		return fmt.Sprintf("%s does not offer this at this address, or no longer to this version of the provider. Upgrade the provider; if it is the newest, check %s.base_url.", service, block)
	case driver.KindNotYet:
		return "Wait a little and apply again."
	case driver.KindLegal:
		return fmt.Sprintf("%s refuses this for legal reasons, such as the country of the account or of this machine. Ask its support.", service)
	case driver.KindRejected:
		return fmt.Sprintf("%s gives its reason above. Do what it asks for, and apply again; its support can find the request by its id.", service)
	case driver.KindRateLimit:
		if e.RetryAfter > driver.MaxRetryAfter {
			return "Apply again after that time."
		}
		return fmt.Sprintf("%s limits how many requests it takes. Wait a little and apply again, with a smaller -parallelism if it happens often.", service)
	case driver.KindSpendCap:
		return fmt.Sprintf("The %s account has reached its daily spend cap, which is lifted at 00:00 UTC. Apply again after that, or raise the cap.", service)
	case driver.KindRedirect:
		return fmt.Sprintf("Redirects are not followed, because they could hand the credential to somebody else. Set the provider's %s.base_url to the address that the service really has.", block)
	case driver.KindNotJSON, driver.KindMalformed:
		return fmt.Sprintf("This is not how %s answers: check %s.base_url, and whether a proxy, firewall or captive portal is in between. No key was removed from the state.", service, block)
	case driver.KindTooLarge:
		return fmt.Sprintf("Check %s.base_url: no answer of %s should be that large.", block, service)
	case driver.KindTimeout:
		return "Try again; if the service is slow rather than down, raise the provider's request_timeout."
	case driver.KindDNS:
		return fmt.Sprintf("Check the host name in %s.base_url and this machine's name resolution.", block)
	case driver.KindTLS:
		return fmt.Sprintf("The server's certificate is not trusted. If a proxy or private authority signs it, set the provider's ca_cert_file; otherwise check %s.base_url.", block)
	case driver.KindHandshake:
		return fmt.Sprintf("Check that %s.base_url names the host and port of an https address that speaks TLS 1.2 or newer, and whether a proxy is in between.", block)
	case driver.KindConnection:
		return fmt.Sprintf("Check that %s is up and that %s.base_url and the proxy settings are right, then apply again.", service, block)
	case driver.KindCanceled:
		return "Apply again to finish."
	case driver.KindSelf:
		return fmt.Sprintf("Revoking it would lock the provider out. Create another key (%s), sign in with that in the provider's %q settings, and apply again.", c.def.Console, block)
	case driver.KindBug:
		return bugDetail
	default: // KindServer
		if e.RetryAfter > driver.MaxRetryAfter {
			return "Apply again after that time."
		}
		return fmt.Sprintf("%s failed on its side. Apply again later; give its support the request id if it goes on.", service)
	}
}

// page adds what a refusal may mean that is not in the form of the service's API.
func (c *serviceBase) page(e *driver.Error) string {
	if e.Effect == driver.EffectNone {
		return ""
	}
	return fmt.Sprintf(" Or check %s.base_url, and whether a proxy in between wants a login of its own.", c.def.Name)
}

// errOutcomeUnknown is the error of a create that may or may not have created a key.
func (c *serviceBase) errOutcomeUnknown(open *keyring.OutcomeUnknownError) diag.Diagnostics {
	next := fmt.Sprintf("Apply again: the provider then looks for a key named %q that was created at that time and never used, revokes it, and creates a new one.", open.Window.Name)
	if open.Renamed() {
		next = "If nobody else has created it, revoke the key listed above by hand (" + c.def.Console + "), and apply again: the provider revokes no key whose name differs from the one it asked for."
	} else if len(open.Candidates) > 1 {
		next += " While there are several candidates it revokes none: revoke those that nobody uses by hand (" + c.def.Console + ")."
	}
	if open.Window.Made {
		return diag.Diagnostics{c.errCreatedNotFound(open)}
	}
	return diag.Diagnostics{c.outcomeUnknown(open, next)}
}

// errCreatedNotFound is the error for a key that was created and that no listing shows, or not
// clearly. The state keeps what is known of it.
func (c *serviceBase) errCreatedNotFound(open *keyring.OutcomeUnknownError) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("%s key was created, but was not found", c.def.Title),
		fmt.Sprintf("%v.\n\n%s created a key named %q, but did not give its id: %s. The state keeps what is known of it.\n\nApply again later: the provider then looks for this key, revokes it, and creates a new one. If it is still not found, revoke it by hand (%s), and remove it from the state (terraform state rm).",
			open.Err, c.def.Title, open.Window.Name, open.Outcome(), c.def.Console))
}

// warnSuspects warns of keys that an unanswered create may have left before the one that
// succeeded.
func (c *serviceBase) warnSuspects(m driver.Minted) diag.Diagnostics {
	if len(m.Suspects) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(fmt.Sprintf("%s may have created another key", c.def.Title),
		fmt.Sprintf("%s asked to send the request for key %s (%q) again, and may have carried out the first one too:\n%s\nRevoke those that nobody uses by hand (%s).", c.def.Title, m.ID, m.Name, keyLines(m.Suspects), c.def.Console))}
}

// outcomeUnknown is that error with its next step.
func (c *serviceBase) outcomeUnknown(open *keyring.OutcomeUnknownError, next string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(fmt.Sprintf("%s key may or may not have been created", c.def.Title),
		fmt.Sprintf("%s\n\nThe outcome is unknown: %s\n\nNothing more was sent, so there is no second key, and no key that may be somebody else's was touched.\n\n%s", Sentence(open.Err.Error()), Sentence(open.Outcome()), next))
}

// warnUnreadable warns once of values in the service's records that could not be read.
func (c *serviceBase) warnUnreadable(ring *keyring.Ring) diag.Diagnostics {
	keys := ring.UnreadableKeys()
	if len(keys) == 0 {
		return nil
	}
	detail := fmt.Sprintf("Some values in %s's records could not be read, and count as unknown:\n", c.def.Title)
	for i, k := range keys {
		if i == maxCandidates {
			detail += fmt.Sprintf("  and those of %d more keys\n", len(keys)-i)
			break
		}
		detail += fmt.Sprintf("  key %s (%q): %s\n", k.ID, k.Name, strings.Join(k.Unreadable, ", "))
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Values not readable", detail+"Check these keys ("+c.def.Console+"). If they look right there, report a bug in the provider.")}
}

// configUnknownDetail says which settings Terraform does not know yet.
func (c *serviceBase) configUnknownDetail() string { return configUnknownDetail(c.account) }

func configUnknownDetail(a *Account) string {
	return fmt.Sprintf("The provider's %s will only be known after other changes have been applied. Apply those first, for example with -target, or set a value that is known while planning. If an ephemeral key is the credential, let plans create it too (mint).",
		strings.Join(a.Unknown, ", "))
}
