package main

import "syscall"

// mostMemory is what the program may take up: a provider that believes a listing's
// total would otherwise take all that the machine has.
const mostMemory = 6 << 30

// boundMemory has the program die of taking up more than that.
func boundMemory() error {
	if raceDetector { // which maps far more than it uses
		return nil
	}
	var bound syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &bound); err != nil {
		return err
	}
	bound.Cur = min(bound.Cur, mostMemory)
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &bound)
}
