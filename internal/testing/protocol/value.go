package protocol

import (
	"fmt"
	"math/big"
	"slices"
	"sort"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Unknown is a value that is not known while planning.
type Unknown struct{}

// encodeBlock returns a block's value from Go values, see [encode]. A nested block is
// a map, a repeated one a slice of maps. It rejects names that the block does not
// have.
func encodeBlock(s *tfprotov6.SchemaBlock, attributes map[string]any) (tftypes.Value, error) {
	values := map[string]tftypes.Value{}
	for _, a := range s.Attributes {
		values[a.Name] = encode(a.ValueType(), attributes[a.Name])
	}
	for _, b := range s.BlockTypes {
		v, err := encodeNested(b, attributes[b.TypeName])
		if err != nil {
			return tftypes.Value{}, fmt.Errorf("%s: %w", b.TypeName, err)
		}
		values[b.TypeName] = v
	}
	for name := range attributes {
		if _, ok := values[name]; !ok {
			return tftypes.Value{}, fmt.Errorf("an argument named %q is not expected here", name)
		}
	}
	return tftypes.NewValue(s.ValueType(), values), nil
}

func encodeNested(b *tfprotov6.SchemaNestedBlock, v any) (tftypes.Value, error) {
	switch v := v.(type) {
	case map[string]any:
		return encodeBlock(b.Block, v)
	case []map[string]any:
		values := []tftypes.Value{}
		for _, one := range v {
			value, err := encodeBlock(b.Block, one)
			if err != nil {
				return tftypes.Value{}, err
			}
			values = append(values, value)
		}
		return tftypes.NewValue(b.ValueType(), values), nil
	case nil:
		if !b.ValueType().Is(tftypes.Object{}) {
			return tftypes.NewValue(b.ValueType(), []tftypes.Value{}), nil
		}
	}
	return encode(b.ValueType(), v), nil
}

// encode returns a value of a type from Go's nil, bool, string, int, []string and
// map[string]any, and from what [decode] returns. Attributes that a map does not
// have are null. As in Terraform, names that an object does not have are dropped.
func encode(kind tftypes.Type, v any) tftypes.Value {
	switch v := v.(type) {
	case nil:
		return tftypes.NewValue(kind, nil)
	case Unknown:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case int:
		return tftypes.NewValue(kind, big.NewFloat(float64(v)))
	case int64:
		return tftypes.NewValue(kind, big.NewFloat(float64(v)))
	case []string:
		all := make([]any, len(v))
		for i, s := range v {
			all[i] = s
		}
		return encode(kind, all)
	case []any:
		var element tftypes.Type
		switch kind := kind.(type) {
		case tftypes.Set:
			element = kind.ElementType
		case tftypes.List:
			element = kind.ElementType
		}
		members := make([]tftypes.Value, len(v))
		for i, m := range v {
			members[i] = encode(element, m)
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

// decode is the reverse of [encode].
func decode(v tftypes.Value) any {
	if v.Type() == nil {
		return nil
	}
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

// pack and unpack convert to and from the wire format.
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

func describe(v tftypes.Value) string { return fmt.Sprint(decode(v)) }

// text is an object's values in one string, without some attributes.
func text(object tftypes.Value, without []string) string {
	var text string
	for name, v := range members(object) {
		if !slices.Contains(without, name) {
			text += describe(v)
		}
	}
	return text
}

// difference says where a result differs from what was planned and known; "" if it
// does not.
func difference(planned, got tftypes.Value, at string) string {
	switch {
	case !planned.IsKnown():
		return ""
	case planned.IsNull() || got.IsNull():
		if planned.IsNull() == got.IsNull() {
			return ""
		}
	case planned.Type().Is(tftypes.Object{}):
		after := members(got)
		for name, v := range members(planned) {
			if diff := difference(v, after[name], at+"."+name); diff != "" {
				return diff
			}
		}
		return ""
	case !planned.IsFullyKnown() || planned.Equal(got):
		return ""
	}
	return fmt.Sprintf("%s: planned %v, got %v", at, decode(planned), decode(got))
}
