// Smoke checks at a real service what its adapter takes for granted: it takes one key
// through its whole life, and prints a table of what holds and what differs, fit to be
// pasted into an issue. It is for people who have an account there.
//
//	go run ./internal/testing/smoke -service pioneer
//
// The credential and the address come from the environment variables of the provider.
// The key has a name that says what it is. Whatever happens, it is revoked before
// the program ends, and a listing proves it.
//
// The exit status is 0 if everything that was seen holds, 1 if something differs, and
// 2 if the life could not be gone through, or the key not be cleaned up.
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

// assumptions are those of each service, by its name.
var assumptions = map[string][]assumption{"expunct": expunct, "onepin": onepin, "pioneer": pioneer}

func main() {
	name := flag.String("service", "", "`name` of the service: pioneer, onepin or expunct")
	flag.Parse()
	os.Exit(start(*name))
}

func start(name string) int {
	s, ok := find(name)
	if !ok {
		fmt.Fprintf(os.Stderr, "smoke: no service %q: name one of the provider's, as in make smoke SERVICE=pioneer\n", name)
		return exitFailed
	}
	p := program{service: s, env: os.Getenv, in: os.Stdin, isTerminal: isTerminal(os.Stdin), out: os.Stdout, log: os.Stderr, now: time.Now}
	if err := p.ask(); err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		return exitFailed
	}
	// From here on a signal ends the life, but not the cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, func() { fmt.Fprintln(os.Stderr, "smoke: the key is being revoked; this cannot be interrupted") })
	return p.run(ctx)
}

func find(name string) (services.Service, bool) {
	all := provider.Services()
	i := slices.IndexFunc(all, func(s services.Service) bool { return s.Key.Name == name })
	if i < 0 || assumptions[name] == nil {
		return services.Service{}, false
	}
	return all[i], true
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// program is one call of the program.
type program struct {
	service    services.Service
	env        func(string) string
	in         io.Reader
	isTerminal bool
	out, log   io.Writer
	now        func() time.Time
	// options and http replace waits in tests.
	options keyring.Options
	http    httpclient.Config
}

// config are the settings as the provider resolves them, from variables alone.
func (p program) config() services.Config {
	cfg := services.Config{Settings: map[string]string{}, Source: map[string]string{}, Lists: map[string][]string{}, HTTP: p.http}
	for _, s := range p.service.Settings {
		if !s.List {
			cfg.Settings[s.Name], cfg.Source[s.Name] = s.Resolve("", p.env)
		}
	}
	return cfg
}

// ask has the owner of the account agree.
func (p program) ask() error {
	_, _ = fmt.Fprintf(p.log, "This creates one key at %s (%s), named %s…, uses it and revokes it.\n",
		p.service.Key.Title, p.config().Settings[services.BaseURL], namePrefix)
	if p.env("SMOKE") == "yes" {
		return nil
	}
	if !p.isTerminal {
		return errors.New("nobody is there to be asked; set SMOKE=yes to agree")
	}
	_, _ = fmt.Fprint(p.log, "Go on? (yes) ")
	answer, _ := bufio.NewReader(p.in).ReadString('\n')
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing was sent, as the answer was not yes")
	}
	return nil
}

// run goes through the life, cleans up, and prints the table.
func (p program) run(ctx context.Context) int {
	p.http.UserAgent, p.http.RequestTimeout, p.http.MaxRetries = "terraform-provider-apikeys/smoke", requestTimeout, maxRetries
	p.options.CallTimeout, p.options.KeyPrefixes = requestTimeout, p.service.Key.KeyPrefixes
	r := &run{service: p.service, config: p.config(), options: p.options, name: newName(p.now()), log: p.log}
	r.seen.observer = newObserver(p.now)
	var cleaned error
	failed := func() error {
		defer func() { cleaned = r.clean(ctx) }() // also when a panic passes
		return r.live(ctx)
	}()
	if ctx.Err() != nil {
		failed, r.isInterrupted = errors.New("interrupted"), true
	}
	return p.report(r, failed, cleaned)
}

const (
	requestTimeout = 30 * time.Second
	maxRetries     = 4
)
