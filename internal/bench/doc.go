// Command bench compares the cost of checking a session_jwt in this library and others.
//
//	cd internal/bench && go run .            # all figures
//	cd internal/bench && go run . -held 1000 # without the long preparation
//
// With -write results.json it writes the figures to that file, from which the README is
// brought up to date by go test -run TestReadmeFigures -update . in the root.
//
// The speed of a shared machine changes from one second to the next, so absolute times,
// and benchmarks that run one after the other, cannot be compared. This command measures
// all operations in turn, a few milliseconds each, divides each time by the floor of the
// same turn (SHA-256 of the signing input and one RSA verification on the same token), and
// reports the median over the turns.
//
// It is a module of its own, so that importers of the library do not download the
// libraries with which it is compared.
package main
