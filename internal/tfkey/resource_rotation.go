package tfkey

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// nativeRotation is the attribute of services that have a rotate call.
const nativeRotation = "native_rotation"

// isNative reports whether the service's own call rotates the key.
func (m model) isNative() bool {
	native, _ := m.specific[nativeRotation].(types.Bool)
	return native.ValueBool()
}

// rotatesInPlace reports whether a rotation keeps the resource.
func (m model) rotatesInPlace() bool { return m.isNative() || !m.RotationOverlap.IsNull() }

// mayBeReplaced reports whether a rotation may replace the resource.
func (m model) mayBeReplaced() bool {
	return !m.rotatesInPlace() && (!m.RotationTriggers.IsNull() || !m.RotateAfter.IsNull())
}

// isTriggered reports whether the triggers ask for a rotation: they differ, and there were
// some before and are some now. Unknown triggers count as different.
func isTriggered(from, to model) bool {
	return !from.RotationTriggers.IsNull() && !to.RotationTriggers.IsNull() && !to.RotationTriggers.Equal(from.RotationTriggers)
}

// rotateAt is when a key created at that time falls due: null without a schedule, unknown with
// an unknown one.
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

// staysDue reports whether a key that the last refresh found due still is, under a schedule
// that may have changed: not if the new one falls due later. With an unknown schedule it is: a
// key may be rotated too early, but not too late.
func staysDue(prior, next model) bool {
	switch {
	case !prior.RotationDue.ValueBool():
		return false
	case next.RotateAfter.IsUnknown():
		return true
	case next.RotateAfter.IsNull():
		return false
	}
	was, is := timeOf(prior.RotateAt), timeOf(rotateAt(prior.created(), next.RotateAfter))
	return !was.IsZero() && !is.IsZero() && !is.After(was)
}

// isDue compares with the clock, for refresh alone.
func isDue(at types.String, now time.Time) types.Bool {
	t := timeOf(at)
	return types.BoolValue(!t.IsZero() && !now.Before(t))
}

// overlapEnd is when a key that was replaced at that time may be revoked.
func overlapEnd(retired time.Time, overlap types.String) time.Time {
	d, err := ParseDuration(overlap.ValueString())
	if err != nil { // refused at validation
		d = 0
	}
	return retired.Add(d).UTC().Truncate(time.Second)
}

// retiringUnder returns the retiring keys under an overlap that may have changed. Only a
// refresh can find them due under the new one.
func retiringUnder(prior model, overlap types.String) []retiringKey {
	retiring := prior.retiring()
	if !isSet(overlap) || overlap.Equal(prior.RotationOverlap) {
		return retiring
	}
	for i, old := range retiring {
		if old.retiredAt.IsZero() {
			continue
		}
		retiring[i].revokeAt = overlapEnd(old.retiredAt, overlap)
		retiring[i].due = old.due && !retiring[i].revokeAt.After(old.revokeAt)
	}
	return retiring
}
