//go:build race

package jwtlocal

// underRace makes tests that only repeat themselves shorter where everything takes
// ten times as long.
const underRace = true
