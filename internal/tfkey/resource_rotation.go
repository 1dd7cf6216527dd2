package tfkey

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// rotation is the rotation object, decoded. The zero value is a key that is never
// rotated.
type rotation struct {
	triggers types.Map
	after    types.String
	overlap  types.String
	native   bool
	// unknown: the whole object is not known yet.
	unknown bool
}

// rotation decodes the rotation object.
func (m model) rotation() rotation {
	r := rotation{
		triggers: types.MapNull(types.StringType),
		after:    types.StringNull(),
		overlap:  types.StringNull(),
		unknown:  m.Rotation.IsUnknown(),
	}
	values := m.Rotation.Attributes()
	if v, ok := values["triggers"].(types.Map); ok {
		r.triggers = v
	}
	if v, ok := values["after"].(types.String); ok {
		r.after = v
	}
	if v, ok := values["overlap"].(types.String); ok {
		r.overlap = v
	}
	if v, ok := values["native"].(types.Bool); ok {
		r.native = v.ValueBool()
	}
	return r
}

// inPlace reports whether rotation keeps the resource.
func (r rotation) inPlace() bool { return r.native || !r.overlap.IsNull() }

// canReplace reports whether a rotation may replace the resource.
func (r rotation) canReplace() bool {
	return !r.inPlace() && (r.unknown || !r.triggers.IsNull() || !r.after.IsNull())
}

// triggered reports whether going from one rotation to another asks for a new
// value: the triggers differ, and there were some before and are some after.
// Triggers that are not known yet count as different.
func triggered(from, to rotation) bool {
	if from.triggers.IsNull() {
		return false
	}
	return to.unknown || !to.triggers.IsNull() && !to.triggers.Equal(from.triggers)
}

// rotateAt is when a key made at created falls due, null without a schedule and
// unknown with one that is not known.
func rotateAt(created time.Time, after types.String) types.String {
	switch {
	case after.IsUnknown():
		return types.StringUnknown()
	case after.IsNull() || created.IsZero():
		return types.StringNull()
	}
	interval, err := ParseDuration(after.ValueString())
	if err != nil { // refused at validation; a state may have been edited by hand
		return types.StringNull()
	}
	return types.StringValue(created.Add(interval).UTC().Format(time.RFC3339))
}

// due reports whether a key that the last refresh found due still is under a
// schedule that may have changed since: it is, unless the new schedule falls due
// later than the old one. The clock is not asked: a plan must mean the same
// whenever it is applied. A schedule that is not known yet counts as due: a plan to
// rotate can still be carried out when it is, one not to can not.
func due(prior model, to rotation) bool {
	switch {
	case !prior.RotationDue.ValueBool():
		return false
	case to.unknown || to.after.IsUnknown():
		return true
	case to.after.IsNull():
		return false
	}
	was, err1 := time.Parse(time.RFC3339, prior.RotateAt.ValueString())
	is, err2 := time.Parse(time.RFC3339, rotateAt(prior.created(), to.after).ValueString())
	return err1 == nil && err2 == nil && !is.After(was)
}

// isDue asks the clock; Read alone does.
func isDue(at types.String, now time.Time) types.Bool {
	t, err := time.Parse(time.RFC3339, at.ValueString())
	return types.BoolValue(err == nil && !now.Before(t))
}

// overlapEnd is when a key that was replaced by one made at created may be
// revoked.
func overlapEnd(created time.Time, overlap types.String) time.Time {
	d, err := ParseDuration(overlap.ValueString())
	if err != nil { // refused at validation
		d = 0
	}
	return created.Add(d).UTC().Truncate(time.Second)
}

// equalValues compares two values where either may be missing.
func equalValues(a, b attr.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Equal(b)
}
