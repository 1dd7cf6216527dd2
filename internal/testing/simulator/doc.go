// Package simulator simulates the services: an in-memory [Store] of keys for each,
// behind real HTTP on loopback, that can fail on request.
//
// The package knows no service. A service's own simulator implements its generated
// server over a Store and passes it, with a [Protocol], to [Store.Serve], which adds
// what is the same for all: authentication, the log of requests ([Exchange]), rate
// limits ([Limit]), faults ([Fault]) and what documentation leaves open ([Quirks]).
//
// A [Server] serves any number of services on one port. Tests start one each; the
// program cmd/apikeys-simulator serves the same to people, with a control interface
// ([Server.ServeControl]).
//
// No key ever leaves a store: its [Record]s say what became of each.
package simulator
