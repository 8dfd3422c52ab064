package jwtlocal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/claims"
)

// liveHeap is what is reachable now.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// allocated returns how many bytes and objects one call allocates, on the average
// of several.
func allocated(runs int, f func()) (bytes, objects int) {
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc-before.TotalAlloc) / runs, int(after.Mallocs-before.Mallocs) / runs
}

// remember keeps what a verification keeps of a good token whose digest is the n-th, without
// the cost of signing one: its session is read from a payload like that of all
// tokens, with ids of its own.
func remember(t testing.TB, v *Verifier, s *tokenCache, payload string, n int) {
	var d digest
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	copy(d[:], sum[:])
	payload = strings.Replace(payload, testSession, fmt.Sprintf("member-session-test-aaaaaaaa-1111-4222-8333-%012d", n), 1)
	payload = strings.Replace(payload, testMember, fmt.Sprintf("member-test-bbbbbbbb-1111-4222-8333-%012d", n), 1)
	payload = strings.Replace(payload, testClass, fmt.Sprintf("organization-test-cccccccc-1111-4222-8333-%012d", n%300), 1)
	c, err := claims.Read([]byte(payload), v.strings.intern)
	require.NoError(t, err)
	require.Zero(t, v.rules.checkClaims(&c))
	session, err := sessionOf(&c, &v.strings, v.config.SlidingSession)
	require.NoError(t, err)
	e := entryOf(d, &c, session)
	require.NotNil(t, e)
	s.add(e, time.Now().Unix())
}

func TestMemoryPerToken(t *testing.T) {
	v := newVerifier(t)
	now := time.Now()
	payload, length := goodClaims(now).json(), len(goodToken(now))
	tokens := 20_000
	if underRace {
		tokens = 5000
	}
	s := newTokenCache(tokens)
	before := liveHeap()
	for n := range tokens {
		remember(t, v, s, payload, n)
	}
	grown := liveHeap() - before
	held, weight := s.size()
	per := float64(grown) / float64(held)
	t.Logf("%d of %d tokens held, %.0f bytes each (estimated %d), %.3f of a token of %d bytes", held, tokens, per, weight/held, per/float64(length), length)
	// internal/bench holds the figure of the requirement, a quarter, with the tokens
	// of students, who have one role; those of this test have two.
	if !underRace {
		require.Less(t, per, 0.27*float64(length))
		require.InDelta(t, per, weight/held, 0.25*per, "the estimate that the byte budget relies on")
	}
	runtime.KeepAlive(s)
}

// TestMemoryBudget (V04): a million distinct tokens and a million bad ones leave the
// heap of a verifier with default settings within 64 MiB of what it was.
func TestMemoryBudget(t *testing.T) {
	tokens := 1_000_000
	if underRace || testing.Short() {
		tokens = 50_000
	}
	v := newVerifier(t)
	now := time.Now()
	requireGood(t, v, goodToken(now))
	set := v.keys.Stats().Set
	bad := strings.Split(goodToken(now), ".")
	before := liveHeap()
	for n := range tokens {
		session := someSession(t, n, n%500)
		set.Cache.add(&cacheEntry{digest: numbered(n), session: session, issued: uint32(now.Unix()), life: 300, weight: 10 + uint16(n%500/64)}, now.Unix())
		text := unsigned("jwk-test-" + strconv.Itoa(n))
		if n%1000 == 0 { // these cost an RSA operation each
			text = bad[0] + "." + encode(`{"n":`+strconv.Itoa(n)+`}`) + "." + bad[2]
		}
		if _, err := verify(t, v, text); err != errRejected {
			t.Fatalf("token %d: %v", n, err)
		}
	}
	grown := liveHeap() - before
	t.Logf("%d tokens: %.1f MiB, %d held", tokens, float64(grown)/(1<<20), v.Stats().CacheEntries)
	require.Less(t, grown, int64(64<<20))
	require.EqualValues(t, tokens, v.Stats().Refused[ReasonUnknownKey]+v.Stats().Refused[ReasonSignature])
}
