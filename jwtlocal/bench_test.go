package jwtlocal

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The floor is what no verifier of RS256 can go below: SHA-256 of the signing
// input and one RSA operation. The comparison with it, turn by turn, is made by
// internal/bench; these are for a profile or a quick look.
func BenchmarkFloor(b *testing.B) {
	token := goodToken(time.Now())
	dot := strings.LastIndexByte(token, '.')
	input := []byte(token[:dot])
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	require.NoError(b, err)
	key := &mainKey().PublicKey
	b.ReportAllocs()
	for b.Loop() {
		sum := sha256.Sum256(input)
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstSight(b *testing.B) {
	v := newVerifier(b, func(c *Config) { c.CacheSize = -1 })
	benchmarkVerify(b, v, goodToken(time.Now()), true)
}

func BenchmarkSeenBefore(b *testing.B) {
	benchmarkVerify(b, newVerifier(b), goodToken(time.Now()), true)
}

func BenchmarkBadSignature(b *testing.B) {
	token := goodToken(time.Now())
	dot := strings.LastIndexByte(token, '.')
	benchmarkVerify(b, newVerifier(b), token[:dot+1]+strings.Repeat("A", 342), false)
}

func BenchmarkExpired(b *testing.B) {
	benchmarkVerify(b, newVerifier(b), goodToken(time.Now().Add(-time.Hour)), false)
}

func BenchmarkGarbage(b *testing.B) {
	benchmarkVerify(b, newVerifier(b), strings.Repeat("garbage!", 240), false)
}

func BenchmarkOverTheCap(b *testing.B) {
	benchmarkVerify(b, newVerifier(b), strings.Repeat("garbage!", 1<<17), false)
}

func benchmarkVerify(b *testing.B, v *Verifier, token string, good bool) {
	ctx := b.Context()
	_, err := v.Verify(ctx, grimoireauth.NewSecret(goodToken(time.Now())))
	require.NoError(b, err)
	secret := grimoireauth.NewSecret(token)
	_, err = v.Verify(ctx, secret)
	require.Equal(b, good, err == nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(ctx, secret); (err == nil) != good {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuthenticateWarm is a request of a browser whose session_jwt was verified
// before.
func BenchmarkAuthenticateWarm(b *testing.B) {
	u := &upstream{}
	v := newVerifier(b, func(c *Config) { c.Refresh = u.authenticate; c.Revocations = new(MemoryRevocations) })
	credentials := grimoireauth.NewCredentials(goodToken(time.Now()), testToken)
	credentials.NamedSession = testSession
	ctx := b.Context()
	_, err := v.Authenticate(ctx, credentials)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Authenticate(ctx, credentials); err != nil {
			b.Fatal(err)
		}
	}
}
