// Smoke checks at a real service, with your own account, what its adapter assumes: it
// uses one key and prints a table of what holds and what differs, which can be pasted
// into an issue.
//
//	go run ./internal/testing/smoke -service pioneer
//
// The credential and the address come from the environment variables of the provider.
// The key is revoked before the program ends, whatever happens, and a listing has to
// prove it.
//
// The exit status is 0 if everything that was seen holds, 1 if something differs, and 2
// if a step failed or the key could not be revoked.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
)

// The exit statuses.
const (
	exitHolds = iota
	exitDiffers
	exitFailed
)

const (
	requestTimeout = 30 * time.Second
	maxRetries     = 4
)

func main() {
	name := flag.String("service", "", "`name` of the service: pioneer, onepin, expunct, or one of the catalog")
	flag.Parse()
	os.Exit(start(*name))
}

func start(name string) int {
	service, assumed, err := find(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		return exitFailed
	}
	info, err := os.Stdin.Stat()
	isTerminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	p := program{service: service, assumptions: assumed, env: os.Getenv, in: os.Stdin, isTerminal: isTerminal, out: os.Stdout, log: os.Stderr, now: time.Now}
	if err := p.ask(); err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		return exitFailed
	}
	// A signal ends the steps, but not the cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	defer context.AfterFunc(ctx, func() { fmt.Fprintln(os.Stderr, "smoke: the key is being revoked; this cannot be interrupted") })()
	return p.run(ctx)
}

// find finds a service of the provider, or of its catalog.
func find(name string) (services.Service, []assumption, error) {
	all := provider.Services()
	if i := slices.IndexFunc(all, func(s services.Service) bool { return s.Key.Name == name }); i >= 0 {
		return all[i], assumptions[name], nil
	}
	return fromCatalog(name, os.Getenv)
}

// program is one call of the program.
type program struct {
	service     services.Service
	assumptions []assumption
	env         func(string) string
	in          io.Reader
	isTerminal  bool
	out, log    io.Writer
	now         func() time.Time
	// options and http replace waits in tests.
	options keyring.Options
	http    httpclient.Config
}

// config is the provider's configuration by environment variables.
func (p program) config() services.Config {
	cfg := services.Config{Settings: map[string]string{}, Source: map[string]string{}, Lists: map[string][]string{}, HTTP: p.http}
	for _, s := range p.service.Settings {
		if !s.List {
			cfg.Settings[s.Name], cfg.Source[s.Name] = s.Resolve("", p.env)
		}
	}
	return cfg
}

// ask asks the owner of the account.
func (p program) ask() error {
	_, _ = fmt.Fprintf(p.log, "This creates one key at %s (%s), named %s…, uses it and revokes it.\n",
		p.service.Key.Title, p.config().Settings[services.BaseURL], namePrefix)
	if p.env("SMOKE") == "yes" {
		return nil
	}
	if !p.isTerminal {
		return errors.New("no terminal to ask at; set SMOKE=yes to agree")
	}
	_, _ = fmt.Fprint(p.log, "Go on? (yes) ")
	answer, _ := bufio.NewReader(p.in).ReadString('\n')
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing was sent, as the answer was not yes")
	}
	return nil
}

// run takes a key through all steps, cleans up, and prints the table.
func (p program) run(ctx context.Context) int {
	p.http.UserAgent, p.http.RequestTimeout, p.http.MaxRetries = "terraform-provider-apikeys/smoke", requestTimeout, maxRetries
	p.options.CallTimeout, p.options.KeyPrefixes = requestTimeout, p.service.Key.KeyPrefixes
	r := &run{
		service: p.service, arguments: p.env(envArguments), config: p.config(), options: p.options, name: newName(p.now()), log: p.log,
		seen: newObserved(p.now), live: map[string]bool{},
	}
	var cleaned error
	failed := func() error {
		defer func() { cleaned = r.clean(ctx) }() // also after a panic
		return r.useOneKey(ctx)
	}()
	if ctx.Err() != nil {
		failed, r.isInterrupted = errors.New("interrupted"), true
	}
	return p.report(r, failed, cleaned)
}

// report prints the table, without anything of keys, and what the owner of the account
// has to know.
func (p program) report(r *run, failed, cleaned error) int {
	counts := map[result]int{}
	var table strings.Builder
	_, _ = fmt.Fprintf(&table, "\n### %s, %s\n\n| | assumption | seen |\n|---|---|---|\n", p.service.Key.Title, p.now().UTC().Format("2006-01-02"))
	for _, a := range p.assumptions {
		v := a.test(r.seen)
		counts[v.result]++
		_, _ = fmt.Fprintf(&table, "| %s | %s | %s |\n", v.result, a.text, strings.ReplaceAll(v.seen, "|", "/"))
	}
	_, _ = fmt.Fprintf(&table, "\n%d hold, %d differ, %d not seen\n", counts[holds], counts[differs], counts[notSeen])
	_, _ = fmt.Fprint(p.out, table.String())

	if failed != nil {
		_, _ = fmt.Fprintf(p.log, "\nThe run ended early: %v\n", failed)
	}
	if cleaned != nil {
		_, _ = fmt.Fprintf(p.log, "\n%v\n", cleaned)
		return exitFailed
	}
	_, _ = fmt.Fprintln(p.log, "\nNo key of this run is live.")
	switch {
	case r.isInterrupted:
		return exitFailed
	case counts[differs] > 0: // which may be why the run ended early
		return exitDiffers
	case failed != nil || !r.isComplete:
		return exitFailed
	}
	return exitHolds
}
