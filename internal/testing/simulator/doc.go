// Package simulator simulates the services: an in-memory [Store] of keys
// for each, behind real HTTP on loopback, with everything that goes wrong at
// real services available on request.
//
// The package is the mechanism and knows no service. A service's own folder
// implements its generated server over a Store and hands it, together with a
// [Protocol] (how credentials travel, what values look like, which routes there
// are), to [Store.Serve]. That adds, once for all services: authentication,
// request counters, latency, rate limits ([Limit]), faults before or after the
// change is made ([Fault]), tolerable oddities of answers ([Quirks]) and error bodies in every
// known shape ([Shape]).
//
// A [Server] mounts any number of services on one loopback port. Tests start one
// each; the program in cmd/apikeys-simulator serves the same to people and to
// other programs, with a control interface ([Control]) in place of Go calls.
//
// The [Record]s of a store are a ledger: no key ever leaves it, so a test can
// say what became of every key that was ever made, and who did it.
package simulator
