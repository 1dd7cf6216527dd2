// Package simulator simulates the API of the service, for tests and demonstrations. It is
// in no release.
package simulator
