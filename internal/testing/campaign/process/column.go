package process

import (
	"fmt"
	"strings"
)

// Column is what one provider has come to.
type Column struct {
	// Scenarios are those whose moment came; Missed is how often it did not.
	Scenarios, Missed int
	// Counts are the scenarios by "service operation signal".
	Counts map[string]int

	// Orphans are live keys that the state does not have after one undisturbed
	// apply, outside the published limits.
	Orphans int
	// Doubles are requests for a second key while the first was unheld.
	Doubles int
	// Foreign are revoked keys that the provider had not made.
	Foreign int
	// Canaries are secrets where they must not be.
	Canaries int
	// Wrong are states that do not say what is so, and applies and plans that do
	// not end as they should.
	Wrong int
	// Late are processes that did not end in time.
	Late int

	// Limit are orphans that the published limits allow: the provider was killed,
	// or Terraform before it had saved an answer; the latter are also
	// counted as Unsaved. LimitShown are those that the next plan named,
	// LimitHealed those that on_duplicate_name = "revoke" ended.
	Limit, Unsaved, LimitShown, LimitHealed int
	// Torn are state files that a kill left unreadable.
	Torn int

	// Violations say what each of them was.
	Violations []string
}

// add adds up two columns.
func (c *Column) add(other *Column) {
	for to, n := range map[*int]int{
		&c.Scenarios: other.Scenarios, &c.Missed: other.Missed, &c.Orphans: other.Orphans, &c.Doubles: other.Doubles,
		&c.Foreign: other.Foreign, &c.Canaries: other.Canaries, &c.Wrong: other.Wrong, &c.Late: other.Late,
		&c.Limit: other.Limit, &c.Unsaved: other.Unsaved, &c.LimitShown: other.LimitShown, &c.LimitHealed: other.LimitHealed, &c.Torn: other.Torn,
	} {
		*to += n
	}
	for what, n := range other.Counts {
		c.Counts[what] += n
	}
	c.Violations = append(c.Violations, other.Violations...)
}

// String is one line for people.
func (c *Column) String() string {
	return fmt.Sprintf("%d scenarios (%d moments did not come): %d orphans, %d second requests without proof, %d foreign keys revoked, %d canaries, %d wrong, %d late; "+
		"within the published limits %d (%d that Terraform knew and had not saved), of them %d named by the next plan and %d healed; %d state files torn",
		c.Scenarios, c.Missed, c.Orphans, c.Doubles, c.Foreign, c.Canaries, c.Wrong, c.Late, c.Limit, c.Unsaved, c.LimitShown, c.LimitHealed, c.Torn)
}

// By adds up the counts by their first, second or third part: services,
// operations or signals.
func (c *Column) By(part int) map[string]int {
	sums := map[string]int{}
	for what, n := range c.Counts {
		sums[strings.SplitN(what, " ", 3)[part]] += n
	}
	return sums
}

// Result is what the real-Terraform part has come to.
type Result struct {
	Column
	// Target is how many scenarios there should be at least.
	Target int
}

// report enters what one scenario has come to.
type report struct {
	fixture    *fixture
	scenario   scenario
	column     *Column
	hurt, well outcome
}

// enter counts all that is wrong but orphans.
func (r *report) enter(v verdict) {
	c := r.column
	for _, w := range v.wrong {
		c.Wrong++
		r.violation(w)
	}
	for _, f := range v.foreign {
		c.Foreign++
		r.violation("a key of somebody else was revoked: " + f)
	}
	for _, h := range v.canaries {
		c.Canaries++
		r.violation("a secret stands where it must not: " + h)
	}
	if r.scenario.signal == "" {
		return
	}
	c.Doubles += r.hurt.doubles + r.well.doubles
	if r.hurt.doubles+r.well.doubles > 0 {
		r.violation("a second key was made while the first was unheld")
	}
	for _, o := range []outcome{r.hurt, r.well} {
		if o.late != "" {
			c.Late++
			r.violation("did not end in time: " + o.late)
		}
	}
	killed := r.scenario.signal == killTerraform
	if r.well.status != 0 || r.hurt.status < 0 && !killed || r.hurt.status > 1 {
		c.Wrong++
		r.violation(fmt.Sprintf("statuses %d and then %d", r.hurt.status, r.well.status))
	}
	r.hurt.doubles, r.well.doubles, r.hurt.late, r.well.late = 0, 0, "", ""
	r.well.status, r.hurt.status = 0, 0
}

// violation describes one thing that is wrong, with what was printed.
func (r *report) violation(what string) {
	s := r.fixture
	r.column.Violations = append(r.column.Violations, fmt.Sprintf("%s, %s (storage %q), %s: %s\n--- disturbed\n%s\n--- undisturbed\n%s",
		s.service.Key.Name, s.name, s.storage, r.scenario, what, tail(r.hurt.output), tail(r.well.output)))
}

// longest is how much of what was printed is quoted.
const longest = 3000

// tail is the end of what was printed.
func tail(output []byte) string {
	if len(output) > longest {
		output = output[len(output)-longest:]
	}
	return string(output)
}
