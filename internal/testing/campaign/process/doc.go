// Package process is the part of the campaign that runs real Terraform and the
// real provider, as programs, against stand-ins in this process, and interrupts or
// kills them at chosen moments: not after so many milliseconds, but when a certain
// request arrives, when its change has been made, when half of its answer has been
// sent, when the state is written.
//
// After each of these scenarios one undisturbed apply follows. Then the stand-in's
// ledger, the state and everything that was printed, logged or saved are judged.
//
// It finds the provider's processes in /proc, and therefore needs Linux.
package process
