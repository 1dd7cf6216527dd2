// Package bench has benchmarks of what the provider costs: real Terraform with a thousand
// keys in the simulators, and in turn with time_static of hashicorp/time, which is built
// on the same plugin framework and has no service. RESULTS.md has the figures.
package bench
