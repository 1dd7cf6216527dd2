package simulator_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// send sends a request as the administrator; the answer's status, 0 if there is
// none.
func send(t *testing.T, server *simulator.Server, method, path, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL("toy")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", server.Store("toy").Admin())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestLog: who asked for what, in which order, and what became of it.
func TestLog(t *testing.T) {
	server := simulator.Run(t, simulator.Mount{Name: "toy", Handler: toy})
	store := server.Store("toy")
	var moments []simulator.Moment
	store.Watch(func(_ simulator.Exchange, m simulator.Moment) { moments = append(moments, m) })
	send(t, server, "POST", "/keys", `{"name": "ci"}`)
	store.Watch(nil)
	made := store.Live()[0]
	send(t, server, "GET", "/keys", "")
	store.Fault(simulator.Fault{Kind: simulator.FaultCut, After: true})
	send(t, server, "DELETE", "/keys/"+made.ID, "")
	store.Fault(simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusBadGateway})
	send(t, server, "POST", "/keys", `{"name": "cd"}`)

	log := store.Log()
	if len(log) != 4 {
		t.Fatalf("%d exchanges: %+v", len(log), log)
	}
	want := []simulator.Exchange{
		{Operation: simulator.OpCreate, By: simulator.Admin, Name: "ci", Made: made.ID, Status: http.StatusCreated},
		{Operation: simulator.OpList, By: simulator.Admin, Status: http.StatusOK},
		{Operation: simulator.OpRevoke, By: simulator.Admin, Target: made.ID, Revoked: made.ID, Fault: simulator.FaultCut, After: true},
		{Operation: simulator.OpCreate, Name: "cd", Fault: simulator.FaultStatus, Status: http.StatusBadGateway},
	}
	last := 0
	for i, e := range log {
		if e.Number != i+1 || e.Started <= last || e.At.IsZero() || (e.Done != 0) != (e.Made+e.Revoked != "") {
			t.Errorf("exchange %d: %+v after %d", i+1, e, last)
		}
		last = e.Started
		want[i].Number, want[i].Started, want[i].Ended, want[i].Done, want[i].At, want[i].Bytes = e.Number, e.Started, e.Ended, e.Done, e.At, e.Bytes
		if e != want[i] {
			t.Errorf("exchange %d:\n got %+v\nwant %+v", i+1, e, want[i])
		}
	}
	if want := []simulator.Moment{simulator.Arrived, simulator.Changed, simulator.Answered}; len(moments) != 3 || moments[0] != want[0] || moments[1] != want[1] || moments[2] != want[2] {
		t.Errorf("moments %v", moments)
	}
}

// TestLate: a change that comes after its connection was cut is made when its
// time has come, and is dated so.
func TestLate(t *testing.T) {
	began := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	var passed atomic.Int64
	server := simulator.RunAt(t, func() time.Time { return began.Add(time.Duration(passed.Load())) }, simulator.Mount{Name: "toy", Handler: toy})
	store := server.Store("toy")
	store.Fault(simulator.Fault{Operation: simulator.OpCreate, Kind: simulator.FaultLate, Delay: 3 * time.Second})
	if status := send(t, server, "POST", "/keys", `{"name": "ci"}`); status != 0 {
		t.Fatalf("answered with %d", status)
	}
	passed.Add(int64(2 * time.Second))
	if n := len(store.Ledger()); n != 0 {
		t.Fatalf("%d keys too early", n)
	}
	passed.Add(int64(2 * time.Second))
	live := store.Live()
	if len(live) != 1 || live[0].CreatedBy != simulator.Admin || !live[0].CreatedAt.Equal(began.Add(3*time.Second)) {
		t.Fatalf("ledger %+v", live)
	}
	if e := store.Log()[0]; e.Made != live[0].ID || e.Status != 0 || e.Fault != simulator.FaultLate {
		t.Errorf("log %+v", e)
	}
}
