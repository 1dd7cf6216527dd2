// Terraform-provider-apikeys owns the life of API keys at SaaS services.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/parent"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/tfkey"
)

// Set by the linker for releases.
var (
	version = "dev"
	commit  = "none"
)

// address is where Terraform knows the provider from.
const address = "registry.terraform.io/terraform-apikeys/apikeys"

func main() {
	silenceStandardLog()
	debug := flag.Bool("debug", false, "wait for a debugger, and for Terraform to attach to this process")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		_, _ = fmt.Fprintf(os.Stdout, "terraform-provider-apikeys %s (%s)\n", version, commit)
		return
	}
	isQuiet := !*debug && quiet() // a debugged provider logs to its own terminal and does not see Terraform's TF_LOG
	collectLessOften()
	delivery := &tfkey.Delivery{}
	if !*debug { // a debugged provider is not Terraform's child
		delivery.Disconnected = parent.Watch()
		// Writing to a Terraform that has exited must not kill the process before it has
		// revoked its keys. Nor must a SIGTERM to the whole process group, as systemd,
		// timeout and CI runners send it: Terraform gets it too, and stops its providers
		// when it has their answers.
		signal.Ignore(syscall.SIGPIPE, syscall.SIGTERM)
		go watchParent(delivery)
	}
	var options []tf6server.ServeOpt
	if *debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(address, func() tfprotov6.ProviderServer {
		return provider.NewServer(provider.Options{Version: version, Delivery: delivery, Quiet: isQuiet})
	}, options...)
	delivery.Shutdown(shutdownTimeout)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// silenceStandardLog discards Go's standard log, which ends in Terraform's: net/http writes
// bytes there that a server sent unasked, and with GODEBUG=http2debug the headers of
// requests, credentials included.
func silenceStandardLog() { log.SetOutput(io.Discard) }

// shutdownTimeout bounds how long the process may revoke keys after Terraform has exited. A
// Terraform that is still running kills it 2 seconds
// after the server has stopped: https://github.com/hashicorp/go-plugin/blob/v1.7.0/client.go#L554.
const shutdownTimeout = 2 * time.Minute

// parentPoll is how often the parent process is checked.
const parentPoll = 200 * time.Millisecond

// watchParent ends the process when Terraform has exited without stopping it, as after a
// SIGKILL: keys created from then on would reach no state. Windows does not show that a
// parent has exited; there the process ends when the server does.
func watchParent(delivery *tfkey.Delivery) {
	for range time.Tick(parentPoll) {
		if delivery.Disconnected() {
			break
		}
	}
	delivery.Shutdown(shutdownTimeout)
	os.Exit(1)
}

// quiet switches logging off unless the environment asks for it, and reports whether it did.
// Otherwise the plugin SDK formats TRACE lines for every call, which Terraform discards: with
// a thousand keys that is more than half of the work.
func quiet() bool {
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		name = strings.ToUpper(name) // Windows does not care
		if strings.HasPrefix(name, "TF_LOG") && name != "TF_LOG_PATH" && value != "" && !strings.EqualFold(value, "OFF") {
			return false
		}
	}
	for _, log := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER"} {
		_ = os.Setenv(log, "OFF")
	}
	return true
}

// heapGrowth is by how many percent the heap may grow before garbage is collected. Plans
// leave much garbage and keep little: by Go's default the collector runs all the time for a
// heap of a few megabytes.
const heapGrowth = 400

// collectLessOften tunes the garbage collector, unless GOGC does.
func collectLessOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}
