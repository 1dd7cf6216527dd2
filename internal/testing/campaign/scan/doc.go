// Package scan finds secrets where they must not be: in output, logs, plans,
// states and crash reports, in any of the forms that programs give to text on its
// way there. It gets the secrets (canaries) and looks for pieces of them, so
// that half a value is found as well as a whole one, while the first characters,
// which a service shows to everybody, are no evidence.
//
// Archives and compressed or encoded data are opened. A scanner that finds
// nothing proves nothing by itself: [Planted] leaks secrets on purpose, and says
// how many of those leaks are found.
package scan
