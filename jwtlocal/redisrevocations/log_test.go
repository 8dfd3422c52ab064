package redisrevocations

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"os"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
)

// silentLogger keeps go-redis's lines about broken connections, which the tests break on
// purpose, out of the output.
type silentLogger struct{}

func (silentLogger) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(silentLogger{})
	log.SetOutput(io.Discard)
	if play := os.Getenv(playVariable); play != "" {
		os.Exit(playReplica(play))
	}
	os.Exit(m.Run())
}

func openLog(t *testing.T, options redis.UniversalOptions) *streamLog {
	t.Helper()
	l := newStreamLog(options, "test:"+t.Name())
	l.open()
	t.Cleanup(l.close)
	return l
}

func TestRedisIsALog(t *testing.T) {
	server := redistest.Start(t)
	logtest.Run(t, func(t *testing.T) replica.Log {
		return openLog(t, redis.UniversalOptions{Addrs: []string{server.Addr()}})
	})
}

func TestRedisIsALogThroughAProxy(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	logtest.Run(t, func(t *testing.T) replica.Log {
		return openLog(t, redis.UniversalOptions{Addrs: []string{proxy.Addr()}, Protocol: 2})
	})
}

// TestRedisUser: the permissions that the package comment names are enough.
func TestRedisUser(t *testing.T) {
	server := redistest.Start(t)
	admin := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = admin.Close() })
	set := []any{"ACL", "SETUSER"}
	for field := range strings.FieldsSeq("grimoire on >hunter2hunter2 ~{test:*}:* resetchannels -@all +@connection +xadd +xread +xrange +xtrim +exists +multi +exec") {
		set = append(set, field)
	}
	require.NoError(t, admin.Do(t.Context(), set...).Err())
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "off").Err())
	logtest.Run(t, func(t *testing.T) replica.Log {
		return openLog(t, redis.UniversalOptions{Addrs: []string{server.Addr()}, Username: "grimoire", Password: "hunter2hunter2"})
	})
}

func TestRedisCluster(t *testing.T) {
	server := redistest.Start(t, "--cluster-enabled", "yes")
	plain := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = plain.Close() })
	require.NoError(t, plain.ClusterAddSlotsRange(t.Context(), 0, 16383).Err())
	require.Eventually(t, func() bool {
		return strings.Contains(plain.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
	}, 10*time.Second, 10*time.Millisecond)
	logtest.Run(t, func(t *testing.T) replica.Log {
		return openLog(t, redis.UniversalOptions{Addrs: []string{server.Addr()}, IsClusterMode: true})
	})
}

// TestP04_CallsReturnWhatever: calls return soon after the end of their context while Redis
// is stopped, or while the network drops everything.
func TestP04_CallsReturnWhatever(t *testing.T) {
	server := redistest.Start(t)
	for name, disturb := range map[string]func(t *testing.T, proxy *redistest.Proxy) (undo func()){
		"paused": func(_ *testing.T, _ *redistest.Proxy) func() {
			server.Pause()
			return server.Resume
		},
		"dropped": func(_ *testing.T, proxy *redistest.Proxy) func() {
			proxy.Drop(true)
			return func() { proxy.Drop(false) }
		},
	} {
		for _, warm := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				proxy := redistest.NewProxy(t, server.Addr())
				l := openLog(t, redis.UniversalOptions{Addrs: []string{proxy.Addr()}})
				if warm { // both clients are connected
					_, err := l.Read(t.Context(), replica.Position{}, 1, 0)
					require.NoError(t, err)
					_, err = l.Look(t.Context(), replica.ID{})
					require.NoError(t, err)
				}
				undo := disturb(t, proxy)
				defer undo()
				for call, do := range map[string]func(context.Context) error{
					"read": func(ctx context.Context) error {
						_, err := l.Read(ctx, replica.Position{}, 1, time.Minute)
						return err
					},
					"append": func(ctx context.Context) error {
						_, err := l.Append(ctx, replica.Beats, map[string]string{"v": "1"})
						return err
					},
					"look": func(ctx context.Context) error { _, err := l.Look(ctx, replica.ID{}); return err },
					"trim": func(ctx context.Context) error { return l.Trim(ctx, replica.Beats, replica.ID{Milliseconds: 1}) },
				} {
					for kind, end := range map[string]func() (context.Context, context.CancelFunc){
						"deadline": func() (context.Context, context.CancelFunc) {
							return context.WithTimeout(t.Context(), 100*time.Millisecond)
						},
						"cancel": func() (context.Context, context.CancelFunc) {
							ctx, cancel := context.WithCancel(t.Context())
							time.AfterFunc(100*time.Millisecond, cancel)
							return ctx, cancel
						},
					} {
						ctx, cancel := end()
						began := time.Now()
						require.Error(t, do(ctx), "%s, %s", call, kind)
						require.Less(t, time.Since(began), time.Second, "%s, %s", call, kind)
						cancel()
					}
				}
				undo()
				require.Eventually(t, func() bool {
					_, err := l.Append(t.Context(), replica.Beats, map[string]string{"v": "1"})
					_, err2 := l.Read(t.Context(), replica.Position{}, 1, 0)
					return errors.Join(err, err2) == nil
				}, 10*time.Second, 20*time.Millisecond, "it heals by itself")
			})
		}
	}
}

// ours are the goroutines of this package and of go-redis.
func ours() string {
	var out bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&out, 2)
	var found []string
	for stack := range strings.SplitSeq(out.String(), "\n\n") {
		if strings.Contains(stack, "go-redis") || strings.Contains(stack, "redisrevocations.(*") || strings.Contains(stack, "redisrevocations.call") {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// TestP04_RunEnds: Run returns within a second of the end of its context and leaves no
// goroutine and no connection, whatever state Redis is in.
func TestP04_RunEnds(t *testing.T) {
	server := redistest.Start(t)
	count := func() int {
		admin := redis.NewClient(&redis.Options{Addr: server.Addr()})
		defer admin.Close()
		return strings.Count(admin.ClientList(t.Context()).Val(), "\n")
	}
	for name, disturb := range map[string]func() (undo func()){
		"up":     func() func() { return func() {} },
		"paused": func() func() { server.Pause(); return server.Resume },
		"down":   func() func() { server.Kill(); return server.Start },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := New(Config{Redis: &redis.UniversalOptions{Addrs: []string{server.Addr()}}, Prefix: "ends"})
			require.NoError(t, err)
			for range 2 { // it can be run again
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- r.Run(ctx) }()
				require.Eventually(t, func() bool { return r.running.Load() && !r.Status().CompleteAt.IsZero() }, 10*time.Second, time.Millisecond)
				require.Error(t, r.Run(ctx), "one at a time")
				undo := disturb()
				time.Sleep(50 * time.Millisecond)
				began := time.Now()
				cancel()
				require.ErrorIs(t, <-done, context.Canceled)
				require.Less(t, time.Since(began), time.Second)
				require.Eventually(t, func() bool { return ours() == "" }, 5*time.Second, 5*time.Millisecond, ours())
				undo()
				require.Eventually(t, func() bool { return count() == 1 }, 5*time.Second, 5*time.Millisecond)
			}
		})
	}
}
