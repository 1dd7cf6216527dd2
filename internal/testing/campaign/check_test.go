package campaign

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// ledgerCase is what there is to check. The provider under test signs in as the store's
// administrator, and it alone does: keys created by [simulator.Admin] are its own.
type ledgerCase struct {
	// ledger and log are the store's, after the last apply.
	ledger []simulator.Record
	log    []simulator.Exchange
	// held are the ids of the keys that the state holds: of resources, retiring keys and
	// deposed objects.
	held map[string]bool
	// adopted are other people's keys that were imported.
	adopted map[string]bool
	// windows are those of creates of unknown outcome that a state held: destroying that
	// state searches for the key.
	windows []keyring.CreateWindow
}

// checkLedger finds out from what a simulated service remembers, and from nothing that a
// provider says of itself, whether keys were lost, doubled or taken from somebody else.
func checkLedger(c ledgerCase) findings {
	found := findings{}
	names := map[string]string{}
	for _, k := range c.ledger {
		names[k.ID] = k.Name
		switch ours := k.CreatedBy == simulator.Admin; {
		case ours && k.Live() && !c.held[k.ID]:
			found.add(orphaned, "key %s (%q)", k.ID, k.Name)
		case !ours && k.RevokedBy == simulator.Admin && !c.adopted[k.ID]:
			found.add(foreign, "key %s (%q), created by %s", k.ID, k.Name, k.CreatedBy)
		}
	}
	for i, again := range c.log {
		for _, first := range c.log[:i] {
			if !mints(again) || !mints(first) || !ambiguous(first) || nameOf(first, names) != nameOf(again, names) {
				continue
			}
			what := fmt.Sprintf("request %d (%s %q) after request %d", again.Number, again.Operation, nameOf(again, names), first.Number)
			switch {
			case !readBetween(c.log, first, again):
				found.add(second, "%s, without a read in between", what)
			case !alive(c.log, first, again), again.Operation == simulator.OpRotate && again.Target == first.Made:
			case covered(c.windows, first):
				found.add(early, "%s, while its key %s lived", what, first.Made)
			default:
				found.add(second, "%s, while its key %s lived, whose value was lost", what, first.Made)
			}
		}
	}
	return found
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

// readBetween reports whether a listing, or a key, was read successfully between two
// requests.
func readBetween(log []simulator.Exchange, first, second simulator.Exchange) bool {
	return slices.ContainsFunc(log, func(e simulator.Exchange) bool {
		return (e.Operation == simulator.OpList || e.Operation == simulator.OpGet) && complete(e) && e.Status == http.StatusOK &&
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

// covered reports whether a request was sent in one of these windows. Times are compared
// by the second: services give no more in their headers.
func covered(windows []keyring.CreateWindow, e simulator.Exchange) bool {
	return slices.ContainsFunc(windows, func(w keyring.CreateWindow) bool {
		return !e.At.Before(w.From.Add(-time.Second)) && !e.At.After(w.To.Add(time.Second))
	})
}

// complete reports whether an answer has all that the service would answer.
func complete(e simulator.Exchange) bool {
	return e.Fault == "" || e.Fault == simulator.FaultDelay || e.Fault == simulator.FaultNoValue // a listing has no values
}
