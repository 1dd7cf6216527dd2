// Package httpclient is the transport below every service adapter. It knows nothing of
// keys or of Terraform.
//
// A [Client] sends a request with [Client.Send]. A [Call] says what matters besides the
// request itself: whether repeating it is harmless, whether it creates a key, and its
// route for logs.
//
// What it promises:
//
//   - Credentials go to the configured origin only. Redirects are refused and
//     named, URLs of another origin are refused ([Client.SameOrigin]), plain http
//     is for loopback only, TLS is 1.2 or newer and always verified.
//   - A request is repeated only where that is harmless: reads and idempotent calls;
//     anything else only after proof that nothing was carried out (retry.go).
//   - When the service limits requests, all of a client's slow down together;
//     otherwise none waits (limiter.go). A request that cannot be sent before the
//     caller's deadline fails at once.
//   - A failure without a usable answer is a [*TransportError] that says whether
//     the server may have acted. An answer, of whatever status, is returned
//     complete and in memory ([Answer]), or not at all.
//   - Logs are an allow-list ([Attempt]): headers, bodies and URL queries cannot
//     appear in them. What servers say in error bodies is cut and redacted
//     ([Answer.Problem]).
package httpclient
