// Command apikeys-simulator serves simulators of the services on loopback, to try the
// provider without an account:
//
//	apikeys-simulator -env simulator.env &
//	. ./simulator.env
//	terraform apply
//
// The environment file appears once the services answer. The control interface below
// /_control/ (see [simulator.Server.ServeControl]) lists all keys and adds faults.
// With -provider, `terraform init` installs that build of the provider.
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

// options are what the flags say.
type options struct {
	listen, env, program string
	lifetime             time.Duration
	limits               []simulator.Limit
	generations          map[string]string // by service
}

// parse reads the flags.
func parse(args []string, stderr io.Writer) (options, error) {
	o := options{generations: map[string]string{}}
	flags := flag.NewFlagSet("apikeys-simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "loopback `address` to serve on; port 0 is a free one")
	flags.DurationVar(&o.lifetime, "lifetime", time.Hour, "stop after this long")
	flags.StringVar(&o.env, "env", "", "`file` to write with the environment variables for the provider")
	flags.StringVar(&o.program, "provider", "", "`file` of a built provider for terraform init to install; needs -env, and writes into the folder of that file")
	flags.Func("limit", "how many requests each service accepts, as [operation=]`requests/window`,\nsuch as 100/1m or create=10/1s; may be given several times", func(text string) error {
		l, err := simulator.ParseLimit(text)
		o.limits = append(o.limits, l)
		return err
	})
	flags.Func("generation", "`service=name` of another generation of a service to simulate, such as pioneer=dashboard; may be given several times", func(text string) error {
		service, name, _ := strings.Cut(text, "=")
		for _, s := range simulators.Services() {
			if s.Key.Name == service && s.Generations[name] != nil {
				o.generations[service] = name
				return nil
			}
		}
		return fmt.Errorf("no service has the generation %q", text)
	})
	switch err := flags.Parse(args); {
	case err != nil:
		return o, err
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.program != "" && o.env == "":
		return o, errors.New("-provider needs -env")
	}
	return o, nil
}

// run serves until ctx ends or the lifetime is over.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	server := simulator.NewServer(nil)
	for _, s := range simulators.Services() {
		handler := s.Simulator
		if name := o.generations[s.Key.Name]; name != "" {
			handler = s.Generations[name]
		}
		if err := server.Mount(s.Key.Name, handler).Limit(o.limits...); err != nil {
			return err
		}
	}
	server.ServeControl()
	if err := server.Listen(o.listen); err != nil {
		return err
	}
	defer server.Close()
	if err := o.writeEnvironment(server); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "The simulators serve on %s for %s. Ctrl-C stops them.\n", server.Address(), o.lifetime)
	if o.program != "" {
		_, _ = fmt.Fprintf(stdout, usage, o.env)
	}
	timer := time.NewTimer(o.lifetime)
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

// usage says how to use the simulators with the environment file.
const usage = `
In another terminal, set Terraform up for them:

  . '%s'

Then use "terraform init" and "terraform apply" as usual. To change to a newer build
of the provider, use "terraform init -upgrade".
`

// writeEnvironment writes the files that -env and -provider ask for.
func (o options) writeEnvironment(server *simulator.Server) error {
	if o.env == "" {
		return nil
	}
	variables := environment(server)
	if o.program != "" {
		config, err := install(o.program, filepath.Dir(o.env))
		if err != nil {
			return err
		}
		variables += fmt.Sprintf("export TF_CLI_CONFIG_FILE='%s'\n", config)
	}
	return writeFile(o.env, variables)
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
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
