// Package campaign has tests that let everything go wrong that the simulated services
// know, at every exchange of every operation, and check the keys in their ledgers: the
// state has every live key of the provider, no key of somebody else was revoked, no value
// was lost or shown.
//
// TestFaults drives the provider through the plugin protocol in process, TestDeadlines
// does so on the real clock, and TestTerraform runs real Terraform and interrupts or kills
// it. In a plain test run TestFaults plays a sample and the others are skipped; the flag
// -campaign asks for more, see `make campaign`. A failure says how to repeat it. RESULTS.md
// has the figures of the last long run.
package campaign
