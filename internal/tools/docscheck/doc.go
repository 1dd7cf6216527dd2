// Package docscheck proves what the documentation says, as far as a program can.
// Its tests read the pages under docs/ and examples/ and the README, and find
//
//   - links that lead nowhere, and anchors that no heading has (links.go);
//   - Terraform code that Terraform does not accept (module.go), and shell and
//     YAML that cannot be read (code.go);
//   - names in `code` that no schema and no list of argued words has (words.go);
//   - things of the provider without a page, and pages without a thing (things.go);
//   - messages of the provider that the guide "Troubleshooting" does not explain
//     (summary.go).
//
// # Code blocks
//
// A block marked terraform or hcl is a module of its own: formatted as `terraform
// fmt` does it, and accepted by `terraform validate` against the provider's
// schemas. Blocks of other providers' resources are checked for their form, and
// what they refer to of ours is checked like the rest. A CLI that does not know a
// feature yet is spared the code that uses it. A comment before the block,
// which no renderer shows, says what is different:
//
//	<!-- docscheck: continues -->           it goes into the module of the block before
//	<!-- docscheck: with                    what the reader is not shown
//	resource "apikeys_pioneer_key" "ci" { … }
//	-->
//	<!-- docscheck: skip: why -->           it is not checked, and why
package docscheck

import "fmt"

// Finding is something that is wrong with the documentation.
type Finding struct {
	Path    string // of the page, from the checkout's root
	Line    int    // from 1; 0 where none applies
	Message string
}

// String is "docs/index.md:7: message".
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Message)
}
