package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/campaign/scan"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
)

// colleague plays examples/storage/colleague: a key whose value only the holder of
// an age identity can read.
func (s *story) colleague(ctx context.Context) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	return s.scenario(ctx, "colleague", map[string]any{"recipients": []string{identity.Recipient().String()}}, func(s *story) error {
		for generation := 1; generation <= 2; generation++ {
			if err := s.generation(ctx, generation); err != nil {
				return err
			}
			key, err := s.only("expunct")
			if err != nil {
				return err
			}
			encrypted, err := s.text(ctx, "encrypted_key")
			if err != nil {
				return err
			}
			value, err := unseal(encrypted, identity)
			s.expect(err == nil && digest(value) == digest(key.Value),
				"generation %d: the output opens with the colleague's identity, and is the value that the ledger has", generation)
		}
		return nil
	})
}

// secretStore plays examples/storage/secret-store: a value that goes from the run
// that makes it straight to a write-only argument.
func (s *story) secretStore(ctx context.Context) error {
	ledger := filepath.Join(filepath.Dir(s.Dir), "secretstore.ledger")
	variables := map[string]any{"ledger": filepath.ToSlash(ledger)}
	return s.scenario(ctx, "secret-store", variables, func(s *story) error {
		for generation := 1; generation <= 2; generation++ {
			if err := s.generation(ctx, generation); err != nil {
				return err
			}
			if err := s.plan(ctx, planEmpty); err != nil {
				return err
			}
			if err := s.apply(ctx); err != nil { // writes nothing
				return err
			}
			if err := s.stored(ledger, generation); err != nil {
				return err
			}
		}
		return s.mishap(ctx, ledger, variables)
	})
}

// mishap lets the secret store fail in a rotation, and rotates again.
func (s *story) mishap(ctx context.Context, ledger string, variables map[string]any) error {
	held, err := s.only("pioneer")
	if err != nil {
		return err
	}
	apply := []string{"apply", "-auto-approve", "-var=generation=3"}
	if err := s.variables(map[string]any{"ledger": filepath.ToSlash(filepath.Join(s.Dir, "missing", "ledger"))}); err != nil {
		return err
	}
	if _, err := s.run(ctx, 1, apply...); err != nil {
		return err
	}
	now, _ := s.booth("pioneer").store.Get(held.ID)
	s.expect(now.Live(), "the store fails while the key rotates: the key that the store holds lives on")
	if err := s.variables(variables); err != nil {
		return err
	}
	if _, err := s.run(ctx, 0, append(apply, "-replace=apikeys_pioneer_key.app")...); err != nil {
		return err
	}
	return s.stored(ledger, 3)
}

// stored compares what the secret store was given with the live key.
func (s *story) stored(ledger string, writes int) error {
	key, err := s.only("pioneer")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(ledger)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	s.expect(len(lines) == writes && strings.HasSuffix(lines[len(lines)-1], " "+digest(key.Value)),
		"write %d to the store, and no other: what it holds is the live key's value", writes)
	return nil
}

// ci plays examples/storage/ci: a key for one run is the credential of another
// provider.
func (s *story) ci(ctx context.Context) error {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	return s.scenario(ctx, "ci", map[string]any{"recipients": []string{identity.Recipient().String()}}, func(s *story) error {
		before := s.made()
		if err := s.save(ctx); err != nil {
			return err
		}
		s.expect(s.made() == before, "planning made no key")
		if err := s.applySaved(ctx); err != nil {
			return err
		}
		key, err := s.only("pioneer") // and so no key of the run is left
		if err != nil {
			return err
		}
		job, found := s.booth("pioneer").store.Get(key.CreatedBy)
		s.expect(found && !job.Live() && s.made() == before+2,
			"the key was made with a key of the run, %q, which is revoked: 0 live ephemeral keys", job.Name)
		return nil
	})
}

// scenario plays one of the examples below storage in a folder of its own, and
// destroys it; the variables hold throughout.
func (s *story) scenario(ctx context.Context, name string, variables map[string]any, play func(*story) error) error {
	own, err := s.stage(filepath.Join("storage", name), filepath.Join(filepath.Dir(s.Dir), name))
	if err != nil {
		return err
	}
	inner := &story{simulated: s.simulated, workspace: own, out: s.out}
	err = inner.variables(variables)
	if err == nil {
		err = play(inner)
	}
	// The variable is the CI job's; the other scenarios do not notice it.
	own.CLI = own.In(own.Dir, "TF_VAR_destroying=true")
	err = errors.Join(err, own.destroy(ctx))
	if err == nil {
		err = inner.silent()
	}
	inner.expect(s.live() == 0, "destroyed: 0 live keys")
	s.failed += inner.failed
	return err
}

// generation plans a generation of keys, and applies the saved plan.
func (s *story) generation(ctx context.Context, n int) error {
	text, err := json.Marshal(map[string]any{"generation": n})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "generation.auto.tfvars.json"), text, 0o600); err != nil {
		return err
	}
	if err := s.save(ctx); err != nil {
		return err
	}
	return s.applySaved(ctx)
}

// only returns the one live key of a service.
func (s *story) only(service string) (simulator.Record, error) {
	live := s.booth(service).store.Live()
	if len(live) != 1 {
		return simulator.Record{}, fmt.Errorf("%s has %d live keys instead of 1", service, len(live))
	}
	return live[0], nil
}

// silent expects no value that any service has ever given in any file of the
// scenario: the configuration, the saved plan, the state and its backup.
func (s *story) silent() error {
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", planFile} {
		if _, err := os.Stat(filepath.Join(s.Dir, name)); err != nil {
			return err // nothing found where nothing is proves nothing
		}
	}
	var values []string
	for _, r := range s.records() {
		values = append(values, r.Value)
	}
	files, hits, err := scan.New(values...).Dir(s.Dir)
	if err != nil {
		return err
	}
	s.expect(len(hits) == 0, "state, backup and plan, %d files in all: %d hits of a value (plain, encoded, in part)", files, len(hits))
	return nil
}

// unseal opens an armored message without any of the provider's code.
func unseal(armored string, identity age.Identity) (string, error) {
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(armored)), identity)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = io.Copy(&out, r)
	return out.String(), err
}

func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
