package main

import (
	"context"
	"fmt"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// curve is what plans of a subject cost, by the number of its instances.
type curve struct {
	subject
	sizes  []int
	usages []reading
}

// sizes are the numbers of instances that growth is measured at.
func (b *bench) sizes() []int { return []int{b.keys / 10, b.keys / 2, b.keys, 2 * b.keys, 5 * b.keys} }

// runGrowth measures plans of more and more instances. Terraform itself takes
// ever longer to create them, so their states are written here; that each plan
// finds nothing to do proves that they are what Terraform would have written.
func (b *bench) runGrowth(ctx context.Context) error {
	curves := make([]curve, len(b.subjects()))
	for i, s := range b.subjects() {
		curves[i].subject = s
	}
	for _, n := range b.sizes() {
		fmt.Printf("-- %d instances\n", n)
		err := b.withStandIn(ctx, func(at *standIn) error {
			spaces := make([]*workspace, len(curves))
			for i, c := range curves {
				w, err := b.grown(ctx, c.subject, at, n)
				if err != nil {
					return err
				}
				spaces[i] = w
				curves[i].sizes = append(curves[i].sizes, n)
			}
			for range b.rounds {
				for _, w := range spaces {
					if err := b.calm(ctx, w.subject, once(atSize(n), func() (usage, error) { return w.plan(ctx) })); err != nil {
						return err
					}
				}
			}
			for i, c := range curves {
				curves[i].usages = append(curves[i].usages, b.readings.of(c.title, atSize(n)))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.curves = curves
	return nil
}

func atSize(n int) string { return fmt.Sprintf("plan of %d", n) }

// grown is a workspace with n instances, none of which Terraform has made but
// the first.
func (b *bench) grown(ctx context.Context, s subject, at *standIn, n int) (*workspace, error) {
	w, err := b.workspace(ctx, s, at, 1)
	if err != nil {
		return nil, err
	}
	if _, err := w.apply(ctx); err != nil {
		return nil, err
	}
	keys := make([]simulator.Record, n)
	if w.at != nil {
		if err := at.Seed(ctx, s.service, n-1, seeded); err != nil {
			return nil, err
		}
		if keys, err = at.Ledger(ctx, s.service); err != nil {
			return nil, err
		}
	}
	if err := w.multiply(keys); err != nil {
		return nil, err
	}
	if err := w.configure(n); err != nil {
		return nil, err
	}
	// What the services tell besides is taken over, as every apply does.
	_, err = w.run(ctx, "apply", "-refresh-only", "-auto-approve", w.parallel())
	return w, err
}

// seeded begins the names of keys that the simulator makes.
const seeded = "seeded"

// runCrowd measures one managed key among those of others.
func (b *bench) runCrowd(ctx context.Context) error {
	for _, c := range []struct {
		others int
		op     string
	}{{10 * b.keys, opFew}, {100 * b.keys, opCrowd}} {
		err := b.withStandIn(ctx, func(at *standIn) error {
			spaces := make([]*workspace, len(services))
			for i, s := range services {
				// Half of the others are older, half are younger: no page of the
				// listing that comes first or last shows the key.
				if err := at.Seed(ctx, s.service, c.others/2, seeded); err != nil {
					return err
				}
				w, err := b.workspace(ctx, s, at, 1)
				if err != nil {
					return err
				}
				if _, err := w.apply(ctx); err != nil {
					return err
				}
				if err := at.Seed(ctx, s.service, c.others-c.others/2, seeded); err != nil {
					return err
				}
				spaces[i] = w
			}
			for range b.rounds {
				for _, w := range spaces {
					if err := b.calm(ctx, w.subject, once(c.op, func() (usage, error) { return w.plan(ctx) })); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
