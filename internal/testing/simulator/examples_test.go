package simulator_test

import (
	"fmt"
	"net/http"

	acme "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/acme/simulator"
	basic "github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/basic/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

func basicService() Service {
	return Service{
		Mount:   simulator.Mount{Name: "basic", Handler: basic.New},
		Revoked: http.StatusNoContent,
		Create: func(name string) Request {
			return Request{Method: http.MethodPost, Path: "/keys", Body: fmt.Sprintf(`{"name": %q}`, name)}
		},
		List:   func() Request { return get("/keys") },
		Revoke: func(id string) Request { return Request{Method: http.MethodDelete, Path: "/keys/" + id} },
		Value:  func(body any) string { return Text(body, "key") },
		IDs:    func(body any) []string { return Column(At(body, "keys"), "id") },
	}
}

func acmeService() Service {
	return Service{
		Mount:   simulator.Mount{Name: "acme", Handler: acme.New},
		Revoked: http.StatusOK,
		Create: func(name string) Request {
			return Request{Method: http.MethodPost, Path: "/v2/keys", Body: fmt.Sprintf(`{"name": %q}`, name)}
		},
		List:   func() Request { return get("/v2/keys") },
		Revoke: func(id string) Request { return Request{Method: http.MethodPost, Path: "/v2/keys/" + id + "/revoke"} },
		Value:  func(body any) string { return Text(body, "secret") },
		IDs:    func(body any) []string { return Column(At(body, "items"), "id") },
	}
}
