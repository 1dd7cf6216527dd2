// Package expunct connects the provider to Expunct's API keys (Expunct
// documentation, page "API Keys").
//
// What is odd about this service, and where it is dealt with:
//
//   - The listing is a bare array. The general pages promise limit and offset for
//     list endpoints (default 50, at most 100), the key page does not mention
//     them, and no total is told. So the adapter asks for 100, does not trust the
//     size of a page, and lets pages overlap by one row, which shows when rows
//     have shifted between two requests (list.go).
//   - tenant_id is a query parameter of every call; without it the tenant is that
//     of the calling key.
//   - prefix ends in three dots that are not part of the value.
//   - There is no call to read or to change one key.
//   - Naming another tenant than the key's own takes a key "with cross-tenant
//     permissions", and keys that begin with pk_test_ work on a sandbox's data (page
//     "Authentication").
//
// docs.expunct.ai was last looked at on 2026-11-28.
package expunct

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
