package replica_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// BenchmarkHotPath compares the verifier's path for a token that it has seen, with
// revocations of one process and with those of a replica, in turns in one run.
func BenchmarkHotPath(b *testing.B) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("Alchemy")
	member := stytch.AddStudent(class.ID, "ada@example.edu")
	credentials := stytch.SignIn(member)
	for _, live := range []int{0, 1, 100_000} {
		memory := new(jwtlocal.MemoryRevocations)
		// A log that began long ago.
		began, log := time.Now().Add(-3*jwtlocal.RevocationLife), new(logtest.Memory)
		log.Clock = func() time.Time { return began }
		_, err := log.Conn().Append(b.Context(), replica.Revocations, map[string]string{"v": "1", "kind": "start"})
		require.NoError(b, err)
		log.Clock = time.Now
		r, err := replica.New(replica.Config{Log: log.Conn()})
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = r.Run(ctx) }()
		for n := range live {
			c := grimoireauth.Revocation{Session: grimoireauth.SessionID(fmt.Sprint("session-test-", n))}
			require.NoError(b, memory.Add(ctx, c))
			require.NoError(b, r.Add(ctx, c))
		}
		for r.Status().CompleteAt.IsZero() {
			time.Sleep(time.Millisecond)
		}
		verifier := func(revocations jwtlocal.Revocations) *jwtlocal.Verifier {
			v, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Revocations: revocations})
			require.NoError(b, err)
			return v
		}
		b.Run(fmt.Sprint(live), func(b *testing.B) {
			all := [2]*jwtlocal.Verifier{verifier(memory), verifier(r.Revocations())}
			// The fastest of many short rounds is the least disturbed by the rest of the machine.
			least := [2]time.Duration{time.Hour, time.Hour}
			const round = 200
			for n := 0; n < b.N; n += round {
				for i := range all {
					began := time.Now()
					for range round {
						if _, err := all[i].Authenticate(ctx, credentials); err != nil {
							b.Fatal(err)
						}
					}
					least[i] = min(least[i], time.Since(began)/round)
				}
			}
			b.ReportMetric(float64(least[0]), "memory-ns")
			b.ReportMetric(float64(least[1]), "replica-ns")
			b.ReportMetric(float64(least[1])/float64(least[0]), "ratio")
		})
		cancel()
		<-done
	}
}

// BenchmarkStart is what a process that starts needs to read 100,000 live revocations.
func BenchmarkStart(b *testing.B) {
	const live = 100_000
	log := new(logtest.Memory)
	c := log.Conn()
	_, err := c.Append(b.Context(), replica.Revocations, map[string]string{"v": "1", "kind": "start"})
	require.NoError(b, err)
	for n := range live {
		_, err := c.Append(b.Context(), replica.Revocations, map[string]string{"v": "1", "kind": "session", "id": fmt.Sprint("session-test-00000000-0000-4000-8000-", n)})
		require.NoError(b, err)
	}
	for b.Loop() {
		r, err := replica.New(replica.Config{Log: log.Conn()})
		require.NoError(b, err)
		done := make(chan struct{})
		ctx, cancel := context.WithCancel(b.Context())
		go func() { defer close(done); _ = r.Run(ctx) }()
		for r.Status().CompleteAt.IsZero() {
			time.Sleep(time.Millisecond)
		}
		require.Equal(b, live, r.Status().Live)
		cancel()
		<-done
	}
}
