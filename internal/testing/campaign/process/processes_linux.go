package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// group makes a command the leader of a process group: a Ctrl-C in the campaign's
// terminal does not reach it, and one can be sent to it and its providers.
func group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signalGroup sends a signal to all processes of a group, which may just have
// ended; SIGINT is a Ctrl-C in their terminal.
func signalGroup(leader int, s syscall.Signal) { _ = syscall.Kill(-leader, s) }

// running are the processes of the programs below a folder, whoever is their
// parent now.
func running(dir string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// A process that has ended meanwhile has no program any more.
		if exe, err := os.Readlink("/proc/" + e.Name() + "/exe"); err == nil && strings.HasPrefix(exe, dir+string(filepath.Separator)) {
			pids = append(pids, pid)
		}
	}
	return pids
}
