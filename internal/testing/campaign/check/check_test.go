package check_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/check"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

var at = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// live and dead are records of the ledger.
func live(id, by string) simulator.Record {
	return simulator.Record{ID: id, Name: "ci", CreatedBy: by, CreatedAt: at}
}

func dead(id, by, revokedBy string) simulator.Record {
	r := live(id, by)
	r.RevokedAt, r.RevokedBy = at.Add(time.Second), revokedBy
	return r
}

// log numbers exchanges, one after the other, each done in its middle.
func log(all ...simulator.Exchange) []simulator.Exchange {
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

// Exchanges to make logs of.
var (
	list     = simulator.Exchange{Operation: simulator.OpList}
	lostList = simulator.Exchange{Operation: simulator.OpList, Fault: simulator.FaultCut}
	made     = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "new"}
	cut      = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultCut}
	cutAfter = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "lost", Fault: simulator.FaultCut, After: true}
	refused  = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultStatus, Status: http.StatusConflict}
	gone     = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultStatus, Status: http.StatusGone}
	bare     = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultBare, Status: http.StatusForbidden}
	otherID  = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "a", Fault: simulator.FaultFields, Status: http.StatusCreated}
	page     = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Fault: simulator.FaultHTML, Status: http.StatusNotFound}
	lied     = simulator.Exchange{Operation: simulator.OpCreate, Name: "ci", Made: "lost", Fault: simulator.FaultStatus, Status: http.StatusConflict}
	other    = simulator.Exchange{Operation: simulator.OpCreate, Name: "cd", Made: "new"}
	revoked  = simulator.Exchange{Operation: simulator.OpRevoke, Target: "lost", Revoked: "lost"}
	rotated  = simulator.Exchange{Operation: simulator.OpRotate, Target: "lost", Made: "new", Revoked: "lost"}
)

func TestOf(t *testing.T) {
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
		check.Case
		want [4]int
	}{
		"nothing happened":          {check.Case{}, [4]int{}},
		"held":                      {check.Case{Ledger: []simulator.Record{live("a", simulator.Admin)}, Held: held("a")}, [4]int{}},
		"orphan":                    {check.Case{Ledger: []simulator.Record{live("a", simulator.Admin), live("b", simulator.Admin)}, Held: held("a")}, [4]int{1, 0, 0, 0}},
		"revoked, nobody holds it":  {check.Case{Ledger: []simulator.Record{dead("a", simulator.Admin, simulator.Admin)}}, [4]int{}},
		"somebody else's":           {check.Case{Ledger: []simulator.Record{live("a", simulator.Outside)}}, [4]int{}},
		"somebody else's revoked":   {check.Case{Ledger: []simulator.Record{dead("a", simulator.Outside, simulator.Admin)}}, [4]int{0, 0, 0, 1}},
		"revoked by its owner":      {check.Case{Ledger: []simulator.Record{dead("a", simulator.Outside, simulator.Outside)}}, [4]int{}},
		"adopted and revoked":       {check.Case{Ledger: []simulator.Record{dead("a", simulator.Outside, simulator.Admin)}, Adopted: held("a")}, [4]int{}},
		"a user's key":              {check.Case{Ledger: []simulator.Record{dead("a", "some-key", simulator.Admin)}}, [4]int{0, 0, 0, 1}},
		"two answers":               {check.Case{Log: log(list, made, made)}, [4]int{}},
		"no look":                   {check.Case{Log: log(list, cut, made)}, [4]int{0, 1, 0, 0}},
		"a look":                    {check.Case{Log: log(cut, list, made)}, [4]int{}},
		"a look that failed":        {check.Case{Log: log(cut, lostList, made)}, [4]int{0, 1, 0, 0}},
		"other name":                {check.Case{Log: log(cut, other)}, [4]int{}},
		"a refusal":                 {check.Case{Log: log(refused, made)}, [4]int{}},
		"another refusal":           {check.Case{Log: log(gone, made)}, [4]int{}},
		"nobody's refusal":          {check.Case{Log: log(bare, made)}, [4]int{0, 1, 0, 0}},
		"another key's id":          {check.Case{Log: log(otherID, made)}, [4]int{}},
		"a refusal that was a lie":  {check.Case{Log: log(lied, made)}, [4]int{0, 1, 0, 0}},
		"a page instead":            {check.Case{Log: log(page, made)}, [4]int{0, 1, 0, 0}},
		"looked, and it lived":      {check.Case{Log: log(cutAfter, list, made)}, [4]int{0, 1, 0, 0}},
		"looked and revoked":        {check.Case{Log: log(cutAfter, list, revoked, made)}, [4]int{}},
		"revoked too late":          {check.Case{Log: log(cutAfter, list, made, revoked)}, [4]int{0, 1, 0, 0}},
		"revoked without a look":    {check.Case{Log: log(cutAfter, revoked, made)}, [4]int{0, 1, 0, 0}},
		"rotated in turn":           {check.Case{Log: log(cutAfter, list, rotated), Ledger: []simulator.Record{dead("lost", simulator.Admin, simulator.Admin)}}, [4]int{}},
		"lived, and a record stood": {check.Case{Log: log(cutAfter, list, made), Covered: []check.Span{{From: at, To: at.Add(time.Second)}}}, [4]int{0, 0, 1, 0}},
		"a record of another time":  {check.Case{Log: log(cutAfter, list, made), Covered: []check.Span{{From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}}, [4]int{0, 1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			v := check.Of(test.Case)
			if got := [4]int{len(v.Orphans), len(v.SecondPosts), len(v.Early), len(v.Foreign)}; got != test.want {
				t.Errorf("found %v, want %v: %+v", got, test.want, v)
			}
			if clean := test.want[0]+test.want[1]+test.want[3] == 0; v.Clean() != clean {
				t.Errorf("clean: %v", v.Clean())
			}
		})
	}
}

// TestEnded: a client that hangs up cannot know when the server notices; what it
// reads after that counts as a look all the same.
func TestEnded(t *testing.T) {
	exchanges := log(cut, list, made)
	exchanges[0].Ended = exchanges[1].Ended + 1
	if v := check.Of(check.Case{Log: exchanges}); !v.Clean() {
		t.Errorf("%+v", v)
	}
}
