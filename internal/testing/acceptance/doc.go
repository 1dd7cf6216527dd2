// Package acceptance holds the acceptance tests: real Terraform, or OpenTofu, with
// this checkout's provider and simulated services.
package acceptance
