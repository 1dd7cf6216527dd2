package main

import (
	"sync/atomic"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// newerPioneer is the name of the simulator of Pioneer as it is documented since
// 2026-07-15.
const newerPioneer = "pioneer-dashboard"

// simulated is the simulators of all services of the provider.
type simulated struct {
	server   *simulator.Server
	services []mounted
	ahead    *atomic.Int64 // nanoseconds by which the services' clock is ahead of the real one
}

// mounted is one service and its store.
type mounted struct {
	simulators.Service
	store *simulator.Store
}

// open starts the simulators.
func open() (*simulated, error) {
	ahead := &atomic.Int64{}
	s := &simulated{ahead: ahead, server: simulator.NewServer(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })}
	for _, service := range simulators.Services() {
		s.services = append(s.services, mounted{
			Service: service,
			store:   s.server.Mount(service.Key.Name, service.Simulator),
		})
	}
	s.server.Mount(newerPioneer, s.booth("pioneer").Generations["dashboard"])
	return s, s.server.Start()
}

// environment is what the provider reads: for each service an address and the
// administrator's credential, by the variables that the service declares.
func (s *simulated) environment() []string {
	var env []string
	for _, b := range s.services {
		for variable, value := range b.Environment(s.server.URL(b.Key.Name), b.store.Admin(), b.store.CreateSession()) {
			env = append(env, variable+"="+value)
		}
	}
	return env
}

// live is how many keys live at all services together.
func (s *simulated) live() int {
	n := 0
	for _, b := range s.services {
		n += len(b.store.Live())
	}
	return n
}

// booth returns a service by its name.
func (s *simulated) booth(service string) mounted {
	for _, b := range s.services {
		if b.Key.Name == service {
			return b
		}
	}
	panic("the provider has no service " + service)
}

// records are all keys of all ledgers.
func (s *simulated) records() []simulator.Record {
	var all []simulator.Record
	for _, b := range s.services {
		all = append(all, b.store.Ledger()...)
	}
	return all
}
