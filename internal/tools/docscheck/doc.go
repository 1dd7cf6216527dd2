// Package docscheck is the tests of the documentation. They read the pages under docs/ and examples/ and the README, and find
//
//   - links that lead nowhere, and anchors that no heading has (links_test.go);
//   - Terraform code that Terraform does not accept (module_test.go), and shell and
//     YAML that cannot be read (code_test.go);
//   - names in `code` that no schema and no list of argued words has (words_test.go);
//   - things of the provider without a page, and pages without a thing (things_test.go);
//   - pages and descriptions that are too long to read (lengths_test.go);
//   - messages of the provider that the guide "Troubleshooting" does not explain
//     (messages_test.go);
//   - sentences with two semicolons, words that say less than others, and guides that
//     are too long (style_test.go).
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
