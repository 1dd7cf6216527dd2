package conformance

import (
	"net/http"
	"testing"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// testBilling: a 403 about money is not called a lack of permission, and the page
// that the service names is shown if it is one of the web's.
func testBilling(t *testing.T, r *Rig) {
	for url, shown := range map[string]bool{"https://billing.example/credits": true, "http://billing.example/credits": false, "javascript:alert(1)": false} {
		r.Store.Fault(simulator.Fault{
			Operation: simulator.OpCreate, Kind: simulator.FaultStatus, Status: http.StatusForbidden, Times: always,
			Body: `{"code": "credit_ceiling_reached", "message": "Ceiling reached.", "resolution_url": "` + url + `"}`,
		})
		p := r.Apply(protocol.Config{key: r.Block("ci")})
		errs := p.Diagnostics.Errors()
		if len(errs) != 1 || !contains(errs, "Ceiling reached", "spending limit", "not about a permission") || contains(errs, "lacks a permission") {
			t.Errorf("%s", p.Diagnostics)
		}
		if contains(errs, url) != shown {
			t.Errorf("%s: %s", url, p.Diagnostics)
		}
		r.Store.ClearFaults()
	}
}
