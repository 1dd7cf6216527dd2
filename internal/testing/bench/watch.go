package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// glance is how often the plugins are looked at while Terraform runs: often
// enough to miss little, seldom enough to disturb nothing.
const glance = 50 * time.Millisecond

// ticks is how many units of /proc's CPU times are a second: USER_HZ, which is
// 100 on all platforms of Linux that Go has (man 5 proc_pid_stat).
const ticks = 100

// plugged is what a plugin has used so far.
type plugged struct {
	cpu    time.Duration
	memory int64
}

// watch looks at the plugins of a Terraform process until it is asked for what it
// has seen: the CPU time of all of them together, and the most memory that one
// of them has had. Where there is no /proc, both are 0.
func watch(pid int) (seen func() (cpu time.Duration, memory int64)) {
	plugins := map[int]plugged{}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(glance)
		defer tick.Stop()
		for {
			look(pid, plugins)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() (cpu time.Duration, memory int64) {
		close(stop)
		<-done
		for _, p := range plugins {
			cpu += p.cpu
			memory = max(memory, p.memory)
		}
		return cpu, memory
	}
}

// look notes what each child of a process that is a plugin has used.
func look(pid int, plugins map[int]plugged) {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, thread := range threads { // a child belongs to the thread that has made it
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		if err != nil {
			continue // it has ended
		}
		for _, child := range strings.Fields(string(children)) {
			id, err := strconv.Atoi(child)
			if err != nil {
				continue
			}
			if p, ok := glimpse(id); ok {
				plugins[id] = p
			}
		}
	}
}

// glimpse reads what a process has used; ok is false for one that has ended or is
// no plugin.
func glimpse(pid int) (p plugged, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil || !bytes.Contains(stat, []byte("(terraform-prov")) { // the name is cut to 15 characters
		return p, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return p, false
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	p.cpu = time.Duration(user+system) * time.Second / ticks
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	p.memory = highWater(string(status))
	return p, p.memory > 0 // 0 when it is just ending
}

// highWater is the most memory that a process had at once, in bytes, by its
// /proc/<pid>/status.
func highWater(status string) int64 {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	line, _, _ := strings.Cut(rest, "\n")
	kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "kB")), 10, 64)
	return kib << 10
}
