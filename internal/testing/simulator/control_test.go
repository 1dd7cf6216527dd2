package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// controlled runs a server with the control interface.
func controlled(t *testing.T) *simulator.Server {
	t.Helper()
	server := simulator.NewServer(nil)
	server.Mount("toy", toy)
	server.ServeControl()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// control sends a control request, a POST if there is a body, which must be answered
// with a status, and decodes the answer into result unless that is nil.
func control(t *testing.T, server *simulator.Server, path, body string, want int, result any) {
	t.Helper()
	var response *http.Response
	var err error
	if url := server.Address() + "/_control/" + path; body == "" {
		response, err = http.Get(url)
	} else {
		response, err = http.Post(url, "application/json", strings.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("%s %s: %d %s, %v; want %d", path, body, response.StatusCode, text, err, want)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			t.Fatalf("%s: %s: %v", path, text, err)
		}
	}
}

func TestControl_keys(t *testing.T) {
	server := controlled(t)
	var made simulator.Record
	control(t, server, "mint", `{"service": "toy", "draft": {"name": "a", "scope": "team"}}`, http.StatusOK, &made)
	if made.Name != "a" || made.Scope != "team" || made.Value == "" {
		t.Errorf("created %+v", made)
	}
	control(t, server, "revoke", `{"service": "toy", "id": "`+made.ID+`"}`, http.StatusOK, nil)
	server.Store("toy").Mint("b")
	var ledger []simulator.Record
	control(t, server, "ledger?service=toy", "", http.StatusOK, &ledger)
	if len(ledger) != 2 || ledger[0].Live() || ledger[0].RevokedBy != simulator.Outside || ledger[1].Name != "b" {
		t.Errorf("the ledger is %+v", ledger)
	}
}

func TestControl_trouble(t *testing.T) {
	server := controlled(t)
	store := server.Store("toy")
	control(t, server, "fault", `{"service": "toy", "fault": {"operation": "list", "kind": "delay", "after": true}, "delay": "100ms"}`, http.StatusOK, nil)
	control(t, server, "quirk", `{"service": "toy", "quirks": {"page_cap": 5, "errors": "html"}, "delay": "1m"}`, http.StatusOK, nil)
	quirks := simulator.Quirks{PageCap: 5, ListingLag: time.Minute, Errors: simulator.ShapeHTML}
	if store.Quirks() != quirks || store.PendingFaults() != 1 {
		t.Errorf("the quirks are %+v, %d faults are pending", store.Quirks(), store.PendingFaults())
	}
	began := time.Now()
	toyService().Client(t, server).Do(http.StatusOK, toyService().List())
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("with a delay the answer took %v", took)
	}
	var services []simulator.ServiceStatus
	control(t, server, "requests", "", http.StatusOK, &services)
	if len(services) != 1 || services[0].Total != 1 || services[0].Requests[simulator.OpList] != 1 ||
		services[0].Bytes == 0 || services[0].Admin != store.Admin() || services[0].URL != server.URL("toy") {
		t.Errorf("the services are %+v", services)
	}
	store.Fault(simulator.Fault{Kind: simulator.FaultCut})
	control(t, server, "clear-faults", `{"service": "toy"}`, http.StatusOK, nil)
	if store.PendingFaults() != 0 {
		t.Errorf("%d faults after they were cleared", store.PendingFaults())
	}
}

func TestControl_refuses(t *testing.T) {
	server := controlled(t)
	control(t, server, "ledger?service=nobody", "", http.StatusNotFound, nil)
	for path, bodies := range map[string][]string{
		"revoke": {`{"service": "toy", "id": "no such key"}`},
		"mint":   {`{"service": "toy"}`},
		"fault":  {`{"service": "toy"}`, `{"service": "toy", "fault": {}}`, `{"service": "toy", "fault": {"kind": "delay"}, "delay": "5"}`},
		"quirk":  {`{"service": "toy"}`, `{"service": "toy", "quirks": {"page_cup": 5}}`},
	} {
		for _, body := range bodies {
			control(t, server, path, body, http.StatusBadRequest, nil)
		}
		control(t, server, path, `{"service": "nobody"}`, http.StatusNotFound, nil)
	}
	response, err := http.Post(server.Address()+"/_control/revoke", "text/plain", strings.NewReader(`{"service": "toy"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form, as a web page could send, was answered with %d", response.StatusCode)
	}
	if total := server.Store("toy").Total(); total != 0 {
		t.Errorf("the control interface counts as %d requests to the service", total)
	}
}
