package simulator_test

import (
	"fmt"
	"net/http"
	"testing"

	acme "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator/simulatortest"
)

func TestSimulator(t *testing.T) {
	simulatortest.Conformance(t, simulatortest.Service{
		Mount:   simulator.Mount{Name: "acme", Handler: acme.New},
		Revoked: http.StatusOK,
		List:    func() simulatortest.Request { return simulatortest.Request{Method: http.MethodGet, Path: "/v2/keys"} },
		Create: func(name string) simulatortest.Request {
			return simulatortest.Request{Method: http.MethodPost, Path: "/v2/keys", Body: fmt.Sprintf(`{"name": %q}`, name)}
		},
		Revoke: func(id string) simulatortest.Request {
			return simulatortest.Request{Method: http.MethodPost, Path: "/v2/keys/" + id + "/revoke"}
		},
		Value: func(body any) string { return simulatortest.Text(body, "secret") },
		IDs:   func(body any) []string { return simulatortest.Column(simulatortest.At(body, "items"), "id") },
	})
}
