// Package process is the part of the campaign that runs real Terraform and the
// real provider, as programs, against simulators in this process, and interrupts or
// kills them at chosen moments: not after so many milliseconds, but when a certain
// request arrives, when its change has been made, when half of its answer has been
// sent, when the state is written.
//
// After each of these scenarios one undisturbed apply follows. Then the simulator's
// ledger, the state and everything that was printed, logged or saved are checked.
//
// It finds the provider's processes in /proc, and therefore needs Linux.
package process
