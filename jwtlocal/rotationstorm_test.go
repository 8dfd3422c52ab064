package jwtlocal

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The storms of this file need several processors at once: go test -cpu 2,4. In the
// virtual time of a bubble all tokens of a round arrive in one instant, and the
// processors decide what happens between a look at the key set and the next one.

// rotations is how many rotations a storm has. The long one is run by hand:
// GRIMOIRE_LONG=1.
func rotations() int {
	if os.Getenv("GRIMOIRE_LONG") != "" {
		return 1500
	}
	return 60
}

// perRotation makes 10^5 tokens of 1,500 rotations.
const perRotation = 67

// stormKID is the id of the n-th key, which is always the same material.
func stormKID(n int) string { return fmt.Sprintf("jwk-test-eeeeeeee-1111-4222-8333-%012d", n) }

func signedBy(kid string, k *rsa.PrivateKey) string {
	return sign(k, `{"alg":"RS256","kid":"`+kid+`","typ":"JWT"}`, goodClaims(time.Now()).json())
}

// atOnce verifies the tokens in goroutines of their own, and returns how many did
// not pass.
func atOnce(t *testing.T, v *Verifier, tokens ...string) (refused int64) {
	t.Helper()
	var count atomic.Int64
	var all sync.WaitGroup
	for _, token := range tokens {
		secret := grimoireauth.NewSecret(token)
		all.Go(func() {
			if _, err := v.Verify(t.Context(), secret); err != nil {
				count.Add(1)
			}
		})
	}
	all.Wait()
	return count.Load()
}

func times67(token string) []string {
	tokens := make([]string, perRotation)
	for i := range tokens {
		tokens[i] = token
	}
	return tokens
}

// TestC01RotationStorm: the project takes another key into use, and all who are
// there bring tokens by it at once. Each of them is genuine, and none is refused.
func TestC01RotationStorm(t *testing.T) {
	stormed(t, func(t *testing.T, v *Verifier, keys *keyServer) (refused int64) {
		requireGood(t, v, fresh(testKID))
		for n := range rotations() {
			time.Sleep(defaultKeyCooldown)
			keys.set(func(s *keyServer) {
				s.body = jwks(jwkOf(stormKID(n), &otherKey().PublicKey), jwkOf(stormKID(n+1), &otherKey().PublicKey))
			})
			refused += atOnce(t, v, times67(signedBy(stormKID(n+1), otherKey()))...)
			require.NoError(t, v.Wait(t.Context()))
			require.Equal(t, n+2, keys.count(), "one fetch for each rotation")
		}
		return refused
	})
}

// TestC01SeedStorm: a start from seed keys that the project has replaced.
func TestC01SeedStorm(t *testing.T) {
	for range rotations() {
		stormed(t, func(t *testing.T, v *Verifier, keys *keyServer) int64 {
			keys.set(func(s *keyServer) { s.body = jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
			refused := atOnce(t, v, times67(fresh(otherKID))...)
			require.NoError(t, v.Wait(t.Context()))
			require.Equal(t, 1, keys.count())
			return refused
		}, func(c *Config) { c.SeedKeys = []byte(mainJWKS()) })
	}
}

// TestC01RollbackStorm: a key that was taken out of use is published again.
func TestC01RollbackStorm(t *testing.T) {
	stormed(t, func(t *testing.T, v *Verifier, keys *keyServer) (refused int64) {
		for n := range rotations() {
			kid, key := testKID, mainKey()
			if n%2 == 1 {
				kid, key = otherKID, otherKey()
			}
			keys.set(func(s *keyServer) { s.body = jwks(jwkOf(kid, &key.PublicKey)) })
			refused += atOnce(t, v, times67(fresh(kid))...)
			require.NoError(t, v.Wait(t.Context()))
			require.Equal(t, n+1, keys.count(), "one fetch for each rotation")
			time.Sleep(defaultKeyCooldown)
		}
		return refused
	})
}

// TestC01KeyNeverAway: whatever else the answers hold, or if they are none, tokens
// of a key that is in all of them pass, and with them the ones that were verified
// before.
func TestC01KeyNeverAway(t *testing.T) {
	stormed(t, func(t *testing.T, v *Verifier, keys *keyServer) (refused int64) {
		a := jwkOf(testKID, &mainKey().PublicKey)
		requireGood(t, v, fresh(testKID))
		for n := range rotations() {
			keys.set(func(s *keyServer) {
				switch s.body = jwks(a, jwkOf(stormKID(n), &otherKey().PublicKey)); n % 4 {
				case 1:
					s.body = `{}`
				case 2:
					s.body = jwks(a)
				}
			})
			token := fresh(testKID)
			tokens := append(times67(token), unsigned("jwk-test-"+fmt.Sprint(n)))
			refused += atOnce(t, v, tokens...) - 1 // but the last one
			time.Sleep(5 * time.Second)
		}
		return refused
	}, func(c *Config) { c.RefreshKeysAfter = 5 * time.Second })
}

// TestC01JoinedFetchIsTooOld: the fetch under way was begun before the key was
// published, and longer ago than the cool-down. Its answer does not settle anything.
func TestC01JoinedFetchIsTooOld(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		time.Sleep(time.Minute)
		keys.set(func(s *keyServer) { s.delay = 2900 * time.Millisecond })
		var stranger sync.WaitGroup
		stranger.Go(func() { _, _ = verify(t, v, unsigned("jwk-test-x")) })
		time.Sleep(2 * time.Second)
		keys.set(func(s *keyServer) {
			s.body, s.delay = jwks(jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey)), 0
		})
		requireGood(t, v, fresh(otherKID))
		stranger.Wait()
		require.Equal(t, 3, keys.count())
	}, func(c *Config) { c.KeyCooldown = time.Second })
}

// TestC01RetiredKeyInOutage: whether a retired key is published again cannot be found
// out. Its tokens stay what they were, genuine and stale.
func TestC01RetiredKeyInOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		time.Sleep(defaultKeyCooldown)
		keys.set(func(s *keyServer) { s.body = jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
		requireGood(t, v, fresh(otherKID))
		keys.set(func(s *keyServer) { s.err = errors.New("connection refused") })
		time.Sleep(defaultKeyCooldown)
		for range 3 { // the first fails to find out, the others are within the back-off
			_, err := verify(t, v, fresh(testKID))
			require.ErrorIs(t, err, grimoireauth.ErrExpired)
		}
		require.Equal(t, 3, keys.count())
	})
}

// stormed runs a storm in virtual time, and tolerates nothing.
func stormed(t *testing.T, f func(t *testing.T, v *Verifier, keys *keyServer) (refused int64), configure ...func(*Config)) {
	t.Helper()
	mainKey()
	otherKey() // outside the bubble, since making them takes real time
	synctest.Test(t, func(t *testing.T) {
		keys := newKeyServer()
		v := newVerifier(t, append([]func(*Config){func(c *Config) { c.Transport = keys }}, configure...)...)
		require.Zero(t, f(t, v, keys), "genuine tokens were refused")
		require.NoError(t, v.Wait(t.Context()))
	})
}
