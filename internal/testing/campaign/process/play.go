package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// play goes through one scenario and the apply that follows it, and enters what
// came of it into the column. The stage is ready for the next one afterwards.
func (s *fixture) play(ctx context.Context, sc scenario, c *Column) error {
	s.trigger++
	if err := s.configure(); err != nil {
		return err
	}
	if err := os.RemoveAll(s.calls()); err != nil {
		return err
	}
	hurt, err := s.run(ctx, &sc, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	canaries, err := s.search(hurt.output)
	if err != nil {
		return err
	}
	if sc.signal == throw {
		hurt.struck = len(s.called()) >= sc.call
	}
	if !hurt.struck {
		c.Missed++
		return s.reset(ctx)
	}
	torn, err := s.mend()
	if err != nil {
		return err
	}
	well, err := s.run(ctx, nil, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	more, err := s.search(well.output)
	if err != nil {
		return err
	}
	v, err := s.check()
	if err != nil {
		return err
	}
	v.canaries = slices.Concat(canaries, more)
	r := report{fixture: s, scenario: sc, column: c, hurt: hurt, well: well}
	c.Scenarios++
	c.Counts[s.service.Key.Name+" "+s.name+" "+string(sc.signal)]++
	r.enter(v)
	if torn {
		c.Torn++
	}
	// Terraform was gone before it could save the answer that it had received.
	unsaved := hurt.answered && (sc.signal == killTerraform || sc.signal == twice)
	if len(v.orphans) > 0 && (torn || unsaved || sc.signal == killProvider) {
		if unsaved {
			c.Unsaved += len(v.orphans)
		}
		err = s.limit(ctx, &r, v)
	} else {
		for _, o := range v.orphans {
			c.Orphans++
			r.violation("orphan: " + o.ID + " lives, and the state does not hold it")
		}
	}
	if err != nil {
		return err
	}
	if !s.rotates || s.overlap || len(v.orphans)+len(v.wrong) > 0 || well.status != 0 {
		return s.reset(ctx)
	}
	return nil
}

// mend puts the backup in the place of a state file that Terraform was killed over
// while it wrote it, as a person would.
func (s *fixture) mend() (torn bool, err error) {
	name := filepath.Join(s.work, stateName)
	if _, err := instances(name); err == nil {
		return false, nil
	}
	if _, err := os.Stat(name + ".backup"); err != nil {
		return true, os.Remove(name)
	}
	return true, os.Rename(name+".backup", name)
}

// called are the names of the provider's calls to its adapter.
func (s *fixture) called() []string {
	text, err := os.ReadFile(s.calls())
	if err != nil {
		return nil // none was made
	}
	return strings.Fields(string(text))
}

// limit looks at orphans that the published limits allow: the next plan must name
// them, and the policy "revoke" must end them.
func (s *fixture) limit(ctx context.Context, r *report, v verdict) error {
	r.column.Limit += len(v.orphans)
	next, err := s.run(ctx, nil, "plan", "-out="+planName)
	if err != nil {
		return err
	}
	for _, o := range v.orphans {
		if next.status == 0 && bytes.Contains(next.output, []byte(o.ID)) {
			r.column.LimitShown++
		} else {
			r.violation("within the limit, but the next plan does not name " + o.ID + ":\n" + tail(next.output))
		}
	}
	canaries, err := s.search(next.output)
	if err != nil {
		return err
	}
	// Their owners take away the keys that the policy would take for ours.
	for _, k := range s.store.Live() {
		if k.Name == keyName && slices.Contains(s.decoys, k.ID) {
			if err := s.store.Revoke(k.ID); err != nil {
				return err
			}
		}
	}
	s.policy = "revoke"
	if err := s.configure(); err != nil {
		return err
	}
	healed, err := s.run(ctx, nil, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	more, err := s.search(healed.output)
	if err != nil {
		return err
	}
	after, err := s.check()
	if err != nil {
		return err
	}
	after.canaries = slices.Concat(canaries, more)
	r.enter(after)
	for _, o := range v.orphans {
		if k, _ := s.store.Get(o.ID); healed.status == 0 && !k.Live() {
			r.column.LimitHealed++
		} else {
			r.violation("within the limit, but the policy does not end " + o.ID + ":\n" + tail(healed.output))
		}
	}
	s.seed()
	return nil
}

// converged makes sure that nothing is left to do, and that a saved plan holds no
// secret.
func (s *fixture) converged(ctx context.Context, c *Column) error {
	next, err := s.run(ctx, nil, "plan", "-detailed-exitcode", "-out="+planName)
	if err != nil {
		return err
	}
	canaries, err := s.search(next.output)
	if err != nil {
		return err
	}
	r := report{fixture: s, column: c, hurt: next, well: next}
	if next.status != 0 {
		c.Wrong++
		r.violation(fmt.Sprintf("the plan after it has status %d", next.status))
	}
	r.enter(verdict{canaries: canaries})
	return nil
}

// act goes through all scenarios of a stage.
func (s *fixture) act(ctx context.Context, c *Column, long bool, turn int, only func(scenario) bool) error {
	defer s.close()
	if err := s.reset(ctx); err != nil {
		return err
	}
	// The undisturbed operation says which moments there are.
	s.trigger++
	if err := errors.Join(s.configure(), os.RemoveAll(s.calls())); err != nil {
		return err
	}
	o, err := s.run(ctx, &scenario{signal: throw}, // counts the calls
		"apply", "-auto-approve")
	if err == nil && o.status != 0 {
		err = fmt.Errorf("undisturbed, it ends with status %d:\n%s", o.status, o.output)
	}
	if err != nil {
		return err
	}
	if err := s.reset(ctx); err != nil {
		return err
	}
	for i, sc := range plan(o.methods, s.called(), long, turn) {
		if only != nil && !only(sc) {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.play(ctx, sc, c); err != nil {
			return fmt.Errorf("%s: %w", sc, err)
		}
		if i%8 == 7 && s.rotates && !s.overlap {
			if err := s.converged(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", sc, err)
			}
		}
	}
	return nil
}
