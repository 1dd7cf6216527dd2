package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/terraform"
)

// The targets.
const (
	maxListings = 2         // bytes of a plan, in complete listings
	maxMemory   = 120 << 20 // bytes of the provider
	maxFew      = 2         // requests for one key among many, where the service can be asked for it
)

// timeSource is the provider of the reference.
const timeSource = "github.com/hashicorp/terraform-provider-time@v0.14.2"

// TestAccTargets: the targets for requests, bytes and memory hold at every size, so a
// small one is enough.
func TestAccTargets(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests are skipped unless TF_ACC is set")
	}
	const keys = 100
	bin := programs(t, false)
	atMost := func(what string, found, limit int) {
		t.Helper()
		t.Logf("%s: %d of at most %d", what, found, limit)
		if found > limit {
			t.Errorf("%s: %d, want at most %d", what, found, limit)
		}
	}
	for _, s := range services {
		t.Run(s.title, func(t *testing.T) {
			w := newWorkspace(t, bin, s, keys)
			atMost("requests of a create", w.measure("apply", "-auto-approve").requests, s.creates(keys))
			plan := w.measure("plan", "-detailed-exitcode")
			atMost("requests of a plan", plan.requests, s.pages(keys))
			atMost("bytes of a plan", plan.bytes, maxListings*w.listing())
			atMost("memory of a plan", plan.memory, maxMemory)
			atMost("requests of a destroy", w.measure("destroy", "-auto-approve").requests, keys+s.pages(keys)+1)
			if few := amongOthers(t, bin, s, 10*keys); s.lookup {
				atMost("requests of a plan of one key among 1,000", few.requests, maxFew)
			}
			atMost("memory of a plan of one key among 10,000", amongOthers(t, bin, s, 100*keys).memory, maxMemory)
		})
	}
}

// amongOthers plans one key. Half of the other keys are older, half are newer, so it is on
// neither end of the listing.
func amongOthers(t *testing.T, bin string, s subject, others int) usage {
	t.Helper()
	w := newWorkspace(t, bin, s, 1)
	name := func(i int) string { return "other-" + strconv.Itoa(i) }
	w.store.Seed(others/2, name)
	w.measure("apply", "-auto-approve")
	w.store.Seed(others-others/2, name)
	return w.measure("plan", "-detailed-exitcode")
}

// BenchmarkPlan plans a thousand keys that do not change.
func BenchmarkPlan(b *testing.B) {
	const keys = 1000
	bin := programs(b, true)
	for _, s := range services {
		b.Run(s.title, func(b *testing.B) {
			ours, theirs := newWorkspace(b, bin, s, keys), newWorkspace(b, bin, standard, keys)
			ours.measure("apply", "-auto-approve")
			theirs.measure("apply", "-auto-approve")
			compare(b, func() (usage, usage) {
				return ours.measure("plan", "-detailed-exitcode"), theirs.measure("plan", "-detailed-exitcode")
			})
		})
	}
}

// BenchmarkCreate creates a hundred keys.
func BenchmarkCreate(b *testing.B) {
	const keys = 100
	bin := programs(b, true)
	for _, s := range services {
		b.Run(s.title, func(b *testing.B) {
			compare(b, func() (usage, usage) {
				return newWorkspace(b, bin, s, keys).measure("apply", "-auto-approve"), newWorkspace(b, bin, standard, keys).measure("apply", "-auto-approve")
			})
		})
	}
}

// compare reports what a command costs, and the ratio to the reference's time.
func compare(b *testing.B, run func() (ours, theirs usage)) {
	b.Helper()
	var ours, theirs usage
	for b.Loop() {
		one, other := run()
		ours.time, ours.cpu, ours.requests, ours.bytes = ours.time+one.time, ours.cpu+one.cpu, ours.requests+one.requests, ours.bytes+one.bytes
		ours.memory = max(ours.memory, one.memory)
		theirs.time, theirs.cpu = theirs.time+other.time, theirs.cpu+other.cpu
	}
	n := float64(b.N)
	b.ReportMetric(float64(ours.time)/n, "ns/op")
	b.ReportMetric(float64(ours.cpu)/n, "cpu-ns/op")
	b.ReportMetric(float64(ours.requests)/n, "requests/op")
	b.ReportMetric(float64(ours.bytes)/n, "bytes/op")
	b.ReportMetric(float64(ours.memory), "peak-B")
	b.ReportMetric(float64(ours.time)/float64(theirs.time), "time/time_static")
	b.ReportMetric(float64(ours.cpu)/float64(theirs.cpu), "cpu/time_static")
}

// usage is what one command cost.
type usage struct {
	time, cpu       time.Duration // cpu is that of Terraform and its plugins
	memory          int           // the provider's peak in bytes; 0 where the system does not say
	requests, bytes int           // bytes of the service's answers
}

