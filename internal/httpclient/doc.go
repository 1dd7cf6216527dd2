// Package httpclient is the transport under every service adapter. It knows
// nothing of keys or of Terraform; it sees to it that a request is sent to the
// right place, no more often than is harmless, and that whatever comes back is
// bounded, timed and free of secrets.
//
// A [Client] is an oapi-codegen HttpRequestDoer. What an adapter has to say about
// a call beyond the request itself travels in the context ([WithCall]): whether
// repeating it is harmless, whether it mints something, how it is called in logs.
//
// What it promises:
//
//   - Credentials go to the configured origin only. Redirects are refused and
//     named, URLs of another origin are refused ([Client.SameOrigin]), plain http
//     is for loopback alone, TLS is 1.2 or newer and always verified.
//   - A request is repeated only where that is harmless: reads and calls declared
//     Repeatable; anything else only after proof that nothing was carried out
//     (retry.go).
//   - When the service limits requests, all of a client's slow down together, to
//     the rate that it grants; as long as it does not, none waits (pace.go). What
//     cannot have its turn before the caller's deadline fails at once.
//   - A failure without a usable answer is a [*TransportError] that says whether
//     the server may have acted. An answer, of whatever status, is returned whole
//     and in memory, or not at all.
//   - Logs are an allow-list ([Exchange]): headers, bodies and URL queries cannot
//     reach them. What servers say in error bodies is cut and scrubbed
//     ([ParseProblem]).
package httpclient
