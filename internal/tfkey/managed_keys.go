package tfkey

import (
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// managedKeys are the keys that the resources of this process manage, and those that they are
// going to revoke as duplicates. No key may be both.
type managedKeys struct {
	mu   sync.Mutex
	keys map[string]*managedKey
}

// managedKey is what the resources of this process do with one key.
type managedKey struct {
	managed bool
	manager string // the current key of the resource that manages it; "" if there are several
	revoked bool   // a plan revokes it as a duplicate
	plans   []plannedUse
}

// plannedUse is what the plan of a resource does with a key that it manages.
type plannedUse struct {
	scope string // "" if it is not known
	role  role
}

// role is what a key is to a resource, as an error names it.
type role string

const (
	roleKept      role = "one that keeps it"
	roleDestroyed role = "one that this plan destroys"
	roleRetiring  role = "one whose earlier key it is, kept for an overlap"
)

// update changes the record of a key.
func (m *managedKeys) update(id string, change func(k *managedKey)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string]*managedKey{}
	}
	if m.keys[id] == nil {
		m.keys[id] = &managedKey{}
	}
	change(m.keys[id])
}

// get returns the record of a key.
func (m *managedKeys) get(id string) managedKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k := m.keys[id]; k != nil {
		return *k
	}
	return managedKey{}
}

// mark records that a resource manages these keys: its current key, and then those that
// retire.
func (m *managedKeys) mark(ids ...string) {
	for _, id := range ids {
		m.update(id, func(k *managedKey) {
			if k.managed && k.manager != ids[0] {
				k.manager = ""
			} else {
				k.managed, k.manager = true, ids[0]
			}
		})
	}
}

// isManaged reports whether a resource of this process manages the key.
func (m *managedKeys) isManaged(id string) bool { return m.get(id).managed }

// isManagedElsewhere reports whether a resource other than the one with this current key
// manages the key.
func (m *managedKeys) isManagedElsewhere(id, current string) bool {
	k := m.get(id)
	return k.managed && k.manager != current
}

// markForRevocation records that a key is to be revoked as a duplicate. It reports false if a
// resource manages it.
func (m *managedKeys) markForRevocation(id string) (ok bool) {
	m.update(id, func(k *managedKey) {
		ok = !k.managed
		k.revoked = k.revoked || ok
	})
	return ok
}

// isForRevocation reports whether markForRevocation was called for the key before mark.
func (m *managedKeys) isForRevocation(id string) bool { return m.get(id).revoked }

// markPlanned records what the plan of a resource does with a key, and returns what another
// resource's plan does with it. Terraform plans each resource once with its keys: a
// replacement, or a tainted resource, is planned again as a new one without any.
func (m *managedKeys) markPlanned(id string, mine plannedUse) (other plannedUse, collides bool) {
	m.update(id, func(k *managedKey) {
		for _, theirs := range k.plans {
			if theirs.scope == mine.scope || theirs.scope == "" || mine.scope == "" {
				other, collides = theirs, true
				return
			}
		}
		k.plans = append(k.plans, mine)
	})
	return other, collides
}

// errTwoManagers is the error for a resource whose key another resource manages too, as after
// an import; nil if there is none. Call it once for each plan of a resource.
func (c *serviceBase) errTwoManagers(prior model, destroys bool) *tfprotov6.Diagnostic {
	for i, id := range prior.keyIDs() {
		if isUnknownOutcome(id) {
			continue
		}
		mine := plannedUse{prior.scope(c.def), roleKept}
		switch {
		case destroys:
			mine.role = roleDestroyed
		case i > 0:
			mine.role = roleRetiring
		}
		if theirs, collides := c.account.managed.markPlanned(id, mine); collides {
			return &tfprotov6.Diagnostic{
				Severity: tfprotov6.DiagnosticSeverityError,
				Summary:  "Two resources manage one key",
				Detail: fmt.Sprintf("%s key %s (%q) is managed by two resources: %s, and %s. Revoked for one of them, it would no longer work for the other.\n\n"+
					"Keep it in one resource. To give a key another address, use a `moved` block; to import it elsewhere, remove it from the old place with a `removed` block that has `lifecycle { destroy = false }`.",
					c.def.Title, id, prior.Name.ValueString(), theirs.role, mine.role),
			}
		}
	}
	return nil
}

// errManagedElsewhere is the error for revoking a key that another resource of this run
// manages.
func (c *serviceBase) errManagedElsewhere(id string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Key managed by another resource",
		fmt.Sprintf("%s key %s was not revoked, because another resource of this run manages it. Keep it in one resource: remove it from the other with a `removed` block that has `lifecycle { destroy = false }`.", c.def.Title, id))}
}
