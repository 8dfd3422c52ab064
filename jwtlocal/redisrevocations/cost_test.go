package redisrevocations

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
	"github.com/promptgrimoire/auth/mock"
)

// TestP09_Cost measures what the module adds to a request, in one run with requests that do
// without it, and what 100,000 live revocations cost. It runs if MEASURE is set.
func TestP09_Cost(t *testing.T) {
	if os.Getenv("MEASURE") == "" {
		t.Skip("MEASURE is not set")
	}
	server := redistest.Start(t)
	stytch := new(mock.Stytch)
	upstream := httptest.NewServer(stytch)
	defer upstream.Close()
	s := &service{t: t, stytch: stytch, redis: server}
	s.isOld()
	r, err := New(Config{Redis: &redis.UniversalOptions{Addrs: []string{server.Addr()}}, ProjectID: stytch.ProjectID()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	defer func() { cancel(); <-done }()
	require.Eventually(t, func() bool { return !r.Status().Silent }, 10*time.Second, time.Millisecond)

	verifier := func(revocations jwtlocal.Revocations) *jwtlocal.Verifier {
		v, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), BaseURL: upstream.URL, Revocations: revocations})
		require.NoError(t, err)
		return v
	}
	memory := new(jwtlocal.MemoryRevocations)
	other := grimoireauth.Revocation{Member: "member-test-other"}
	require.NoError(t, memory.Add(ctx, other))
	require.NoError(t, r.Add(ctx, other))
	jwt := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS").ID, "ada@example.edu")).JWT
	subjects := map[string]*jwtlocal.Verifier{"none": verifier(nil), "memory": verifier(memory), "shared": verifier(r.Revocations())}
	compare := func(what string) {
		times := map[string][]time.Duration{}
		for range 41 {
			for name, v := range subjects {
				began := time.Now()
				for range 20_000 {
					if _, err := v.Verify(ctx, jwt); err != nil {
						t.Fatal(name, err)
					}
				}
				times[name] = append(times[name], time.Since(began)/20_000)
			}
		}
		least := func(name string) time.Duration { return slices.Min(times[name]) }
		t.Logf("%s, a Verify: without revocations %v, in memory %v, shared %v: %.3f x and %.3f x; medians %v %v %v", what,
			least("none"), least("memory"), least("shared"),
			float64(least("shared"))/float64(least("none")), float64(least("shared"))/float64(least("memory")),
			percentile(times["none"], 50), percentile(times["memory"], 50), percentile(times["shared"], 50))
	}
	compare("one live revocation")

	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const live = 100_000
	before := heap()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	began := time.Now()
	for i := 0; i < live; i += 1000 {
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for j := range 1000 {
				p.XAdd(ctx, &redis.XAddArgs{Stream: s.key(), Values: []string{"v", "1", "kind", "session", "id", fmt.Sprintf("session-test-00000000-0000-4000-8000-%012d", i+j)}})
			}
			return nil
		})
		require.NoError(t, err)
	}
	appended := time.Since(began)
	require.Eventually(t, func() bool { return r.Status().Live >= live }, time.Minute, time.Millisecond)
	took := time.Since(began)
	info, err := client.MemoryUsage(ctx, s.key()).Result()
	require.NoError(t, err)
	t.Logf("%d live revocations: appended in %v, known after %v; %.1f MB here, %.1f MB in Redis", live, appended, took, float64(heap()-before)/1e6, float64(info)/1e6)
	compare("100,000 live revocations")

	late, err := New(Config{Redis: &redis.UniversalOptions{Addrs: []string{server.Addr()}}, ProjectID: stytch.ProjectID()})
	require.NoError(t, err)
	began = time.Now()
	lateDone := make(chan error, 1)
	go func() { lateDone <- late.Run(ctx) }()
	require.Eventually(t, func() bool { return !late.Status().Silent }, time.Minute, time.Millisecond)
	t.Logf("a process that starts knows them after %v", time.Since(began))
	cancel()
	<-lateDone
}
