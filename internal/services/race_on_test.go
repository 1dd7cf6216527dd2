//go:build race

package services_test

// isRace: the race detector is on.
const isRace = true
