package protocol

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Import imports a resource by its import id.
func (t *Terraform) Import(address, kind, id string) Diagnostics {
	t.TB.Helper()
	return t.importBy(address, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
}

// ImportIdentity imports a resource by its identity, which Terraform can do from 1.12
// on; attributes that are missing are null.
func (t *Terraform) ImportIdentity(address, kind string, identity map[string]any) Diagnostics {
	t.TB.Helper()
	return t.importBy(address, &tfprotov6.ImportResourceStateRequest{
		TypeName: kind, Identity: &tfprotov6.ResourceIdentityData{IdentityData: pack(encode(t.identityType(kind), identity))},
	})
}

func (t *Terraform) importBy(address string, req *tfprotov6.ImportResourceStateRequest) Diagnostics {
	t.TB.Helper()
	r, ds := t.start()
	if len(ds.Errors()) > 0 {
		return ds
	}
	resp := call(r, r.server.ImportResourceState, req)
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) > 0 {
		return ds
	}
	if len(resp.ImportedResources) != 1 {
		t.TB.Fatalf("the import returned %d resources", len(resp.ImportedResources))
	}
	imported := resp.ImportedResources[0]
	i := &Instance{
		Type: imported.TypeName, private: imported.Private, identity: imported.Identity,
		value: unpack(imported.State, r.resource(imported.TypeName).ValueType()),
	}
	gone, more := r.refresh(i)
	ds = append(ds, more...)
	if gone {
		t.TB.Fatalf("%s %q was imported, and its first Read removed it", req.TypeName, req.ID)
	}
	if len(ds.Errors()) == 0 {
		t.set(address, i)
	}
	return ds
}

// Identity is the resource identity in the state of an address.
func (t *Terraform) Identity(address string) map[string]any {
	t.TB.Helper()
	i := t.State[address]
	if i.identity == nil || i.identity.IdentityData == nil {
		t.TB.Fatalf("%s has no identity", address)
	}
	identity, _ := decode(unpack(i.identity.IdentityData, t.identityType(i.Type))).(map[string]any)
	return identity
}

func (t *Terraform) identityType(kind string) tftypes.Type {
	t.TB.Helper()
	resp, err := t.Server().GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	t.must(err, "GetResourceIdentitySchemas")
	s, ok := resp.IdentitySchemas[kind]
	if !ok {
		t.TB.Fatalf("%s has no identity", kind)
	}
	return s.ValueType()
}

// Upgrade reads an instance from the JSON in a state file, as Terraform does with
// every state, whichever version of the provider wrote it.
func (t *Terraform) Upgrade(address, kind string, version int64, json string) Diagnostics {
	t.TB.Helper()
	r, ds := t.start()
	resp := call(r, r.server.UpgradeResourceState, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: kind, Version: version, RawState: &tfprotov6.RawState{JSON: []byte(json)},
	})
	ds = append(ds, resp.Diagnostics...)
	if len(ds.Errors()) == 0 {
		t.set(address, &Instance{Type: kind, value: unpack(resp.UpgradedState, r.resource(kind).ValueType())})
	}
	return ds
}

// Move carries out a moved block from another provider's resource, whose state is JSON, as
// Terraform does: a provider that is not configured moves the state, and a refresh follows
// unless skipRefresh is set.
func (t *Terraform) Move(address, kind string, from *tfprotov6.MoveResourceStateRequest, skipRefresh bool) Diagnostics {
	t.TB.Helper()
	from.TargetTypeName = kind
	moved, err := t.Server().MoveResourceState(context.Background(), from)
	t.must(err, "MoveResourceState")
	ds := Diagnostics(moved.Diagnostics)
	if len(ds.Errors()) > 0 {
		return ds
	}
	r, more := t.start()
	if ds = append(ds, more...); len(ds.Errors()) > 0 {
		return ds
	}
	i := &Instance{Type: kind, private: moved.TargetPrivate, value: unpack(moved.TargetState, r.resource(kind).ValueType())}
	if !skipRefresh {
		gone, more := r.refresh(i)
		if ds = append(ds, more...); gone {
			t.TB.Fatalf("%s was moved, and its first Read removed it", address)
		}
	}
	if len(ds.Errors()) == 0 {
		t.set(address, i)
	}
	return ds
}
