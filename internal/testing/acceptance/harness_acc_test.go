package acceptance_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// TestMain keeps everything of the machine away from acceptance tests: its
// Terraform set-up, its accounts, its home.
func TestMain(m *testing.M) {
	if os.Getenv(resource.EnvTfAcc) == "" {
		os.Exit(m.Run())
	}
	code, err := isolated(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// isolated runs the tests in surroundings of their own.
func isolated(run func() int) (int, error) {
	home, err := os.MkdirTemp("", "apikeys-acc")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	set := map[string]string{
		"HOME": home, "USERPROFILE": home, "APPDATA": home, // no ~/.onepin/credentials
		"TF_CLI_CONFIG_FILE": filepath.Join(home, "terraform.rc"),
	}
	// Go's caches are in the home that is about to disappear.
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		if out, err := exec.Command("go", "env", name).Output(); err == nil {
			set[name] = strings.TrimSpace(string(out))
		}
	}
	// Without a path, the test framework would download a Terraform.
	if os.Getenv("TF_ACC_TERRAFORM_PATH") == "" {
		if set["TF_ACC_TERRAFORM_PATH"], err = exec.LookPath("terraform"); err != nil {
			return 0, fmt.Errorf("acceptance tests need Terraform: %w", err)
		}
	}
	foreign := []string{"TF_CLI_ARGS", "TF_LOG", "TF_VAR_", "TF_DATA_DIR", "TF_WORKSPACE", "TF_REATTACH_PROVIDERS"}
	for _, s := range simulators.Services() {
		foreign = append(foreign, strings.ToUpper(s.Key.Name)+"_")
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if slices.ContainsFunc(foreign, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			if err := os.Unsetenv(name); err != nil {
				return 0, err
			}
		}
	}
	if err := setenv(set); err != nil {
		return 0, err
	}
	if err := os.WriteFile(set["TF_CLI_CONFIG_FILE"], nil, 0o600); err != nil {
		return 0, err
	}
	e, err := currentEdition()
	if err == nil {
		err = setenv(e.SourceEnv())
	}
	if err != nil {
		return 0, err
	}
	return run(), nil
}

func setenv(variables map[string]string) error {
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// harness is what one test works on: a simulator of its own, a provider that
// lives in this process, and everything that the provider has said.
type harness struct {
	*simulator.Server
	t     *testing.T
	clock *clock
	ring  keyring.Options

	mu      sync.Mutex
	env     map[string]string
	said    []*tfprotov6.Diagnostic
	foreign []string // ids of keys that are nobody's business but their owner's
}

// newHarness returns a bench with all services, each with keys of somebody else,
// and the credentials in the environment. At the test's end nothing may live but
// those keys, and no key's value may have been said.
func newHarness(t *testing.T) *harness {
	t.Helper()
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests are skipped unless %s is set", resource.EnvTfAcc)
	}
	b := &harness{t: t, clock: &clock{}, env: map[string]string{}}
	b.ring = keyring.Options{Now: b.clock.Now, Sleep: b.clock.Sleep}
	var mounts []simulator.Mount
	for _, s := range simulators.Services() {
		mounts = append(mounts, simulator.Mount{Name: s.Key.Name, Handler: s.Simulator})
	}
	b.Server = simulator.RunAt(t, b.clock.Now, mounts...)
	for _, s := range b.subjects() {
		b.moveTo(s, b.URL(s.name()))
		b.signIn(s, s.store.Admin())
		b.spare(s.store.Seed(2, func(i int) string { return fmt.Sprintf("somebody else's %d", i) })...)
	}
	t.Cleanup(b.checkEnd)
	return b
}

// signIn puts the credential of a service into the environment.
func (b *harness) signIn(s subject, credential string) {
	for _, setting := range s.Settings {
		if setting.Sensitive && !setting.List {
			b.setenv(setting.Env[0], credential)
			return
		}
	}
}

// moveTo puts the address of a service into the environment.
func (b *harness) moveTo(s subject, url string) {
	for _, setting := range s.Settings {
		if setting.Name == services.BaseURL {
			b.setenv(setting.Env[0], url)
		}
	}
}

func (b *harness) setenv(name, value string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.env[name] = value
}

func (b *harness) getenv(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.env[name]
}

// environment is a copy of what the provider sees.
func (b *harness) environment() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.env)
}

// variables are the same as "name=value".
func (b *harness) variables() []string {
	var all []string
	for name, value := range b.environment() {
		all = append(all, name+"="+value)
	}
	return all
}

// spare marks keys that must live when the test ends.
func (b *harness) spare(records ...simulator.Record) {
	for _, r := range records {
		b.foreign = append(b.foreign, r.ID)
	}
}

// subjects are all services, as tests see them.
func (b *harness) subjects() []subject {
	var all []subject
	for _, s := range simulators.Services() {
		all = append(all, subject{Service: s, bench: b, store: b.Store(s.Key.Name)})
	}
	return all
}

// subject returns one service.
func (b *harness) subject(name string) subject {
	for _, s := range b.subjects() {
		if s.name() == name {
			return s
		}
	}
	b.t.Fatalf("no service %q", name)
	return subject{}
}

// run runs steps of real Terraform, and what they have left is destroyed at the
// end.
func (b *harness) run(steps ...resource.TestStep) {
	b.t.Helper()
	b.runCase(resource.TestCase{Steps: steps})
}

// runCase is run for cases that need more than steps.
func (b *harness) runCase(c resource.TestCase) {
	b.t.Helper()
	c.ProtoV6ProviderFactories = map[string]func() (tfprotov6.ProviderServer, error){"apikeys": b.serve}
	c.CheckDestroy = b.checkLedger
	resource.Test(b.t, c)
}

// serve starts the provider. It is asked once for each Terraform command, so that
// no command profits from what an earlier one has learnt.
func (b *harness) serve() (tfprotov6.ProviderServer, error) {
	options := provider.Options{Version: "acc", Ring: b.ring, Env: b.getenv}
	return listen(provider.NewServer(options), b.hear)
}

// clock is the real one, and can be put forward. Whoever sleeps by it puts it
// forward, so that tests wait for nothing.
type clock struct {
	mu      sync.Mutex
	forward time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.forward)
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forward += d
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	return ctx.Err()
}