// programs builds the providers into a folder, as a release is built: see .goreleaser.yml.
func programs(tb testing.TB, reference bool) (bin string) {
	tb.Helper()
	bin = tb.TempDir()
	err := terraform.Build(tb.Context(), terraform.Module, filepath.Join(bin, "terraform-provider-apikeys"+terraform.Suffix()),
		"-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w -X main.version=bench")
	if err != nil {
		tb.Fatal(err)
	}
	if reference {
		cmd := exec.CommandContext(tb.Context(), "go", "install", "-trimpath", "-ldflags", "-s -w", timeSource)
		cmd.Dir, cmd.Env = bin, append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Fatalf("install %s: %v\n%s", timeSource, err, out)
		}
	}
	return bin
}

// workspace is a folder with a configuration, and a simulator.
type workspace struct {
	subject
	tb     testing.TB
	bin    string
	cli    *terraform.CLI
	server *simulator.Server
	store  *simulator.Store // nil for the reference
}

func newWorkspace(tb testing.TB, bin string, s subject, keys int) *workspace {
	tb.Helper()
	w := &workspace{subject: s, tb: tb, bin: bin}
	var env []string
	if s.service != "" {
		service := simulators.Named(s.service)
		if s.declared {
			service = declared.Services()[s.service]
		}
		w.server = simulator.Run(tb, simulator.Mount{Name: s.service, Handler: service.Simulator})
		w.store = w.server.Store(s.service)
		for name, value := range service.Environment(w.server.URL(s.service), w.store.Admin(), w.store.CreateSession()) {
			env = append(env, name+"="+value)
		}
	}
	dir := tb.TempDir()
	overrides := fmt.Sprintf("  dev_overrides {\n    \"terraform-apikeys/apikeys\" = %[1]q\n    \"hashicorp/time\" = %[1]q\n  }\n", filepath.ToSlash(bin))
	cli, err := terraform.New(dir, overrides, env...)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "main.tf"), []byte(s.configuration(keys)), 0o600)
	}
	if err == nil && s.declared {
		err = w.declare(filepath.Join(dir, "provider.tf.json"))
	}
	if err != nil {
		tb.Fatal(err)
	}
	w.cli = cli
	return w
}

// declare writes the provider's configuration of a declared service.
func (w *workspace) declare(file string) error {
	var block map[string]any
	if err := json.Unmarshal([]byte(declared.Services()[w.service].Declared), &block); err != nil {
		return err
	}
	block["base_url"] = w.server.URL(w.service)
	text, err := json.Marshal(map[string]any{"provider": map[string]any{"apikeys": map[string]any{"service": block}}})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// measure runs one command, which must succeed, and returns what it cost.
func (w *workspace) measure(args ...string) usage {
	w.tb.Helper()
	if w.store != nil {
		w.store.Reset()
	}
	began := time.Now()
	p, err := w.cli.Start(w.tb.Context(), args...)
	if err != nil {
		w.tb.Fatal(err)
	}
	peak := w.watchMemory()
	r, err := p.Wait()
	u := usage{time: time.Since(began), memory: peak()}
	if err != nil || r.Status != 0 {
		w.tb.Fatalf("terraform %s: status %d, %v\n%s", args[0], r.Status, err, r.Output)
	}
	// The system adds what a process used and what those used that it waited for;
	// Terraform waits for its plugins.
	u.cpu = p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	if w.store != nil {
		u.requests, u.bytes = w.store.Total(), int(w.store.Bytes())
		if n := w.store.Requests()["unknown"]; n > 0 {
			w.tb.Errorf("%d requests that %s does not have", n, w.title)
		}
	}
	return u
}

// watchMemory polls how much memory the plugins have used, until it is asked for the most.
func (w *workspace) watchMemory() (peak func() int) {
	stop, most := make(chan struct{}), make(chan int)
	go func() {
		n := int64(0)
		for {
			for _, pid := range terraform.Running(w.bin) {
				n = max(n, terraform.PeakMemory(pid))
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-stop:
				most <- int(n)
				return
			}
		}
	}()
	return func() int {
		close(stop)
		return <-most
	}
}

// listing is how many bytes one complete listing has. Each page counts once.
func (w *workspace) listing() int {
	w.tb.Helper()
	size := 0
	for offset := 0; offset == 0 || w.page > 0 && offset < len(w.store.Live()); offset += max(w.page, 1) {
		url := fmt.Sprintf("%s%s?limit=%d&offset=%d", w.server.URL(w.service), w.list, max(w.page, 1), offset)
		request, err := http.NewRequestWithContext(w.tb.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			w.tb.Fatal(err)
		}
		request.Header.Set("X-Api-Key", w.store.Admin())
		request.Header.Set("X-Admin-Key", w.store.Admin()) // the declared service
		request.Header.Set("Authorization", "Bearer "+w.store.Admin())
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			w.tb.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		_ = response.Body.Close() // it was read
		if err != nil || response.StatusCode != http.StatusOK {
			w.tb.Fatalf("listing %s: %s, %v", w.service, response.Status, err)
		}
		size += int(n)
	}
	return size
}
