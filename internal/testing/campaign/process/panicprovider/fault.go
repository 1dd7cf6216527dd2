package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"
)

// fault is one panic at one call.
type fault struct {
	file   string
	number int // 0: never
	after  bool
}

// thrown is what is thrown: whoever prints it prints a secret.
type thrown struct {
	Text  string
	Bytes []byte
}

// String implements fmt.Stringer.
func (t thrown) String() string { return "index out of range of " + t.Text }

// around counts a call and panics before or after it if it is the one, with the
// credential or with the value that the call has made.
func (f *fault) around(name string, credential driver.Secret, call func() (made driver.Secret)) {
	n, err := count(f.file, name)
	if err != nil {
		log.Fatal(err)
	}
	if n == f.number && !f.after {
		panic(thrown{Text: credential.Reveal(), Bytes: []byte(credential.Reveal())})
	}
	made := call()
	if n == f.number && f.after {
		if made.IsZero() {
			made = credential
		}
		panic(thrown{Text: made.Reveal(), Bytes: []byte(made.Reveal())})
	}
}

// count adds a line to a file and returns how many there are.
func count(name, line string) (int, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = fmt.Fprintln(f, line)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(name)
	return strings.Count(string(text), "\n"), err
}
