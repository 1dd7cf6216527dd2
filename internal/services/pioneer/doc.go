// Package pioneer connects the provider to Pioneer's API keys
// (docs.pioneer.ai, pages "API Keys", "Authentication", "Errors" and "Rate limits").
//
// The documentation has two generations: before and since 2026-07-15 (its repository
// fastino-ai/mintlify-docs, read at d3fc424 of 2026-08-14). The adapter works at servers
// of both, and decides by what an answer holds:
//
//	                before                         since 2026-07-15
//	create          X-API-Key                      the dashboard's session; with X-API-Key 403 "API key
//	                                               creation is only allowed from the web dashboard."
//	its answer      key, name, created_at          secret_key, id, name, created_at, api_key_last_digits,
//	                                               expires_at, team_id, stripe_customer_created
//	listing         keys: "metadata such as name   keys: id, name, created_at, api_key_last_digits, last_used_at,
//	                and creation date"             expires_at, team_id, usage_tokens, usage_cost, request_count;
//	                                               count
//	revoke          key_id or name; 204            key_id; 200 {"success", "message"}
//	limits          1,000 a minute and 10,000      20,000 a minute and 1,000,000 an hour, by client IP
//	                an hour, by client IP
//
// What is odd about this service, and where it is dealt with:
//
//   - An older answer to a create has no id: then Create leaves [driver.Key.ID] empty
//     and the engine finds the key in the listing. A newer one's id is believed as far as
//     the engine can check it.
//   - The session signs creates and nothing else. A create that is refused
//     says who was refused: the API key, for which there is no remedy, or the session.
//   - api_key_last_digits is the hint by which the provider's own credential is
//     recognised.
//   - A key whose expires_at has passed is gone, though it may be listed.
//   - The older pages disagree on the body of the revoke call: key_id on one, name
//     on the other. Names are not unique, so Revoke sends key_id, and a name only
//     when the service has refused that body and a fresh listing proves that the
//     name can mean no other key (revoke.go).
//   - "success": false in an answer to a revoke proves nothing; the engine looks.
//   - There is no call to read or to change one key.
//   - 402, and 403 with a code such as credit_ceiling_reached or card_required, are about
//     money; their body is {"code", "message", "resolution_url"}. A 429 with
//     X-RateLimit-Reason: daily_spend_cap_exceeded (older pages) lasts until 00:00 UTC.
//     None of these is worth a retry.
//
// What the documentation does not say, and the adapter assumes:
//
//   - A session goes into "Authorization: Bearer", without X-API-Key. Pioneer's OpenAPI
//     document (openapi.json of the same repository) has a scheme of that kind, "Supabase
//     access token or Pioneer API key as a Bearer token", but not for this endpoint.
//   - An item of the listing has its id in key_id or id. An item with neither makes the
//     listing unreadable, because an id nobody knows can be neither matched nor revoked.
//   - The listing has only one page, and shows all keys that the credential may see. count is
//     not compared with it: what it counts is not known for certain.
//   - A masked value is in key, masked_key, key_preview, preview, key_prefix or prefix,
//     where there is one. How many last digits are shown is unknown: fewer than three
//     identify nothing.
//   - Names are not unique, and are kept as they are given.
//
// What the adapter takes for granted, and `make smoke` checks at the real service:
//
//   - A listing answers 200.
//   - A listing has its keys in the array keys.
//   - A listing has one page.
//   - A listed key has key_id or id, name and created_at.
//   - A create answers 200 or 201, or refuses an API key with 403.
//   - The answer to a create has the value in key or secret_key, and name and
//     created_at.
//   - A value begins with pio_sk_.
//   - A record shows the value's last digits in api_key_last_digits, or a mask of the
//     value.
//   - created_at of a new key is the time of the answer's Date header.
//   - A new key is in the next listing.
//   - A revoke by key_id answers 204, or 200 with success.
//   - A revoked key is gone from the listing.
//   - A revoked key is refused with 401 at once.
//   - A key that does not exist is answered with 404.
//   - An error is an object with detail, with error and message, or with code and
//     message.
package pioneer

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config api/oapi-codegen.yaml api/openapi.yaml
//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config simulator/oapi-codegen.yaml api/openapi.yaml
