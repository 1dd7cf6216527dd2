package acceptance_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// recipe is how a test carries out one of examples/recipes.
type recipe struct {
	needs []feature
	// carryOut does what the recipe's README says and checks what it promises. At
	// the end nothing may live but the keys of somebody else.
	carryOut func(c *recipeHarness)
}

var recipes = map[string]recipe{
	"adopt-by-query":      {[]feature{queries}, adoptByQuery},
	"adopt-workspace":     {nil, adoptWorkspace},
	"alias-per-workspace": {nil, aliasPerWorkspace},
	"dashboard-keys":      {[]feature{ephemeralResource, writeOnly}, dashboardKeys},
	"fleet":               {nil, fleet},
	"from-restapi":        {[]feature{movedFromMissing}, fromRestapi},
	"leaked-key":          {nil, leakedKey},
	"leaked-key-action":   {[]feature{actions}, leakedKeyAction},
	"quarterly-rotation":  {nil, quarterlyRotation},
	"stale-keys":          {nil, staleKeys},
}

// recipeHarness is where a recipe is carried out.
type recipeHarness struct {
	*cli
	bench *harness
}

// Recipes do what they promise.
func TestAccRecipes(t *testing.T) {
	t.Parallel()
	built := newCLI(newHarness(t))
	for name, r := range recipes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needs(t, r.needs...)
			b := newHarness(t)
			k := &recipeHarness{cli: built.in(t, "", b.variables()...).stage("recipes/" + name), bench: b}
			r.carryOut(k)
			k.run(true, "destroy", "-auto-approve")
		})
	}
}

// vars sets the configuration's variables from now on.
func (k *recipeHarness) vars(v map[string]any) {
	k.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		k.t.Fatal(err)
	}
	k.write("recipe.auto.tfvars.json", string(text))
}

// apply applies.
func (k *recipeHarness) apply(args ...string) string {
	k.t.Helper()
	return k.run(true, append([]string{"apply", "-auto-approve"}, args...)...)
}

// planEmpty fails unless there is nothing to do.
func (k *recipeHarness) planEmpty(args ...string) {
	k.t.Helper()
	k.run(true, append([]string{"plan", "-detailed-exitcode"}, args...)...)
}

// found are a service's live keys that are ours, by name.
func (k *recipeHarness) found(service string) map[string]simulator.Record {
	k.t.Helper()
	all := map[string]simulator.Record{}
	for _, r := range k.bench.subject(service).live() {
		if _, twice := all[r.Name]; twice {
			k.t.Errorf("%s: several live keys are named %q", service, r.Name)
		}
		all[r.Name] = r
	}
	return all
}

// quiet fails if anything was changed at the services since the counters were reset.
func (k *recipeHarness) quiet() {
	k.t.Helper()
	for _, s := range k.bench.subjects() {
		if n := s.wrote(); n > 0 {
			k.t.Errorf("%s got requests that change something: %v", s.Key.Title, s.store.Requests())
		}
	}
}

// aged creates a key of that age, whose last use is so long ago; 0: never used.
func aged(t *testing.T, s subject, name string, age, used time.Duration) simulator.Record {
	t.Helper()
	r := s.store.Mint(name)
	now := time.Now()
	err := s.store.Update(r.ID, func(r *simulator.Record) {
		r.CreatedAt = now.Add(-age)
		if used > 0 {
			r.LastUsedAt = now.Add(-used)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r, _ = s.store.Get(r.ID)
	return r
}
