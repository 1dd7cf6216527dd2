package campaign

import (
	"flag"
	"fmt"
	"hash/fnv"
	"iter"
	"os"
	"regexp"
	"strings"
	"testing"

	"filippo.io/age"
	"go.uber.org/goleak"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/services/declared"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// form is how much of the campaign runs.
var form = flag.String("campaign", "sample", "how much to run: sample, short, long, or all, which is for repeating a few with -run")

// wantCampaign skips a test that only a campaign runs.
func wantCampaign(t *testing.T) {
	t.Helper()
	if *form == "sample" {
		t.Skip("takes minutes: see `make campaign`")
	}
}

func TestMain(m *testing.M) {
	if calls := os.Getenv(callsVariable); calls != "" {
		servePanickingProvider(calls)
		return
	}
	goleak.VerifyTestMain(m)
}

// scope is the share that runs of all series, by what they are about.
type scope struct {
	plain, crowds, thousands, odd, pairs, peculiar float64
	// runs is how many runs there have to be.
	runs int
}

var scopes = map[string]scope{
	"sample": {plain: 0.006, runs: 100},
	"short":  {plain: 0.21, crowds: 0.03, thousands: 0.0006, peculiar: 0.3, runs: 5_000},
	"long":   {plain: 1, crowds: 0.3, thousands: 0.002, odd: 0.4, pairs: 0.02, peculiar: 1, runs: 100_000},
	"all":    {plain: 1, crowds: 1, thousands: 1, odd: 1, pairs: 1, peculiar: 1},
}

// furthest is the exchange after which a series ends in any case. No operation
// undisturbed needs nearly as many.
const furthest = 60

// TestFaults disturbs each exchange of each operation in turn, until a run is over before
// its exchange comes.
func TestFaults(t *testing.T) {
	t.Parallel()
	scope, ok := scopes[*form]
	if !ok {
		t.Fatalf("there is no campaign %q", *form)
	}
	reader := newReader(t)
	var byOperation, byFault table
	t.Cleanup(func() {
		runs, hits := byFault.sum("runs"), byFault.sum("disturbed")
		byOperation.print(fmt.Sprintf("%d runs, %d disturbed, %d %s", runs, hits, byFault.sum("early"), early))
		byFault.print("fault")
		some := strings.Contains(flag.Lookup("test.run").Value.String(), "/")
		if !some && (runs < scope.runs || hits < runs/2) {
			t.Errorf("%d runs, %d of them disturbed: too few to show anything, want %d", runs, hits, scope.runs)
		}
	})
	for s := range scope.series(subjects(), reader) {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			for s.exchange = 1; s.exchange <= furthest; s.exchange++ {
				o := s.run(reader)
				fault := faultName.FindString(s.disturbance.name)
				byOperation.add(s.operation.name, s.service.Key.Name, 1)
				byFault.add(fault, "runs", 1)
				byFault.add(fault, "early", len(o.found[early]))
				o.found.report(t, fmt.Sprintf("exchange %d", s.exchange))
				if !o.hit {
					break
				}
				byFault.add(fault, "disturbed", 1)
				if s.disturbance.standing {
					break
				}
			}
			sayRepeat(t)
		})
	}
}

// subjects are the provider's own services, and one that is declared.
func subjects() []simulators.Service {
	return append(simulators.Services(), declared.Services()["wrapped"])
}

// faultName is the part of a disturbance's name that it is counted by.
var faultName = regexp.MustCompile(`^[^,(]*[^,( ]`)

// sayRepeat logs how to repeat a test that failed.
func sayRepeat(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	t.Logf("repeat it with: go test -run '%s' ./internal/testing/campaign -campaign all", strings.Join(pattern, "/"))
}

// newReader returns somebody that values are encrypted to.
func newReader(t *testing.T) *age.X25519Identity {
	t.Helper()
	r, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// series is everything that decides how a run goes. Its runs disturb one exchange after
// the other.
type series struct {
	service     simulators.Service
	operation   operation
	disturbance disturbance
	conditions  conditions
	// exchange is the one that is disturbed, 1 for the first.
	exchange int
}

// String is its name, as of a subtest.
func (s series) String() string {
	name := s.service.Key.Name + "/" + s.operation.name + "/" + s.disturbance.name
	if s.disturbance.gap > 0 {
		name += fmt.Sprintf(", %d later", s.disturbance.gap)
	}
	if s.conditions.name != "" {
		name += ", " + s.conditions.name
	}
	return name
}

// isIn decides by hash, so that a sample is spread and the same each time.
func (s series) isIn(share float64) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.String())) // never fails
	return float64(h.Sum32()%10_000) < share*10_000
}

// series are what is to be run.
func (s scope) series(all []simulators.Service, reader *age.X25519Identity) iter.Seq[series] {
	ops, faults, usual := operations(reader.Recipient().String()), catalogue(), []conditions{plain()}
	full, pages := repeated()
	return func(yield func(series) bool) {
		for _, part := range []struct {
			disturbances []disturbance
			conditions   []conditions
			share        float64
		}{
			{faults, usual, s.plain}, {faults, crowds(), s.crowds}, {faults, []conditions{thousands()}, s.thousands},
			{onPeculiar(), peculiar(), s.peculiar}, {oddListings(), usual, s.peculiar}, {full, pages, s.peculiar},
			{faults, odd(), s.odd}, {pairs(), usual, s.pairs},
		} {
			for one := range combine(all, ops, part.disturbances, part.conditions) {
				if one.isIn(part.share) && !yield(one) {
					return
				}
			}
		}
	}
}

// combine returns all series that make sense.
func combine(all []simulators.Service, ops []operation, disturbances []disturbance, conditions []conditions) iter.Seq[series] {
	return func(yield func(series) bool) {
		for _, s := range all {
			for _, op := range ops {
				for _, c := range conditions {
					for _, d := range disturbances {
						fits := (op.fits == nil || op.fits(s)) && (c.fits == nil || c.fits(s, op)) && (d.fits == nil || d.fits(s, op))
						if fits && !yield(series{service: s, operation: op, disturbance: d, conditions: c}) {
							return
						}
					}
				}
			}
		}
	}
}
