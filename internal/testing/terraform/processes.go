package terraform

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Running are the ids of the processes whose program is below a folder, whoever is
// their parent. It needs Linux's /proc; elsewhere it finds none.
func Running(dir string) []int {
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
		// A process that has just ended has no program any more.
		if exe, err := os.Readlink("/proc/" + e.Name() + "/exe"); err == nil && strings.HasPrefix(exe, dir+string(filepath.Separator)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// PeakMemory is the most memory that a process has used at once, in bytes; 0 where the
// system does not say, or if the process has ended.
func PeakMemory(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	return peak(string(status))
}

// peak reads VmHWM of /proc/<pid>/status.
func peak(status string) int64 {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	return kib << 10
}
