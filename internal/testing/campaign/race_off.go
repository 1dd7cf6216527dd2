//go:build !race

package main

// raceDetector reports whether the program was built with it.
const raceDetector = false
