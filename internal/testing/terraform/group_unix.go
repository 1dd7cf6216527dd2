//go:build unix

package terraform

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the leader of a process group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// SignalGroup sends a signal to a command and to its plugins, which may just have
// ended; SIGINT is Ctrl-C in their terminal.
func SignalGroup(leader int, s syscall.Signal) { _ = syscall.Kill(-leader, s) }
