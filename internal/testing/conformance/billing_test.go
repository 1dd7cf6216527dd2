package conformance

import (
	"net/http"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// TestBilling: a 403 about money is not called a lack of permission, and the page
// that the service names is shown if it is one of the web's.
func (h *Suite) TestBilling(t *testing.T) {
	for url, shown := range map[string]bool{"https://billing.example/credits": true, "http://billing.example/credits": false, "javascript:alert(1)": false} {
		h.Store.Fault(simulator.Fault{
			Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always,
			Body: `{"code": "credit_ceiling_reached", "message": "Ceiling reached.", "resolution_url": "` + url + `"}`,
		})
		p := h.Apply(protocol.Config{key: h.Block("ci")})
		errs := p.Diagnostics.Errors()
		if len(errs) != 1 || !contains(errs, "Ceiling reached", "spending limit", "not about a permission") || contains(errs, "lacks a permission") {
			t.Errorf("%s", p.Diagnostics)
		}
		if contains(errs, url) != shown {
			t.Errorf("%s: %s", url, p.Diagnostics)
		}
		h.Store.ClearFaults()
	}
}
