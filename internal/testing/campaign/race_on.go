//go:build race

package main

// raceDetector reports whether the program was built with it: it then ends the
// program with a status of its own when it finds a race.
const raceDetector = true
