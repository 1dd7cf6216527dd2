package conformance

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/provider"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/protocol"
)

// Harness is one service's simulator, a provider that is set up for it, and a
// Terraform that drives the provider.
type Harness struct {
	*protocol.Terraform
	Service simulators.Service
	Store   *simulator.Store
	Clock   *protocol.Clock
	// Options are the provider's. Changing them takes effect with the next command.
	Options provider.Options
	// Env is the provider's environment. Changing it takes effect with the next
	// command.
	Env map[string]string
	// SkipComparison runs the provider once. Otherwise each refresh and plan is run with its
	// fast path and without, and a difference fails the test.
	SkipComparison bool

	url string
}

// NewHarness returns a harness for a service, around a simulator of its own.
func NewHarness(t interface {
	protocol.TB
	simulator.TB
}, s simulators.Service) *Harness {
	t.Helper()
	clock := protocol.NewClock()
	server := simulator.RunAt(t, clock.Now, simulator.Mount{Name: s.Key.Name, Handler: s.Simulator})
	return NewHarnessAt(t, s, server, clock)
}

// NewHarnessAt returns a harness for a simulator that already runs, with its clock.
func NewHarnessAt(t protocol.TB, s simulators.Service, server *simulator.Server, clock *protocol.Clock) *Harness {
	h := &Harness{Service: s, Store: server.Store(s.Key.Name), Clock: clock, url: server.URL(s.Key.Name)}
	h.Env = h.Credentials(h.Store.Admin())
	h.Options = provider.Options{
		Version:  "test",
		Quiet:    true, // as users run it
		Services: coded(s),
		Ring:     keyring.Options{Now: clock.Now, Sleep: clock.Sleep},
		Env:      func(name string) string { return h.Env[name] },
	}
	h.Terraform = &protocol.Terraform{TB: t, Server: func() tfprotov6.ProviderServer {
		s := provider.NewServer(h.Options)
		if !h.SkipComparison {
			s = newCompared(t, s)
		}
		return s
	}}
	if s.Key.Declared {
		h.Arguments = map[string]any{s.Key.Scope: s.Declaration.Name}
	}
	h.Provider = h.Configured(nil)
	return h
}

// Configured is a provider's configuration with these settings of the service. Without
// any, the environment has all that the service needs.
func (h *Harness) Configured(settings map[string]any) map[string]any {
	switch {
	case !h.Service.Key.Declared && settings == nil:
		return nil
	case !h.Service.Key.Declared:
		return map[string]any{h.Service.Key.Name: settings}
	}
	var block map[string]any
	if err := json.Unmarshal([]byte(h.Service.Declared), &block); err != nil {
		panic(err)
	}
	block["base_url"] = h.url
	maps.Copy(block, settings)
	return map[string]any{"service": []any{block}}
}

// Import imports a key, of a declared service by the name of that too.
func (h *Harness) Import(address, kind, id string) protocol.Diagnostics {
	if h.Service.Key.Declared {
		id = h.ServiceName() + "/" + id
	}
	return h.Terraform.Import(address, kind, id)
}

// ServiceName is what users call the service.
func (h *Harness) ServiceName() string {
	if h.Service.Key.Declared {
		return h.Service.Declaration.Name
	}
	return h.Service.Key.Name
}

// OnlyCoded skips a scenario for declared services.
func (h *Harness) OnlyCoded(t interface{ Skip(args ...any) }, because string) {
	if h.Service.Key.Declared {
		t.Skip(because)
	}
}

// Scope is the attribute with a key's workspace or tenant; "" if the service has none.
func (h *Harness) Scope() string {
	if h.Service.Key.Declared {
		return ""
	}
	return h.Service.Key.Scope
}

// coded are the services for which the provider has an adapter.
func coded(s simulators.Service) []services.Service {
	if s.Key.Declared {
		return []services.Service{}
	}
	return []services.Service{s.Service}
}

// Credentials is an environment that signs in with a value.
func (h *Harness) Credentials(value string) map[string]string {
	return h.Service.Environment(h.url, value, h.Store.CreateSession())
}

// Type is the service's resource type.
func (h *Harness) Type() string { return h.Service.Key.ResourceType("apikeys") }

// Block is a resource block of the service.
func (h *Harness) Block(name string, attributes ...map[string]any) protocol.Block {
	all := map[string]any{"name": name}
	for _, more := range attributes {
		for k, v := range more {
			all[k] = v
		}
	}
	return protocol.Block{Type: h.Type(), Attributes: all, CreateBeforeDestroy: true}
}

// Many is a configuration of n keys.
func (h *Harness) Many(n int) protocol.Config {
	config := protocol.Config{}
	for i := range n {
		config[fmt.Sprintf("k%04d", i)] = h.Block(fmt.Sprintf("key %d", i))
	}
	return config
}

// Trigger is a rotation by trigger, with more attributes.
func Trigger(value string, more ...map[string]any) map[string]any {
	attributes := map[string]any{"rotation_triggers": map[string]any{"v": value}}
	for _, m := range more {
		maps.Copy(attributes, m)
	}
	return attributes
}

// MustApply applies and fails the test on an error, or if the plan after it is
// not empty.
func (h *Harness) MustApply(config protocol.Config) *protocol.Plan {
	h.TB.Helper()
	p := h.Apply(config)
	if errs := p.Diagnostics.Errors(); len(errs) > 0 {
		h.TB.Fatalf("apply: %v", errs)
	}
	h.MustBeEmpty(config)
	return p
}

// MustBeEmpty fails the test unless a plan is empty.
func (h *Harness) MustBeEmpty(config protocol.Config) {
	h.TB.Helper()
	if p := h.Plan(config); !p.Empty() {
		h.TB.Fatalf("the plan is not empty: %v\n%s", p.Actions, p.Diagnostics)
	}
}

// Live are the ids of the live keys in the ledger.
func (h *Harness) Live() []string {
	var ids []string
	for _, k := range h.Store.Live() {
		ids = append(ids, k.ID)
	}
	return ids
}

// Held are the ids of the live keys that the state holds, retiring and deposed
// ones too.
func (h *Harness) Held() map[string]bool {
	held := map[string]bool{}
	var hold func(i *protocol.Instance)
	hold = func(i *protocol.Instance) {
		held[i.ID()] = true
		retiring, _ := i.Attribute("retiring").([]any)
		for _, e := range retiring {
			old, _ := e.(map[string]any)
			held[fmt.Sprint(old["id"])] = true
		}
		for _, d := range i.Deposed {
			hold(d)
		}
	}
	for _, i := range h.State {
		hold(i)
	}
	return held
}
