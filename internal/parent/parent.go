// Package parent reports whether the process that started this one is still there.
// A provider whose Terraform is gone has nobody to hand a key to.
package parent

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Watch returns a function that reports whether the parent, as it is now, is gone
// or on its way out. On Windows, where a parent's end is not shown, it never is.
func Watch() (gone func() bool) {
	pid := os.Getppid()
	return func() bool { return os.Getppid() != pid || dying(pid) }
}

// Bits of proc(5): a pending SIGKILL in SigPnd and ShdPnd of status, and
// PF_EXITING in the flags of stat.
const (
	sigkill = 1 << 8
	exiting = 1 << 2
)

// dying reports whether a process has been killed and is still on its way out. A large
// program takes tens of milliseconds from there until its children have another parent, and
// an answer given meanwhile reaches nobody. Without /proc nothing is seen of that.
func dying(pid int) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status") //nolint:gosec // a fixed place in /proc
	if err != nil {
		return false
	}
	stat, err := os.ReadFile(dir + "/stat") //nolint:gosec // a fixed place in /proc
	if err != nil {
		return vanished(err) // it was there a moment ago
	}
	return killed(string(status)) || leaving(string(stat))
}

// vanished reports whether the error of reading it means that there is no such process. Others
// prove nothing: this process may have run out of file descriptors.
func vanished(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) }

// killed reads /proc/<pid>/status.
func killed(status string) bool {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		pending, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if (name == "SigPnd" || name == "ShdPnd") && err == nil && pending&sigkill != 0 {
			return true
		}
	}
	return false
}

// leaving reads /proc/<pid>/stat: after the name in parentheses, which may hold more of them,
// come the state, five numbers and the flags.
func leaving(stat string) bool {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const state, flagsAt = 0, 6
	if len(fields) <= flagsAt {
		return false
	}
	flags, err := strconv.ParseUint(fields[flagsAt], 10, 64)
	return fields[state] == "Z" || fields[state] == "X" || err == nil && flags&exiting != 0
}
