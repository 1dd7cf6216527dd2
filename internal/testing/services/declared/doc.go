// Package declared simulates services that no adapter knows and that are declared
// instead, unlike each other in everything that a declaration says.
package declared
