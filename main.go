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
	isQuiet := !*debug && quiet() // a debugged provider has a terminal of its own, and does not see Terraform's TF_LOG
	collectSeldom()
	delivery := &tfkey.Delivery{}
	if !*debug { // a debugged provider has nobody for a parent, and is not to die with it
		delivery.Disconnected = parent.Watch()
		// What is still written to a Terraform that is gone must not kill the
		// process before it has tidied up. Nor must a SIGTERM to a whole process
		// group, as systemd, timeout and CI runners send it: Terraform gets it too,
		// and stops its providers when it has their answers.
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
	delivery.Shutdown(lastWords)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// silenceStandardLog throws away what goes through Go's own log, which ends in
// Terraform's: net/http writes bytes there that a server sent unasked, and with
// GODEBUG=http2debug the headers of requests, credentials included.
func silenceStandardLog() { log.SetOutput(io.Discard) }

// lastWords bounds how long the process lives on to revoke keys that Terraform is
// not there to take any more. A Terraform that is still there kills it 2 seconds
// after the server has stopped: https://github.com/hashicorp/go-plugin/blob/v1.7.0/client.go#L554.
const lastWords = 2 * time.Minute

// parentPoll is how often the parent is looked at.
const parentPoll = 200 * time.Millisecond

// watchParent ends the process when Terraform is gone without having said so, as
// after a SIGKILL: a provider that goes on by itself has nobody to tell of the
// keys it makes. Windows does not show that a parent is gone; there the process
// ends when the server does.
func watchParent(delivery *tfkey.Delivery) {
	for range time.Tick(parentPoll) {
		if delivery.Disconnected() {
			break
		}
	}
	delivery.Shutdown(lastWords)
	os.Exit(1)
}

// quiet switches logging off unless somebody asked for it, and reports whether it
// did. Otherwise the plugin SDK formats TRACE lines for every call and Terraform
// throws them away: with a thousand keys that is more than half of the work.
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

// Garbage is collected when the heap has grown to five times what is in use, but
// well before it is large: plans leave much garbage and keep little, and by Go's
// default the collector runs all the time, for a heap of a few megabytes.
const (
	heapGrowth = 400      // percent
	heapLimit  = 40 << 20 // bytes; a soft limit, what is in use is never refused
)

// collectSeldom tunes the collector, unless the variables of the Go runtime do.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
