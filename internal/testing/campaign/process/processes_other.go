//go:build !linux

package process

import "syscall"

func group() *syscall.SysProcAttr { return nil }

func signalGroup(int, syscall.Signal) {}

func running(string) []int { return nil }
