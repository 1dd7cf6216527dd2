// Package check finds out from what a simulated service remembers, and from nothing
// that a provider says of itself, whether keys were lost, doubled or taken from
// somebody else.
package check

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// Case is what there is to check. The provider under test signs in as the
// store's administrator, and it alone does: what [simulator.Admin] has made is
// its own.
type Case struct {
	// Ledger and Log are the store's, after the last apply.
	Ledger []simulator.Record
	Log    []simulator.Exchange
	// Held are the ids of the keys that the state holds: of resources, of what
	// retires, of deposed objects.
	Held map[string]bool
	// Adopted are other people's keys that were given to the provider on purpose,
	// by an import.
	Adopted map[string]bool
	// Covered are the times for which a state held a record of a create that was
	// left open: destroying that record looks for the key.
	Covered []Span
}

// Span is a time on the store's clock, both ends included.
type Span struct{ From, To time.Time }

// Verdict is what is wrong, a line of prose each.
type Verdict struct {
	// Orphans are live keys of the provider that the state does not have.
	Orphans []string
	// SecondPosts are requests for a key that followed one of unknown outcome,
	// for the same name, without proof that it had none.
	SecondPosts []string
	// Early are such requests where the state still stood for the first one's
	// key, as it does when a replacement is made before its predecessor goes.
	Early []string
	// Foreign are keys that somebody else made and that the provider revoked.
	Foreign []string
}

// Clean reports whether nothing is wrong. Early is not: the record is reconciled
// when it is destroyed, in the same apply.
func (v Verdict) Clean() bool { return len(v.Orphans)+len(v.SecondPosts)+len(v.Foreign) == 0 }

// Of checks a case.
func Of(c Case) Verdict {
	var v Verdict
	names := map[string]string{}
	for _, k := range c.Ledger {
		names[k.ID] = k.Name
		switch ours := k.CreatedBy == simulator.Admin; {
		case ours && k.Live() && !c.Held[k.ID]:
			v.Orphans = append(v.Orphans, fmt.Sprintf("key %s (%q) lives and the state does not have it", k.ID, k.Name))
		case !ours && k.RevokedBy == simulator.Admin && !c.Adopted[k.ID]:
			v.Foreign = append(v.Foreign, fmt.Sprintf("key %s (%q) was made by %s and revoked by the provider", k.ID, k.Name, k.CreatedBy))
		}
	}
	for i, second := range c.Log {
		if !mints(second) {
			continue
		}
		for _, first := range c.Log[:i] {
			if !mints(first) || !ambiguous(first) || nameOf(first, names) != nameOf(second, names) {
				continue
			}
			switch {
			case !looked(c.Log, first, second):
				v.SecondPosts = append(v.SecondPosts, fmt.Sprintf("request %d (%s %q) followed %d, which was left open, without a look in between",
					second.Number, second.Operation, nameOf(second, names), first.Number))
			case !alive(c.Log, first, second), second.Operation == simulator.OpRotate && second.Target == first.Made:
			case covered(c.Covered, first):
				v.Early = append(v.Early, fmt.Sprintf("request %d (%s %q) was sent while key %s, made by request %d, lived", second.Number, second.Operation, second.Name, first.Made, first.Number))
			default:
				v.SecondPosts = append(v.SecondPosts, fmt.Sprintf("request %d (%s %q) was sent while key %s lived, whose value request %d had lost",
					second.Number, second.Operation, nameOf(second, names), first.Made, first.Number))
			}
		}
	}
	return v
}

// mints reports whether a request asks for a key.
func mints(e simulator.Exchange) bool {
	return e.Operation == simulator.OpCreate || e.Operation == simulator.OpRotate
}

// nameOf is the name of the key that a request asks for.
func nameOf(e simulator.Exchange, names map[string]string) string {
	if e.Operation == simulator.OpRotate {
		return names[e.Target]
	}
	return e.Name
}

// refused reports whether a service says by the status that nothing was done.
func refused(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != clientGone
}

// clientGone is nginx's status for a client that has hung up.
const clientGone = 499

// others speak in place of the service; valued are answers that give the new key's
// value, whatever else is wrong with them.
var (
	others = []simulator.Kind{simulator.FaultHTML, simulator.FaultBare}
	valued = []simulator.Kind{"", simulator.FaultDelay, simulator.FaultFields, simulator.FaultNotRevoked, simulator.FaultNamesake}
)

// ambiguous reports whether the sender of a request cannot know from the answer
// what became of it.
func ambiguous(e simulator.Exchange) bool {
	switch {
	case e.Status == 0:
		return true
	case refused(e.Status):
		return e.Made != "" || slices.Contains(others, e.Fault)
	case e.Status >= 200 && e.Status < 300:
		return !slices.Contains(valued, e.Fault)
	}
	return true
}

// looked reports whether a listing, or a key, was read successfully between two
// requests.
func looked(log []simulator.Exchange, first, second simulator.Exchange) bool {
	return slices.ContainsFunc(log, func(e simulator.Exchange) bool {
		return (e.Operation == simulator.OpList || e.Operation == simulator.OpGet) && whole(e) && e.Status == http.StatusOK &&
			e.Started > max(first.Started, first.Done) && e.Ended != 0 && e.Started < second.Started
	})
}

// alive reports whether the key that first made lived when second came.
func alive(log []simulator.Exchange, first, second simulator.Exchange) bool {
	if first.Made == "" || first.Done > second.Started {
		return false
	}
	return !slices.ContainsFunc(log, func(e simulator.Exchange) bool { return e.Revoked == first.Made && e.Done < second.Started })
}

// covered reports whether a request fell into a time that a state stood for.
// Times are compared by the second: services give no more in their headers.
func covered(spans []Span, e simulator.Exchange) bool {
	return slices.ContainsFunc(spans, func(s Span) bool {
		return !e.At.Before(s.From.Add(-time.Second)) && !e.At.After(s.To.Add(time.Second))
	})
}

// whole reports whether an answer says all that the service has to say.
func whole(e simulator.Exchange) bool {
	return e.Fault == "" || e.Fault == simulator.FaultDelay || e.Fault == simulator.FaultNoValue // a listing has no values
}
