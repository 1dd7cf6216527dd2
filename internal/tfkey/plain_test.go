package tfkey_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// plain is a value as package json has it.
func plain(t *testing.T, v tftypes.Value) any {
	t.Helper()
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	var err error
	defer func() {
		if err != nil {
			t.Fatal(err)
		}
	}()
	switch typ := v.Type(); {
	case typ.Is(tftypes.String):
		var s string
		err = v.As(&s)
		return s
	case typ.Is(tftypes.Bool):
		var b bool
		err = v.As(&b)
		return b
	case typ.Is(tftypes.Number):
		n := new(big.Float)
		err = v.As(&n)
		return json.Number(n.Text('f', -1))
	}
	var object map[string]tftypes.Value
	if v.As(&object) == nil {
		all := map[string]any{}
		for name, e := range object {
			all[name] = plain(t, e)
		}
		return all
	}
	var list []tftypes.Value
	err = v.As(&list)
	all := []any{}
	for _, e := range list {
		all = append(all, plain(t, e))
	}
	return all
}
