package seal

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// canary is put into fuzzed entries; no error may show it.
const canary = "Zx9QcAnArY7w2"

// fuzzPairs are key pairs, the same in the process that makes the seeds and in
// the workers, which it starts and which inherit its environment: otherwise no
// worker could open a seed.
func fuzzPairs(f *testing.F) []pair {
	const variable = "SEAL_FUZZ_PAIRS"
	var lists [][2]string
	if text := os.Getenv(variable); text != "" {
		must(0, json.Unmarshal([]byte(text), &lists))
	} else {
		for _, p := range []pair{newAge(), newHybrid(), newEd25519(), newRSA(2048), newPGP()} {
			lists = append(lists, [2]string{p.public, p.private})
		}
		f.Setenv(variable, string(must(json.Marshal(lists))))
	}
	var pairs []pair
	for _, l := range lists {
		pairs = append(pairs, pair{l[0], l[1]})
	}
	return pairs
}

func FuzzParseRecipients(f *testing.F) {
	for _, p := range fuzzPairs(f) {
		f.Add(p.public)
		f.Add(p.private)
		f.Add(p.public + "\n" + p.private)
	}
	f.Add(" \n")
	f.Add("# comment")
	f.Add("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t")
	f.Add("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDM=\n-----END PGP PUBLIC KEY BLOCK-----")
	f.Fuzz(func(t *testing.T, entry string) {
		r, err := ParseRecipients([]string{entry})
		if err != nil {
			var e *EntryError
			if !errors.As(err, &e) || e.Index != 0 || e.List != ListRecipients {
				t.Fatalf("not an EntryError of the first recipient: %v", err)
			}
		} else {
			if holdsPrivateKey(entry) {
				t.Fatal("a private key was taken")
			}
			message, err := r.Encrypt(secret)
			if err != nil {
				t.Fatalf("parsed, but cannot be encrypted to: %v", err)
			}
			if strings.Contains(message, secret) {
				t.Fatal("the message shows the text")
			}
		}
		for _, marked := range []string{entry + canary, canary + entry, entry[:len(entry)/2] + canary + entry[len(entry)/2:]} {
			if _, err := ParseRecipients([]string{marked}); err != nil && strings.Contains(err.Error(), canary) {
				t.Fatal("an error shows a part of the entry")
			}
		}
	})
}

// FuzzDecrypt changes the message, with one identity of each kind, and the
// identity, with one message of each format.
func FuzzDecrypt(f *testing.F) {
	pairs := fuzzPairs(f)
	a, h, s, p := pairs[0], pairs[1], pairs[2], pairs[4]
	identities := []string{a.private, h.private, s.private, p.private}
	messages := []string{sealed(f, a.public, s.public), sealed(f, p.public), sealed(f, h.public)}
	for _, m := range append(messages, withPassphrase(), pgpWithPassphrase(), pgpLiteral(), "", ageText(a, canary), "-----BEGIN PGP MESSAGE-----") {
		f.Add(m, a.private)
		f.Add(m, p.private)
		f.Add(m, s.private)
	}
	known := map[string]bool{secret: true, canary: true}
	f.Fuzz(func(t *testing.T, message, identity string) {
		got, err := Decrypt(message, identities)
		switch {
		case err == nil && !known[got]:
			t.Fatal("opened what nobody sealed")
		case err != nil && got != "":
			t.Fatal("text beside an error")
		case err != nil && !errors.Is(err, ErrMessage) && !errors.Is(err, ErrNoMatch):
			t.Fatalf("unexpected kind of error: %v", err)
		}
		if _, err := Decrypt(messages[0], []string{identity + canary}); err != nil && strings.Contains(err.Error(), canary) {
			t.Fatal("an error shows a part of the identity")
		}
		for _, m := range messages {
			if got, err := Decrypt(m, []string{identity}); err == nil && got != secret {
				t.Fatal("opened to another text")
			}
		}
	})
}
