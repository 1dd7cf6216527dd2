package tfkey

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
)

// Two resources that manage one key: an import of a key that another resource manages, or has
// managed. Revoked for one of them, it would no longer work for the other.

// plannedUse is what the plan of a resource does with a key that it manages.
type plannedUse struct {
	scope string // "" if it is not known
	role  role
}

// role is what a key is to a resource.
type role string

// The roles, as an error names them.
const (
	roleKept      role = "one that keeps it"
	roleDestroyed role = "one that this plan destroys"
	roleRetiring  role = "one whose earlier key it is, kept for an overlap"
)

// markPlanned records what the plan of a resource does with a key, and returns what another
// resource's plan does with it. Terraform plans each resource once with its keys: a
// replacement, or a tainted resource, is planned again as a new one without any.
func (c *managedKeys) markPlanned(id string, mine plannedUse) (other plannedUse, collides bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, theirs := range c.uses[id] {
		if theirs.scope == mine.scope || theirs.scope == "" || mine.scope == "" {
			return theirs, true
		}
	}
	if c.uses == nil {
		c.uses = map[string][]plannedUse{}
	}
	c.uses[id] = append(c.uses[id], mine)
	return plannedUse{}, false
}

// errTwoManagers is the error for a resource whose key another resource manages too, by the
// plans so far; nil if there is none. Call it once for each plan of a resource.
func (r *keyResource) errTwoManagers(prior model, destroys bool) *tfprotov6.Diagnostic {
	for i, id := range prior.keyIDs() {
		if _, isWindow := keyring.ParseCreateWindow(id); isWindow {
			continue
		}
		mine := plannedUse{prior.scope(r.def), roleKept}
		switch {
		case destroys:
			mine.role = roleDestroyed
		case i > 0:
			mine.role = roleRetiring
		}
		if theirs, collides := r.account.managed.markPlanned(id, mine); collides {
			return &tfprotov6.Diagnostic{
				Severity: tfprotov6.DiagnosticSeverityError,
				Summary:  "Two resources manage one key",
				Detail: fmt.Sprintf("%s key %s (%q) is managed by two resources: %s, and %s. Revoked for one of them, it would no longer work for the other.\n\n"+
					"Keep it in one resource. To give a key another address, use a `moved` block; to import it elsewhere, remove it from the old place with a `removed` block that has `lifecycle { destroy = false }`.",
					r.def.Title, id, prior.Name.ValueString(), theirs.role, mine.role),
			}
		}
	}
	return nil
}

// errManagedElsewhere is the error for revoking a key that another resource of this run
// manages.
func (r *keyResource) errManagedElsewhere(id string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Key managed by another resource",
		fmt.Sprintf("%s key %s was not revoked, because another resource of this run manages it. Keep it in one resource: remove it from the other with a `removed` block that has `lifecycle { destroy = false }`.", r.def.Title, id))}
}
