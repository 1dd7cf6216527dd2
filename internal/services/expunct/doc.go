// Package expunct connects the provider to Expunct's API keys (Expunct
// documentation, page "API Keys").
//
// What is odd about this service, and where it is dealt with:
//
//   - The listing is a bare array. The general pages promise limit and offset for
//     list endpoints (default 50, at most 100), the key page does not mention
//     them, and no answer has a total. So the adapter asks for 100, does not trust the
//     size of a page, and lets pages overlap by one row, which shows when rows
//     have shifted between two requests.
//   - tenant_id is a query parameter of every call; without it the tenant is that
//     of the calling key.
//   - prefix ends in three dots that are not part of the value.
//   - There is no call to read or to change one key.
//   - Naming another tenant than the key's own takes a key "with cross-tenant
//     permissions", and keys that begin with pk_test_ work on a sandbox's data (page
//     "Authentication").
//
// docs.expunct.ai was last looked at on 2026-11-28.
//
// What the adapter takes for granted, and `make smoke` checks at the real service:
//
//   - A listing answers 200.
//   - A listing is a bare array.
//   - A listed key has id, name, prefix, created_at and last_used_at, which is null
//     until the key is used.
//   - A page has at most the 100 keys that it is asked for.
//   - A create answers 200 or 201.
//   - The answer to a create is the key with its value in key.
//   - A value begins with pk_live_ or pk_test_.
//   - A record's prefix is the beginning of the value, then dots.
//   - created_at of a new key is the time of the answer's Date header.
//   - A new key is in the next listing.
//   - A revoke answers 200 or 204.
//   - The answer to a revoke has detail.
//   - A revoked key is gone from the listing.
//   - A revoked key is refused with 401 at once.
//   - A key that does not exist is answered with 404.
//   - An error is an object with detail.
package expunct

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config simulator/oapi-codegen.yaml api/openapi.yaml
