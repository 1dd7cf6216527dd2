//go:build !unix

package terraform

import (
	"os/exec"
	"syscall"
)

// ownGroup does nothing where there are no process groups.
func ownGroup(*exec.Cmd) {}

// SignalGroup does nothing where there are no process groups.
func SignalGroup(int, syscall.Signal) {}
