package bench

import (
	"fmt"
	"path"
	"strings"
)

// subject is a resource type that is measured.
type subject struct {
	title    string // in tables
	resource string // its type
	source   string // of its provider
	body     string // arguments of an instance; index in it is the instance's number

	// The rest is empty for the reference.
	service string // in the simulator
	list    string // path of its listing
	page    int    // rows a page; 0: all keys are on one
	lookup  bool   // the service can be asked for one key
	// declared: the provider's configuration declares the service.
	declared bool
	// create is how many requests each key may cost, besides a listing.
	create float64
}

// standard is the reference.
var standard = subject{title: "time_static", resource: "time_static", source: "hashicorp/time"}

// services are the subjects that this is about.
var services = []subject{
	service("Pioneer", "pioneer", "/list-api-keys", 0, 1.3, false), // the answers to its creates have no id
	service("Expunct", "expunct", "/api-keys", 100, 1, false),
	service("OnePin", "onepin", "/api/v1/api-keys", 100, 1, true),
	declaredService("Declared", "wrapped", "/projects/p%2F1/keys", 100),
}

// declaredService is a service that is declared, and can be asked for one key.
func declaredService(title, name, list string, page int) subject {
	s := service(title, name, list, page, 1, true)
	s.resource, s.body = "apikeys_key", "service = \""+name+"\"\n  "+s.body
	s.declared = true
	return s
}

func service(title, name, list string, page int, create float64, lookup bool) subject {
	return subject{
		title: title, resource: "apikeys_" + name + "_key", source: "terraform-apikeys/apikeys", body: `name = "bench-${` + index + `}"`,
		service: name, list: list, page: page, create: create, lookup: lookup,
	}
}

// pages is how many requests a listing of n keys takes. One more page may be needed
// where a service gives no total.
func (s subject) pages(n int) int {
	if s.page == 0 {
		return 1
	}
	return (n+s.page-1)/s.page + 1
}

// creates is how many requests the creation of n keys may take: each its share, and
// for services that page a listing before and one more.
func (s subject) creates(n int) int {
	if s.create > 1 {
		return int(s.create * float64(n))
	}
	return n + s.pages(n) + 1
}

// configuration is a configuration with n instances.
func (s subject) configuration(n int) string {
	var b strings.Builder
	local := path.Base(s.source)
	_, _ = fmt.Fprintf(&b, "terraform {\n  required_providers {\n    %s = {\n      source = %q\n    }\n  }\n}\n", local, s.source)
	for at := 0; at < n; at += blockSize {
		_, _ = fmt.Fprintf(&b, "\nresource %q %q {\n  count = %d\n  %s\n}\n", s.resource, fmt.Sprintf("bench_%d", at/blockSize), min(blockSize, n-at),
			strings.ReplaceAll(s.body, index, fmt.Sprintf("(count.index + %d)", at)))
	}
	return b.String()
}

// blockSize is how many instances a resource block has. Terraform takes ever
// longer for each instance of a block that has thousands: for a plan of 3,000
// terraform_data in one block four times as long as in thirty.
const blockSize = 100

// index is replaced by the number of an instance in the body of a subject.
const index = "INDEX"
