//go:build !race

package services_test

// isRace: the race detector is off.
const isRace = false
