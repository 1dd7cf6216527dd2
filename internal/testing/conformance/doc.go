// Package conformance tests each service's key resource through the provider protocol:
// its tests are the suite that every service has to pass. [Harness] is what they and the
// tests of other packages use.
package conformance
