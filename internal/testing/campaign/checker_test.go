package campaign

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

var at = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// liveKey and deadKey are records of the ledger.
func liveKey(id, by string) simulator.Record {
	return simulator.Record{ID: id, Name: "ci", CreatedBy: by, CreatedAt: at}
}

func deadKey(id, by, revokedBy string) simulator.Record {
	r := liveKey(id, by)
	r.RevokedAt, r.RevokedBy = at.Add(time.Second), revokedBy
	return r
}

// logOf numbers exchanges, one after the other, each done in its middle.
func logOf(all ...simulator.Exchange) []simulator.Exchange {
	for i := range all {
		e := &all[i]
		e.Number, e.Started, e.Ended, e.At = i+1, 3*i+1, 3*i+3, at.Add(time.Duration(i)*time.Minute)
		if e.Made != "" || e.Revoked != "" {
			e.Done = 3*i + 2
		}
		if e.Status == 0 && e.Fault == "" {
			e.Status = http.StatusOK
		}
	}
	return all
}

// The exchanges that logs are made of.
var exchange = struct {
	list, lostList, made, cut, cutAfter, refused, gone, bare, otherID, page, lied, other, revoked, rotated simulator.Exchange
}{
	list:     simulator.Exchange{Operation: simulator.OpList},
	lostList: simulator.Exchange{Operation: simulator.OpList, Fault: simulator.FaultCut},
	made:     simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "new"},
	cut:      simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultCut},
	cutAfter: simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "lost", Fault: simulator.FaultCut, After: true},
	refused:  simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultStatus, Status: http.StatusConflict},
	gone:     simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultStatus, Status: http.StatusGone},
	bare:     simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultBare, Status: http.StatusForbidden},
	otherID:  simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "a", Fault: simulator.FaultFields, Status: http.StatusCreated},
	page:     simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultHTML, Status: http.StatusNotFound},
	lied:     simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "lost", Fault: simulator.FaultStatus, Status: http.StatusConflict},
	other:    simulator.Exchange{Operation: simulator.OpCreate, Name: "cd", Made: "new"},
	revoked:  simulator.Exchange{Operation: simulator.OpRevoke, Target: "lost", Revoked: "lost"},
	rotated:  simulator.Exchange{Operation: simulator.OpRotate, Target: "lost", Made: "new", Revoked: "lost"},
}

func TestCheckLedger(t *testing.T) {
	x := exchange
	held := func(ids ...string) map[string]bool {
		m := map[string]bool{}
		for _, id := range ids {
			m[id] = true
		}
		return m
	}
	// A test's numbers are those of orphans, second requests, early ones and
	// foreign keys.
	for name, test := range map[string]struct {
		c    ledgerCase
		want [4]int
	}{
		"nothing happened":             {ledgerCase{}, [4]int{}},
		"held":                         {ledgerCase{ledger: []simulator.Record{liveKey("a", simulator.Admin)}, held: held("a")}, [4]int{}},
		"orphan":                       {ledgerCase{ledger: []simulator.Record{liveKey("a", simulator.Admin), liveKey("b", simulator.Admin)}, held: held("a")}, [4]int{1, 0, 0, 0}},
		"revoked, not held":            {ledgerCase{ledger: []simulator.Record{deadKey("a", simulator.Admin, simulator.Admin)}}, [4]int{}},
		"somebody else's":              {ledgerCase{ledger: []simulator.Record{liveKey("a", simulator.Outside)}}, [4]int{}},
		"somebody else's revoked":      {ledgerCase{ledger: []simulator.Record{deadKey("a", simulator.Outside, simulator.Admin)}}, [4]int{0, 0, 0, 1}},
		"revoked by its owner":         {ledgerCase{ledger: []simulator.Record{deadKey("a", simulator.Outside, simulator.Outside)}}, [4]int{}},
		"adopted and revoked":          {ledgerCase{ledger: []simulator.Record{deadKey("a", simulator.Outside, simulator.Admin)}, adopted: held("a")}, [4]int{}},
		"a user's key":                 {ledgerCase{ledger: []simulator.Record{deadKey("a", "some-key", simulator.Admin)}}, [4]int{0, 0, 0, 1}},
		"two answers":                  {ledgerCase{log: logOf(x.list, x.made, x.made)}, [4]int{}},
		"no read":                      {ledgerCase{log: logOf(x.list, x.cut, x.made)}, [4]int{0, 1, 0, 0}},
		"a read":                       {ledgerCase{log: logOf(x.cut, x.list, x.made)}, [4]int{}},
		"a read that failed":           {ledgerCase{log: logOf(x.cut, x.lostList, x.made)}, [4]int{0, 1, 0, 0}},
		"other name":                   {ledgerCase{log: logOf(x.cut, x.other)}, [4]int{}},
		"a refusal":                    {ledgerCase{log: logOf(x.refused, x.made)}, [4]int{}},
		"another refusal":              {ledgerCase{log: logOf(x.gone, x.made)}, [4]int{}},
		"nobody's refusal":             {ledgerCase{log: logOf(x.bare, x.made)}, [4]int{0, 1, 0, 0}},
		"another key's id":             {ledgerCase{log: logOf(x.otherID, x.made)}, [4]int{}},
		"a refusal that was untrue":    {ledgerCase{log: logOf(x.lied, x.made)}, [4]int{0, 1, 0, 0}},
		"a page instead":               {ledgerCase{log: logOf(x.page, x.made)}, [4]int{0, 1, 0, 0}},
		"read, and it lived":           {ledgerCase{log: logOf(x.cutAfter, x.list, x.made)}, [4]int{0, 1, 0, 0}},
		"read and revoked":             {ledgerCase{log: logOf(x.cutAfter, x.list, x.revoked, x.made)}, [4]int{}},
		"revoked too late":             {ledgerCase{log: logOf(x.cutAfter, x.list, x.made, x.revoked)}, [4]int{0, 1, 0, 0}},
		"revoked without a read":       {ledgerCase{log: logOf(x.cutAfter, x.revoked, x.made)}, [4]int{0, 1, 0, 0}},
		"rotated in turn":              {ledgerCase{log: logOf(x.cutAfter, x.list, x.rotated), ledger: []simulator.Record{deadKey("lost", simulator.Admin, simulator.Admin)}}, [4]int{}},
		"lived, and a window was held": {ledgerCase{log: logOf(x.cutAfter, x.list, x.made), windows: []keyring.CreateWindow{{From: at, To: at.Add(time.Second)}}}, [4]int{0, 0, 1, 0}},
		"a window of another time":     {ledgerCase{log: logOf(x.cutAfter, x.list, x.made), windows: []keyring.CreateWindow{{From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}}, [4]int{0, 1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			found := checkLedger(test.c)
			if got := [4]int{len(found[orphaned]), len(found[second]), len(found[early]), len(found[foreign])}; got != test.want {
				t.Errorf("found %v, want %v: %v", got, test.want, found)
			}
		})
	}
}

// TestEnded: a client that hangs up cannot know when the server notices; what it
// reads after that counts as a read all the same.
func TestEnded(t *testing.T) {
	x := exchange
	exchanges := logOf(x.cut, x.list, x.made)
	exchanges[0].Ended = exchanges[1].Ended + 1
	if found := checkLedger(ledgerCase{log: exchanges}); len(found) > 0 {
		t.Errorf("%v", found)
	}
}
