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
	collectLessOften()
	options := provider.Options{Version: version, Delivery: &tfkey.Delivery{}}
	var serve []tf6server.ServeOpt
	if *debug { // such a provider is not Terraform's child, does not see its TF_LOG, and logs to its own terminal
		serve = append(serve, tf6server.WithManagedDebug())
	} else {
		options.Quiet = quiet()
		options.Delivery.Disconnected = parent.Watch()
		// Terraform gets a SIGTERM to the process group too, and stops its providers when it has
		// their answers. Writing to a Terraform that has exited must not end the process before
		// it has revoked its keys.
		signal.Ignore(syscall.SIGPIPE, syscall.SIGTERM)
		go watchParent(options.Delivery)
	}
	err := tf6server.Serve(address, func() tfprotov6.ProviderServer { return provider.NewServer(options) }, serve...)
	options.Delivery.Shutdown(shutdownTimeout)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// silenceStandardLog discards Go's standard log, which ends in Terraform's: net/http writes
// bytes there that a server sent unasked, and with GODEBUG=http2debug the headers of
// requests, credentials included.
func silenceStandardLog() { log.SetOutput(io.Discard) }

const (
	// shutdownTimeout bounds how long the process may revoke keys after Terraform has exited. A
	// Terraform that is still running kills it 2 seconds after the server has stopped:
	// https://github.com/hashicorp/go-plugin/blob/v1.7.0/client.go#L554.
	shutdownTimeout = 2 * time.Minute
	// parentPoll is how often the parent process is checked.
	parentPoll = 200 * time.Millisecond
)

// watchParent ends the process when Terraform has exited without stopping it, as after a
// SIGKILL: keys created from then on would reach no state.
func watchParent(delivery *tfkey.Delivery) {
	for !delivery.Disconnected() {
		<-time.After(parentPoll)
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

// collectLessOften lets the heap grow by 400 percent before garbage is collected, unless GOGC
// is set. Plans leave much garbage and keep little.
func collectLessOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
