package jwtlocal

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// refresher is a verifier with everything that a server configures, and credentials
// that it has seen.
func refresher(b *testing.B, configure ...func(*Config)) (*Verifier, grimoireauth.Credentials) {
	b.Helper()
	v := newVerifier(b, append([]func(*Config){func(c *Config) {
		c.Refresh = func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			return grimoireauth.Authentication{}, errUnfinished
		}
		c.Revocations = new(MemoryRevocations)
	}}, configure...)...)
	credentials := grimoireauth.NewCredentials(goodToken(time.Now()), testToken)
	_, err := v.Authenticate(b.Context(), credentials)
	require.NoError(b, err)
	return v, credentials
}

// BenchmarkWarm: what Authenticate adds to Verify for a token that was seen before.
// To be compared turn by turn: -count=10 and benchstat, or the ratio that it logs.
func BenchmarkWarm(b *testing.B) {
	v, credentials := refresher(b)
	ctx := b.Context()
	b.Run("Verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(ctx, credentials.JWT); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Authenticate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Authenticate(ctx, credentials); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("in turns", func(b *testing.B) {
		var verify, authenticate []time.Duration
		for b.Loop() {
			// In turns, since a machine that does other things is slow for both.
			began := time.Now()
			for range 500 {
				if _, err := v.Verify(ctx, credentials.JWT); err != nil {
					b.Fatal(err)
				}
			}
			half := time.Now()
			for range 500 {
				if _, err := v.Authenticate(ctx, credentials); err != nil {
					b.Fatal(err)
				}
			}
			verify, authenticate = append(verify, half.Sub(began)), append(authenticate, time.Since(half))
		}
		b.ReportMetric(median(authenticate)/median(verify), "Authenticate/Verify")
	})
}

// BenchmarkCold: what a miss adds to a verification from nothing, in units of the
// floor: looking for the token, and remembering it. All three are measured in turns.
func BenchmarkCold(b *testing.B) {
	remembering, _ := refresher(b)
	forgetting, _ := refresher(b, func(c *Config) { c.CacheSize = -1 })
	tokens := make([]grimoireauth.Credentials, 64)
	u := new(upstream)
	for n := range tokens {
		tokens[n] = u.credentials(u.login(n), 0)
	}
	jwt := tokens[0].JWT.Reveal()
	dot := strings.LastIndexByte(jwt, '.')
	signature, err := base64.RawURLEncoding.DecodeString(jwt[dot+1:])
	require.NoError(b, err)
	input, key := []byte(jwt[:dot]), &mainKey().PublicKey
	var floor, with, without []time.Duration
	for b.Loop() {
		// Forget, without that being measured, nor the making of the table.
		remembering.keys.Stats().Set.Cache = newTokenCache(remembering.config.cacheSize())
		_, err := remembering.Authenticate(b.Context(), grimoireauth.NewCredentials(goodToken(time.Now()), ""))
		require.NoError(b, err)
		for n := range tokens {
			t0 := time.Now()
			sum := sha256.Sum256(input)
			err0 := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
			t1 := time.Now()
			_, err1 := remembering.Authenticate(b.Context(), tokens[n])
			t2 := time.Now()
			_, err2 := forgetting.Authenticate(b.Context(), tokens[n])
			t3 := time.Now()
			if err := errors.Join(err0, err1, err2); err != nil {
				b.Fatal(err)
			}
			floor, with, without = append(floor, t1.Sub(t0)), append(with, t2.Sub(t1)), append(without, t3.Sub(t2))
		}
	}
	b.ReportMetric((median(with)-median(without))/median(floor), "added/floor")
	b.ReportMetric(median(without)/median(floor), "cold/floor")
}

// median, since what else the machine does would drown a difference of means.
func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkLate: a request with the old cookie, which gets what the last refresh
// brought: two verifications, one of a token that is not remembered.
func BenchmarkLate(b *testing.B) {
	u := new(upstream)
	v, _ := refresher(b, func(c *Config) { c.Refresh = u.authenticate })
	stale := u.credentials(u.login(1), time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Authenticate(b.Context(), stale); err != nil {
			b.Fatal(err)
		}
	}
	require.Equal(b, 1, u.count())
}

// BenchmarkRefresh: what the machinery of a refresh costs besides the call: the
// upstream's answer is made beforehand.
func BenchmarkRefresh(b *testing.B) {
	u := new(upstream)
	l := u.login(1)
	answer := grimoireauth.Authentication{Credentials: u.credentials(l, 0)}
	v, _ := refresher(b, func(c *Config) {
		c.Refresh = func(context.Context, grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			return answer, nil
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Refresh(b.Context(), answer.Credentials); err != nil {
			b.Fatal(err)
		}
	}
}
