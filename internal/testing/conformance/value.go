package conformance

import (
	"fmt"
	"math/big"
	"sort"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unknown stands in a Block for a value that is not known while planning.
type Unknown struct{}

// encode makes a value of a type from Go's nil, bool, string, int, []string and
// map[string]any; attributes that a map leaves out are null.
func encode(kind tftypes.Type, v any) tftypes.Value {
	switch v := v.(type) {
	case nil:
		return tftypes.NewValue(kind, nil)
	case Unknown:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case int:
		return tftypes.NewValue(kind, big.NewFloat(float64(v)))
	case []string:
		var element tftypes.Type
		switch kind := kind.(type) {
		case tftypes.Set:
			element = kind.ElementType
		case tftypes.List:
			element = kind.ElementType
		}
		members := make([]tftypes.Value, len(v))
		for i, m := range v {
			members[i] = tftypes.NewValue(element, m)
		}
		return tftypes.NewValue(kind, members)
	case map[string]any:
		members := map[string]tftypes.Value{}
		switch kind := kind.(type) {
		case tftypes.Object:
			for name, at := range kind.AttributeTypes {
				members[name] = encode(at, v[name])
			}
		case tftypes.Map:
			for name, e := range v {
				members[name] = encode(kind.ElementType, e)
			}
		}
		return tftypes.NewValue(kind, members)
	default:
		return tftypes.NewValue(kind, v)
	}
}

// decode is the reverse; numbers become int64, unknown values Unknown.
func decode(v tftypes.Value) any {
	if !v.IsKnown() {
		return Unknown{}
	}
	if v.IsNull() {
		return nil
	}
	switch kind := v.Type(); {
	case kind.Is(tftypes.String):
		return as[string](v)
	case kind.Is(tftypes.Bool):
		return as[bool](v)
	case kind.Is(tftypes.Number):
		n, _ := as[*big.Float](v).Int64()
		return n
	case kind.Is(tftypes.Object{}), kind.Is(tftypes.Map{}):
		out := map[string]any{}
		for name, e := range as[map[string]tftypes.Value](v) {
			out[name] = decode(e)
		}
		return out
	default:
		var out []any
		for _, e := range as[[]tftypes.Value](v) {
			out = append(out, decode(e))
		}
		if kind.Is(tftypes.Set{}) {
			sort.Slice(out, func(i, j int) bool { return fmt.Sprint(out[i]) < fmt.Sprint(out[j]) })
		}
		return out
	}
}

func as[T any](v tftypes.Value) T {
	var t T
	if err := v.As(&t); err != nil {
		panic(err)
	}
	return t
}

// members are an object's attributes; none for null.
func members(v tftypes.Value) map[string]tftypes.Value {
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	return as[map[string]tftypes.Value](v)
}

// pack and unpack are the wire format.
func pack(v tftypes.Value) *tfprotov6.DynamicValue {
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		panic(err)
	}
	return &d
}

func unpack(d *tfprotov6.DynamicValue, kind tftypes.Type) tftypes.Value {
	if d == nil {
		return tftypes.NewValue(kind, nil)
	}
	v, err := d.Unmarshal(kind)
	if err != nil {
		panic(err)
	}
	return v
}

// conforms says where a result differs from what was planned and known.
func conforms(planned, got tftypes.Value, at string) string {
	switch {
	case !planned.IsKnown():
		return ""
	case planned.IsNull() || got.IsNull():
		if planned.IsNull() != got.IsNull() {
			return fmt.Sprintf("%s: planned %v, got %v", at, decode(planned), decode(got))
		}
		return ""
	case planned.Type().Is(tftypes.Object{}):
		after := members(got)
		for name, v := range members(planned) {
			if diff := conforms(v, after[name], at+"."+name); diff != "" {
				return diff
			}
		}
		return ""
	case !planned.IsFullyKnown():
		return ""
	case !planned.Equal(got):
		return fmt.Sprintf("%s: planned %v, got %v", at, decode(planned), decode(got))
	}
	return ""
}
