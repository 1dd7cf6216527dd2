package tfkey

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// privateData is what the next plan needs from a refresh besides the state. It is kept in the
// private state, and has no secret.
type privateData struct {
	// KeyGone: the key is gone, but others of the resource retire.
	KeyGone bool `json:"key_gone,omitempty"`
	// UnusedDuplicates have not been used since the key was created.
	UnusedDuplicates []string `json:"unused_duplicates,omitempty"`
	// GivenName is the key's name at the service if that is not the one in the state, which
	// was asked for.
	GivenName string `json:"given_name,omitempty"`
	// OtherResources are keys of other resources that look like that of an unanswered create
	// of this resource. The apply that revokes that key runs in another process, which does
	// not read them.
	OtherResources []string `json:"other_resources,omitempty"`
	// Imported: the key was imported, and nothing is known of the arguments that it was
	// created with.
	Imported bool `json:"imported,omitempty"`
	// Moved: the state comes from a resource of another provider and has not been read yet.
	// Its key holds a movedKey instead of a value.
	Moved bool `json:"moved,omitempty"`
}

func (p privateData) empty() bool {
	return !p.KeyGone && len(p.UnusedDuplicates) == 0 && p.GivenName == "" && len(p.OtherResources) == 0 && !p.Imported && !p.Moved
}

// recordName records the name that the service gave a key, and warns if it differs.
func (p *privateData) recordName(r operation, asked string, k driver.Key) {
	p.GivenName = ""
	if k.Name != "" && k.Name != asked {
		p.GivenName = k.Name
		r.AddAttributeWarning(path.Root("name"), "Service changed the name",
			fmt.Sprintf("%s named key %s %q instead of %q. Set name = %[3]q, which changes nothing at %[1]s.", r.def.Title, k.ID, k.Name, asked))
	}
}

// privateName is its key in the private state.
const privateName = "refresh"

func readPrivate(ctx context.Context, from interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}) (p privateData) {
	if raw, diags := from.GetKey(ctx, privateName); !diags.HasError() && len(raw) > 0 {
		// An edited state is no reason to fail: the next refresh writes this again.
		_ = json.Unmarshal(raw, &p)
	}
	return p
}

// privateWriter is the private state of a response.
type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func writePrivate(ctx context.Context, to privateWriter, p privateData) diag.Diagnostics {
	if p.empty() {
		return to.SetKey(ctx, privateName, nil)
	}
	return writeJSON(ctx, to, privateName, p)
}

func writeJSON(ctx context.Context, to privateWriter, key string, value any) diag.Diagnostics {
	raw, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state not written", err.Error())}
	}
	return to.SetKey(ctx, key, raw)
}
