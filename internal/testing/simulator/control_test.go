package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// controlled runs a server with the control interface.
func controlled(t *testing.T) (simulator.Control, *simulator.Server) {
	t.Helper()
	server := simulator.NewServer(nil)
	server.Mount("toy", toy)
	server.ServeControl()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return simulator.Control{URL: server.Address()}, server
}

func TestControl_keys(t *testing.T) {
	control, server := controlled(t)
	store, ctx := server.Store("toy"), t.Context()
	made, err := control.Mint(ctx, "toy", simulator.Draft{Name: "a", Scope: "team", Attributes: map[string]any{
		"scopes": []string{"x:read"}, "limit": 7, "ratio": 0.5, "mixed": []any{"a", 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if made.Name != "a" || made.Scope != "team" || made.Value == "" {
		t.Errorf("minted %+v", made)
	}
	kept, _ := store.Get(made.ID)
	if scopes, ok := kept.Attributes["scopes"].([]string); !ok || scopes[0] != "x:read" || kept.Attributes["limit"] != int64(7) || kept.Attributes["ratio"] != 0.5 {
		t.Errorf("the attributes are kept as %#v", kept.Attributes)
	}
	if err := control.Use(ctx, "toy", made.ID); err != nil {
		t.Error(err)
	}
	name, active, then := "b", false, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	changed, err := control.Update(ctx, "toy", made.ID, simulator.Edit{
		Name: &name, Active: &active, CreatedAt: &then, LastUsedAt: &then, Attributes: map[string]any{"limit": 8},
	})
	if err != nil || changed.Name != "b" || changed.Active || !changed.CreatedAt.Equal(then) || !changed.LastUsedAt.Equal(then) || changed.Uses != 1 {
		t.Errorf("the update gave %+v, %v", changed, err)
	}
	if err := control.Revoke(ctx, "toy", made.ID); err != nil {
		t.Error(err)
	}
	if err := control.Seed(ctx, "toy", 3, "seed"); err != nil {
		t.Error(err)
	}
	ledger, err := control.Ledger(ctx, "toy")
	if err != nil || len(ledger) != 4 || ledger[0].Live() || ledger[0].RevokedBy != simulator.Outside || ledger[3].Name != "seed-2" {
		t.Errorf("the ledger is %+v, %v", ledger, err)
	}
}

func TestControl_trouble(t *testing.T) {
	control, server := controlled(t)
	store, ctx := server.Store("toy"), t.Context()
	fault := simulator.Fault{Operation: simulator.OpList, Kind: simulator.FaultDelay, Delay: 50 * time.Millisecond, After: true}
	quirks := simulator.Quirks{PageCap: 5, ListingLag: time.Minute, Errors: simulator.ShapeHTML}
	for what, err := range map[string]error{
		"fault":   control.Fault(ctx, "toy", fault),
		"quirk":   control.Quirk(ctx, "toy", quirks),
		"latency": control.SetLatency(ctx, "toy", 50*time.Millisecond),
	} {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	if store.Quirks() != quirks || store.PendingFaults() != 1 {
		t.Errorf("the quirks are %+v, %d faults are pending", store.Quirks(), store.PendingFaults())
	}
	began := time.Now()
	toyService().Client(t, server).Do(http.StatusOK, toyService().List())
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("latency and delay together took %v", took)
	}
	services, err := control.Services(ctx)
	if err != nil || len(services) != 1 || services[0].Total != 1 || services[0].Requests[simulator.OpList] != 1 ||
		services[0].Bytes == 0 || services[0].Admin != store.Admin() || services[0].URL != server.URL("toy") {
		t.Errorf("the services are %+v, %v", services, err)
	}
	if err := control.Reset(ctx, "toy"); err != nil || store.Total() != 0 {
		t.Errorf("%d requests after a reset, %v", store.Total(), err)
	}
	store.Fault(simulator.Fault{Kind: simulator.FaultCut})
	if err := control.ClearFaults(ctx, "toy"); err != nil || store.PendingFaults() != 0 {
		t.Errorf("%d faults after they were cleared, %v", store.PendingFaults(), err)
	}
	if token, err := control.Session(ctx, "toy", time.Minute); err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("the session is %q, %v", token, err)
	}
}

func TestControl_refuses(t *testing.T) {
	control, server := controlled(t)
	ctx := t.Context()
	_, nobody := control.Ledger(ctx, "nobody")
	_, empty := control.Update(ctx, "toy", "no such key", simulator.Edit{})
	for what, err := range map[string]error{
		"ledger of nobody": nobody, "update of nothing": empty,
		"revoke of nothing": control.Revoke(ctx, "toy", "no such key"),
		"use of nothing":    control.Use(ctx, "toy", "no such key"),
		"no kind":           control.Fault(ctx, "toy", simulator.Fault{}),
		"no service":        control.Reset(ctx, "nobody"),
		"no server":         simulator.Control{URL: "http://127.0.0.1:9"}.Reset(ctx, "toy"),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	for name, test := range map[string]struct {
		order, body, contentType string
		status                   int
	}{
		"a form, as a web page could send": {"revoke", `{"service": "toy"}`, "text/plain", http.StatusUnsupportedMediaType},
		"a misspelt quirk":                 {"quirk", `{"service": "toy", "quirks": {"page_cup": 5}}`, "application/json", http.StatusBadRequest},
		"a duration without a unit":        {"latency", `{"service": "toy", "latency": "5"}`, "application/json", http.StatusBadRequest},
		"mint of nothing":                  {"mint", `{"service": "toy"}`, "application/json", http.StatusBadRequest},
		"seed of nothing":                  {"seed", `{"service": "toy"}`, "application/json", http.StatusBadRequest},
		"no update":                        {"update", `{"service": "toy"}`, "application/json", http.StatusBadRequest},
		"no quirks":                        {"quirk", `{"service": "toy"}`, "application/json", http.StatusBadRequest},
	} {
		response, err := http.Post(server.Address()+"/_control/"+test.order, test.contentType, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s: answered %d, want %d", name, response.StatusCode, test.status)
		}
	}
	if total := server.Store("toy").Total(); total != 0 {
		t.Errorf("the control interface counts as %d requests to the service", total)
	}
}

func TestFault_JSON(t *testing.T) {
	fault := simulator.Fault{Operation: "create", Skip: 1, Times: -1, After: true, Kind: simulator.FaultDelay, Delay: 1500 * time.Millisecond}
	text, err := json.Marshal(fault)
	if want := `{"operation":"create","skip":1,"times":-1,"after":true,"kind":"delay","delay":"1.5s"}`; err != nil || string(text) != want {
		t.Errorf("the fault is %s, want %s (%v)", text, want, err)
	}
	var read simulator.Fault
	if err := json.Unmarshal(text, &read); err != nil || read.Delay != fault.Delay || read.Times != -1 {
		t.Errorf("read as %+v, %v", read, err)
	}
	if text, err := json.Marshal(simulator.Quirks{}); err != nil || string(text) != "{}" {
		t.Errorf("no quirks are %s, %v", text, err)
	}
}
