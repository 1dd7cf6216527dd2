//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// shield keeps the terminal's Ctrl-C from the command: it is interrupted once,
// by the demo. Two interrupts would make Terraform leave its plugins behind.
func shield(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
