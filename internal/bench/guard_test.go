package main

import (
	"flag"
	"net/http"
	"testing"
	"time"
)

// A plain "go test" measures the guard with few turns, for the allocations only: on a
// machine that others use as well, a short measurement says little about time. With more
// turns a figure that misses its limit fails the test:
//
//	cd internal/bench && go test -run Guard -v -guard.turns 60
var guardTurns = flag.Int("guard.turns", 0, "turns of the measurements of the guard; 0: a few, and only told")

// limited reports whether a figure that misses its limit fails the test.
func limited() bool { return *guardTurns > 0 }

func turnsOr(few int) int {
	if limited() {
		return *guardTurns
	}
	return few
}

func TestGuardCosts(t *testing.T) {
	x, err := newRoutes(300) // one class
	must(err)
	missed, err := guardCosts(new(results), x, turnsOr(5), 5*time.Millisecond)
	must(err)
	w := nullWriter{http.Header{}}
	request := x.requests()[0]
	allocs := testing.AllocsPerRun(200, func() {
		clear(w.header)
		x.guarded.ServeHTTP(w, request)
	})
	if new(results).tell("allocations of Require and InClass", allocs, 4, true) > 0 || missed > 0 && limited() {
		t.Fail()
	}
}
