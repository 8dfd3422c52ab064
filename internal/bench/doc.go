// Command bench compares what checking a session_jwt costs here and elsewhere.
//
//	cd internal/bench && go run .            # all figures
//	cd internal/bench && go run . -held 1000 # without the long preparation
//
// A shared machine changes its speed from one second to the next, so absolute
// times mean little and benchmarks run one after the other cannot be compared.
// Here all operations take turns, a few milliseconds each; every one is divided by
// the floor of the same turn, SHA-256 of the signing input and one RSA
// verification on the same token; and the median over the turns is reported.
//
// It is a module of its own, so that nobody who imports the library has to fetch
// what it is compared with.
package main
