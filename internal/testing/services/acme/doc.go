// Package acme is a service that does not exist. It is the worked example of
// "How to add a service" in CONTRIBUTING.md, and a test that the promise there
// holds: a service is one folder, one line in the list and its examples. It has
// the shape of a real service's folder, passes the same suites, and is in no
// released binary.
//
// What is odd about this service, and where it is dealt with:
//
//   - Pages follow each other by an opaque cursor; no answer has a total (client.go).
//   - A PUT replaces the document and clears what it lacks, so a change
//     reads the key first and sends everything back (Update in client.go). Whoever
//     changes the key in between is overwritten: the service knows no revisions.
//   - A revoke is a POST, whose answer has revoked_at set; from then on the key is
//     not found.
//   - The value is not part of the key: it comes beside it, as secret.
package acme

//go:generate go tool -modfile=../../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
//go:generate go tool -modfile=../../../../tools/go.mod oapi-codegen -config simulator/oapi-codegen.yaml api/openapi.yaml
