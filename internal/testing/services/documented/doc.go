// Package documented simulates services from the examples in their documentation: the
// answers are the documented ones, with each key's own id, name, value and times in them. A
// file says, in a few lines for each service, what the documentation says of its calls and
// what the fields of those answers mean. It does not know the catalog, whose entries it tests.
package documented
