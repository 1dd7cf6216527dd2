//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// shield keeps the terminal's Ctrl-C from the command: it is interrupted once,
// by this program. Two interrupts would make Terraform leave its plugins behind.
func shield(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
