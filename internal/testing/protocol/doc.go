// Package protocol does in process what Terraform does around a provider. It
// refreshes, plans, applies and imports through the plugin protocol, version 6, and
// makes the checks that Terraform makes on the way. A provider that violates them
// fails the test. Its own tests show that it rejects what Terraform rejects.
package protocol
