package jwtlocal

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
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

// remember does what judge does with a good token whose digest is the n-th, without
// the cost of signing one: its session is read from a payload like that of all
// tokens, with ids of its own.
func remember(t testing.TB, v *Verifier, s *seen, payload string, n int) {
	var d digest
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	copy(d[:], sum[:])
	payload = strings.Replace(payload, testSession, fmt.Sprintf("member-session-test-aaaaaaaa-1111-4222-8333-%012d", n), 1)
	payload = strings.Replace(payload, testMember, fmt.Sprintf("member-test-bbbbbbbb-1111-4222-8333-%012d", n), 1)
	payload = strings.Replace(payload, testClass, fmt.Sprintf("organization-test-cccccccc-1111-4222-8333-%012d", n%300), 1)
	c, err := claims.Read([]byte(payload), v.share.share)
	require.NoError(t, err)
	require.Zero(t, v.rules.accepts(&c))
	session, err := sessionOf(&c, &v.share)
	require.NoError(t, err)
	e := entryOf(d, &c, session)
	require.NotNil(t, e)
	s.add(e, time.Now().Unix())
}

func TestMemoryPerToken(t *testing.T) {
	v := newVerifier(t)
	now := time.Now()
	payload, length := goodClaims(now).json(), len(goodToken(now))
	const tokens = 20_000
	s := newSeen(tokens)
	before := liveHeap()
	for n := range tokens {
		remember(t, v, s, payload, n)
	}
	grown := liveHeap() - before
	held, weight := s.size()
	per := float64(grown) / float64(held)
	t.Logf("%d of %d tokens held, %.0f bytes each (estimated %d), %.3f of a token of %d bytes", held, tokens, per, weight/held, per/float64(length), length)
	runtime.KeepAlive(s)
}
