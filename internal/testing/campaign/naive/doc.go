// Package naive is a provider for the same services as most are written: each
// request on the context of its call, through the retrying client in its
// defaults, and the state set when everything has succeeded. The campaign runs
// it beside the real one: what the two leave behind is the reason for all the
// care that the real one takes.
//
// It is no straw man. It checks statuses, decodes answers into types, treats
// "not found" on a delete as success, takes a resource from the state only when
// the service no longer knows the key, and reads back what it has made.
package naive
