package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	uses   = regexp.MustCompile(`(?m)^ +(?:- )?uses: +(.*)$`)
	pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	// job is the name of a job, at the only place where two spaces begin a line and
	// a colon ends it once `jobs:` has come.
	job = regexp.MustCompile(`(?m)^  [a-z]+:$`)
)

// TestWorkflows: actions are pinned to commits, workflows may read the source and
// nothing more unless a job says so, and no job runs on for hours. actionlint, in
// `make lint`, checks the rest.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("workflows %v, %v", files, err)
	}
	for _, file := range files {
		text := string(read(t, file))
		actions := uses.FindAllStringSubmatch(text, -1)
		for _, a := range actions {
			if !pinned.MatchString(a[1]) {
				t.Errorf("%s: %s is not pinned to a commit, with its version behind it", file, a[1])
			}
		}
		head, jobs, found := strings.Cut(text, "\njobs:\n")
		if !found || len(actions) == 0 || !strings.Contains(head, "\npermissions:\n  contents: read\n\n") || !strings.Contains(head, "\nconcurrency:\n") {
			t.Errorf("%s: %d actions; permissions and concurrency must stand above the jobs", file, len(actions))
		}
		if n, limits := len(job.FindAllString(jobs, -1)), strings.Count(jobs, "\n    timeout-minutes: "); n == 0 || n != limits {
			t.Errorf("%s: %d jobs, %d time limits", file, n, limits)
		}
		if strings.Contains(jobs, "uses: actions/checkout@") && strings.Count(jobs, "uses: actions/checkout@") != strings.Count(jobs, "persist-credentials: false") {
			t.Errorf("%s: a checkout leaves its credentials behind", file)
		}
		if strings.Contains(jobs, "write") != strings.HasSuffix(file, "release.yml") {
			t.Errorf("%s: only a release may write", file)
		}
	}
}
