package simulator_test

import (
	"fmt"
	"net/http"
	"testing"

	basic "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator/simulatortest"
)

func TestSimulator(t *testing.T) {
	simulatortest.Conformance(t, simulatortest.Service{
		Mount:   simulator.Mount{Name: "basic", Handler: basic.New},
		Revoked: http.StatusNoContent,
		List:    func() simulatortest.Request { return simulatortest.Request{Method: http.MethodGet, Path: "/keys"} },
		Create: func(name string) simulatortest.Request {
			return simulatortest.Request{Method: http.MethodPost, Path: "/keys", Body: fmt.Sprintf(`{"name": %q}`, name)}
		},
		Revoke: func(id string) simulatortest.Request {
			return simulatortest.Request{Method: http.MethodDelete, Path: "/keys/" + id}
		},
		Value: func(body any) string { return simulatortest.Text(body, "key") },
		IDs:   func(body any) []string { return simulatortest.Column(simulatortest.At(body, "keys"), "id") },
	})
}
