// Package conformance tests a service's key resource through the provider protocol:
// [Core] does in process what Terraform does around a provider, strictly, and
// [RunConformance] is the suite that every service has to pass.
package conformance
