//go:build go1.26

package world

import (
	"testing"
	"testing/cryptotest"
)

// pin makes crypto/rand a function of the seed, so that verifiers and nonces of a
// run are the same each time. It takes Go 1.26; without it a run replays all the
// same, since no name and no decision holds a random id.
func pin(t *testing.T, seed Seed) { cryptotest.SetGlobalRandom(t, uint64(seed)) }
