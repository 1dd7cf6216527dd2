// Command apikeys-simulator serves simulators of the services on loopback, to try the
// provider without an account:
//
//	apikeys-simulator -env simulator.env &
//	. ./simulator.env
//	terraform apply
//
// The environment file appears once the services answer. The control interface below
// /_control/ (see [simulator.Server.ServeControl]) lists all keys and adds faults.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

func main() {
	if err := run(interrupted(), os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprintln(os.Stderr, "apikeys-simulator:", err)
		os.Exit(1)
	}
}

// interrupted returns a context that ends with the first interrupt; a second
// one ends the program at once.
func interrupted() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// run serves until ctx ends or the lifetime is over.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("apikeys-simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:0", "loopback `address` to serve on; port 0 is a free one")
	lifetime := flags.Duration("lifetime", time.Hour, "stop after this long")
	env := flags.String("env", "", "`file` to write with the environment variables for the provider")
	var limits []simulator.Limit
	flags.Func("limit", "how many requests each service accepts, as [operation=]`requests/window`,\nsuch as 100/1m or create=10/1s; may be given several times", func(text string) error {
		l, err := simulator.ParseLimit(text)
		limits = append(limits, l)
		return err
	})
	generations := map[string]string{}
	flags.Func("generation", "`service=name` of another generation of a service to simulate, such as pioneer=dashboard; may be given several times", func(text string) error {
		service, name, _ := strings.Cut(text, "=")
		for _, s := range simulators.Services() {
			if s.Key.Name == service && s.Generations[name] != nil {
				generations[service] = name
				return nil
			}
		}
		return fmt.Errorf("no service has the generation %q", text)
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	server := simulator.NewServer(nil)
	for _, s := range simulators.Services() {
		handler := s.Simulator
		if name := generations[s.Key.Name]; name != "" {
			handler = s.Generations[name]
		}
		if err := server.Mount(s.Key.Name, handler).Limit(limits...); err != nil {
			return err
		}
	}
	server.ServeControl()
	if err := server.Listen(*listen); err != nil {
		return err
	}
	defer server.Close()
	if *env != "" {
		if err := writeFile(*env, environment(server)); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(stdout, "serving on %s for %s\n", server.Address(), *lifetime)
	timer := time.NewTimer(*lifetime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	for _, name := range server.Names() {
		_, _ = fmt.Fprintf(stdout, "%s: %d live keys left\n", name, len(server.Store(name).Live()))
	}
	return nil
}

// environment is a shell script that sets, for every service, the variable of
// its credential and that of its base URL.
func environment(server *simulator.Server) string {
	var b strings.Builder
	set := func(variable, value string) {
		_, _ = fmt.Fprintf(&b, "export %s='%s'\n", variable, value)
	}
	set("APIKEYS_SIMULATOR_URL", server.Address())
	for _, s := range simulators.Services() {
		env := s.Environment(server.URL(s.Key.Name), server.Store(s.Key.Name).Admin(), server.Store(s.Key.Name).CreateSession())
		for _, variable := range slices.Sorted(maps.Keys(env)) {
			set(variable, env[variable])
		}
	}
	return b.String()
}

// writeFile makes a file appear with all its text at once, for readers that
// wait for it, and readable by its owner alone.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".apikeys-simulator-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the environment file: %w", err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write the environment file: %w", err)
	}
	return nil
}
