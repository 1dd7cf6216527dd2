package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/version"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// dist is a release that GoReleaser has made, in the folder that APIKEYS_DIST
// names. Without one, the tests of it are skipped: `make release-snapshot` makes
// one and runs them.
type dist struct {
	dir, version string
	date         time.Time // of the commit
}

const project = "terraform-provider-apikeys"

func openDist(t *testing.T) dist {
	t.Helper()
	dir := os.Getenv("APIKEYS_DIST")
	if dir == "" {
		t.Skip("no release to test: make release-snapshot")
	}
	var metadata struct{ Version, Commit string }
	if err := json.Unmarshal(read(t, filepath.Join(dir, "metadata.json")), &metadata); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "show", "-s", "--format=%cI", metadata.Commit).Output()
	if err != nil {
		t.Fatalf("when was commit %q made: %v", metadata.Commit, err)
	}
	date, err := time.Parse(time.RFC3339, strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return dist{dir, metadata.Version, date}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// targets are the systems that .goreleaser.yml builds for, as in "linux_amd64".
func targets(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, match := range regexp.MustCompile(`(?m)^ {6}- ([a-z]+_[a-z0-9]+)$`).FindAllSubmatch(read(t, filepath.Join(root, ".goreleaser.yml")), -1) {
		all = append(all, string(match[1]))
	}
	if len(all) < 13 {
		t.Fatalf("%d targets: %v", len(all), all)
	}
	return all
}

func (d dist) archive(target string) string {
	return fmt.Sprintf("%s_%s_%s.zip", project, d.version, target)
}

// TestDist_assets: what the registry asks for is there, nothing is missing in the
// checksums, and all of them are right.
// (https://developer.hashicorp.com/terraform/registry/providers/publishing)
func TestDist_assets(t *testing.T) {
	d := openDist(t)
	manifest := fmt.Sprintf("%s_%s_manifest.json", project, d.version)
	want := []string{manifest}
	for _, target := range targets(t) {
		want = append(want, d.archive(target), fmt.Sprintf("%s_%s_%s.cdx.json", project, d.version, target))
	}
	var listed []string
	for line := range strings.Lines(string(read(t, filepath.Join(d.dir, fmt.Sprintf("%s_%s_SHA256SUMS", project, d.version))))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed = append(listed, name)
		file := filepath.Join(d.dir, name)
		if name == manifest { // is uploaded from where it stands
			file = filepath.Join(root, "terraform-registry-manifest.json")
		}
		if got := sha256.Sum256(read(t, file)); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s has another checksum", name)
		}
	}
	slices.Sort(want)
	slices.Sort(listed)
	if !slices.Equal(listed, want) {
		t.Errorf("checksums of\n%s\nwant\n%s", strings.Join(listed, "\n"), strings.Join(want, "\n"))
	}
	var protocols struct {
		Version  int
		Metadata struct {
			Versions []string `json:"protocol_versions"`
		}
	}
	if err := json.Unmarshal(read(t, filepath.Join(root, "terraform-registry-manifest.json")), &protocols); err != nil {
		t.Fatal(err)
	}
	if protocols.Version != 1 || !slices.Equal(protocols.Metadata.Versions, []string{"6.0"}) {
		t.Errorf("the manifest says %+v", protocols)
	}
}

// TestDist_archives: each archive holds the provider by its name, built with a
// patched Go and without traces of the machine, and what goes along with it; and
// the times in it are the commit's.
func TestDist_archives(t *testing.T) {
	d := openDist(t)
	edit := exec.Command("go", "mod", "edit", "-json")
	edit.Dir = root
	out, err := edit.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct{ Toolchain string }
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets(t) {
		archive, err := zip.OpenReader(filepath.Join(d.dir, d.archive(target)))
		if err != nil {
			t.Error(err)
			continue
		}
		system, _, _ := strings.Cut(target, "_")
		binary := project + "_v" + d.version
		if system == "windows" {
			binary += ".exe"
		}
		var names []string
		for _, f := range archive.File {
			names = append(names, f.Name)
			if apart := f.Modified.Sub(d.date).Abs(); apart > 2*time.Second { // zip counts in two seconds
				t.Errorf("%s: %s is of %s, the commit of %s", target, f.Name, f.Modified, d.date)
			}
			if f.Name != binary {
				continue
			}
			if f.Mode().Perm() != 0o755 {
				t.Errorf("%s: the provider has the mode %s", target, f.Mode())
			}
			d.checkBinary(t, target, f, mod.Toolchain)
		}
		slices.Sort(names)
		if want := []string{"CHANGELOG.md", "LICENSE", "README.md", "THIRD_PARTY.md", binary}; !slices.Equal(names, want) {
			t.Errorf("%s holds %q, want %q", target, names, want)
		}
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (d dist) checkBinary(t *testing.T, target string, f *zip.File, toolchain string) {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		t.Errorf("%s: %v", target, err)
		return
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["GOOS"]+"_"+settings["GOARCH"] != target || settings["CGO_ENABLED"] != "0" || settings["-trimpath"] != "true" || settings["-tags"] != "grpcnotrace" {
		t.Errorf("%s: built with %v", target, settings)
	}
	if version.Compare(info.GoVersion, toolchain) < 0 {
		t.Errorf("%s: built with %s, which is older than the pinned %s", target, info.GoVersion, toolchain)
	}
	for _, trace := range []string{"vcs.revision", "vcs.time", "vcs.modified"} {
		if settings[trace] != "" {
			t.Errorf("%s: %s is noted down: an unpacked archive would build to other bytes", target, trace)
		}
	}
	if here, err := filepath.Abs(root); err != nil || bytes.Contains(content, []byte(here+string(filepath.Separator))) {
		t.Errorf("%s: the provider knows where it was built (%v)", target, err)
	}
	if !bytes.Contains(content, []byte(d.version)) {
		t.Errorf("%s: the provider does not know its version", target)
	}
	file := filepath.Join(t.TempDir(), f.Name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	checkBill(t, file, "v"+d.version, read(t, filepath.Join(d.dir, fmt.Sprintf("%s_%s_%s.cdx.json", project, d.version, target))))
}

// TestReleaseFlags: `make reproducible` builds as GoReleaser does.
func TestReleaseFlags(t *testing.T) {
	t.Parallel()
	script := string(read(t, filepath.Join(root, "tools", "release", "reproduce.sh")))
	config := string(read(t, filepath.Join(root, ".goreleaser.yml")))
	for _, flag := range []string{"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "-trimpath", "-buildvcs=false", "grpcnotrace", "-s -w -X main.version=", " -X main.commit="} {
		if !strings.Contains(script, flag) || !strings.Contains(config, flag) {
			t.Errorf("%s is not in both", flag)
		}
	}
}
