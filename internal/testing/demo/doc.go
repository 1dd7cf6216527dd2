// Package demo shows the provider at work: its test builds it, starts simulators of all
// services, and drives real Terraform through examples/demo, examples/storage and a
// recipe. After every step it compares what Terraform holds with the services' records.
// It needs no account and no network.
package demo
