package signinlimits

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/promptgrimoire/auth/jwtlocal/redisrevocations/internal/redistest"
	"github.com/promptgrimoire/auth/middleware/signin"
)

type silentLogger struct{}

func (silentLogger) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silentLogger{}) }

// limiterAt is the Limiter of one process. It has time, also on a machine that is busy.
func limiterAt(t *testing.T, addr string, change ...func(*Config)) *Limiter {
	t.Helper()
	config := Config{
		Redis: &redis.UniversalOptions{Addrs: []string{addr}}, Prefix: "test:" + strings.ReplaceAll(t.Name(), "/", ":"),
		Secret: grimoireauth.NewSecret("secret-test-1111"),
	}
	for _, c := range change {
		c(&config)
	}
	l, err := New(config)
	require.NoError(t, err)
	l.answer = 10 * time.Second
	t.Cleanup(func() { _ = l.client().Close() })
	return l
}

func guess(who string, from string) signin.Use {
	use := signin.Use{Action: signin.ActionGuess, Class: "organization-test-1", Address: who}
	if from != "" {
		use.Source = netip.MustParseAddr(from)
	}
	return use
}

func reserve(t *testing.T, l signin.Limiter, use signin.Use) signin.Grant {
	t.Helper()
	grant, err := l.Reserve(t.Context(), use)
	require.NoError(t, err)
	return grant
}

// TestTwoProcessesCountTogether: the limits hold for both together, and what one has
// reserved the other can release.
func TestTwoProcessesCountTogether(t *testing.T) {
	server := redistest.Start(t)
	both := []*Limiter{limiterAt(t, server.Addr()), limiterAt(t, server.Addr())}
	for source := range 3 {
		from := fmt.Sprintf("192.0.2.%d", source+1)
		for i := range 3 {
			require.Zero(t, reserve(t, both[i%2], guess("ada@example.edu", from)))
		}
		require.NotZero(t, reserve(t, both[0], guess("ada@example.edu", from)).Wait, "three from one client address")
	}
	require.Zero(t, reserve(t, both[1], guess("ada@example.edu", "192.0.2.9")))
	for _, l := range both {
		grant := reserve(t, l, guess("ada@example.edu", "192.0.2.8"))
		require.InDelta(t, 10*time.Minute, grant.Wait, float64(10*time.Second))
		require.False(t, grant.Pending)
		require.Zero(t, reserve(t, l, guess("bob@example.edu", "192.0.2.8")), "another address")
	}
	both[0].Release(t.Context(), guess("ada@example.edu", "192.0.2.9"))
	require.Zero(t, reserve(t, both[1], guess("ada@example.edu", "192.0.2.8")))

	link := signin.Use{Action: signin.ActionSendLink, Class: "organization-test-1", Address: "ada@example.edu"}
	require.Zero(t, reserve(t, both[0], link))
	grant := reserve(t, both[1], link)
	require.True(t, grant.Pending, "the first one is on its way")
	require.InDelta(t, 30*time.Second, grant.Wait, float64(5*time.Second))
	both[1].Release(t.Context(), link)
	began := time.Now()
	require.Zero(t, reserve(t, both[0], link))
	require.InDelta(t, 2*time.Second, time.Since(began), float64(1900*time.Millisecond), "Stytch sends one e-mail a second to an address")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	code := signin.Use{Action: signin.ActionSendCode, Class: "organization-test-1", Address: "ada@example.edu"}
	grant, err := both[1].Reserve(ctx, code)
	require.NoError(t, err)
	require.True(t, grant.Wait > 0 && !grant.Pending, "the browser is gone, so nothing is sent")
	require.Zero(t, reserve(t, both[1], code), "and nothing is used but the turn")
}

// TestManyAtOnce: of many guesses at one moment on several processes as many are granted as
// one process grants.
func TestManyAtOnce(t *testing.T) {
	server := redistest.Start(t)
	var granted atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		l := limiterAt(t, server.Addr(), func(c *Config) { c.Redis.PoolSize = 40 })
		for i := range 25 {
			all.Go(func() {
				grant, err := l.Reserve(t.Context(), guess("ada@example.edu", fmt.Sprintf("198.51.100.%d", i)))
				if err == nil && grant == (signin.Grant{}) {
					granted.Add(1)
				}
			})
		}
	}
	all.Wait()
	require.EqualValues(t, 10, granted.Load())
}

// TestAsTheBuiltIn: the same uses are granted and refused as by the built-in Limiter.
func TestAsTheBuiltIn(t *testing.T) {
	server := redistest.Start(t)
	for seed := range uint64(20) {
		draw := rand.New(rand.NewPCG(seed, 19))
		shared := limiterAt(t, server.Addr(), func(c *Config) { c.Prefix += fmt.Sprint(seed) })
		builtIn := signin.NewLimiter()
		for step := range 300 {
			use := signin.Use{
				Action:  []signin.Action{signin.ActionGuess, signin.ActionGuess, signin.ActionSendSMS, signin.ActionAskClass}[draw.IntN(4)],
				Class:   []string{"organization-test-1", "no class x", ""}[draw.IntN(3)],
				Address: fmt.Sprintf("p%d@example.edu", draw.IntN(3)),
			}
			if draw.IntN(4) > 0 {
				use.Source = netip.MustParseAddr(fmt.Sprintf("2001:db8:0:%d::1", draw.IntN(4)))
			}
			if use.Action == signin.ActionAskClass {
				use.Address = ""
			}
			if draw.IntN(4) == 0 {
				shared.Release(t.Context(), use)
				builtIn.Release(t.Context(), use)
				continue
			}
			want, got := reserve(t, builtIn, use), reserve(t, shared, use)
			at := fmt.Sprintf("seed %d, step %d, %+v: want %+v, got %+v", seed, step, use, want, got)
			require.Equal(t, want.Pending, got.Pending, at)
			require.Equal(t, want.Wait > 0, got.Wait > 0, at)
			require.InDelta(t, want.Wait, got.Wait, float64(3*time.Second), at)
		}
	}
}

// TestNoAddressInRedis: names and values of keys contain neither an address nor the name of
// a class, and every key expires.
func TestNoAddressInRedis(t *testing.T) {
	server := redistest.Start(t)
	l := limiterAt(t, server.Addr())
	for _, action := range []signin.Action{signin.ActionGuess, signin.ActionSendLink, signin.ActionSendSMS, signin.ActionAskClass} {
		reserve(t, l, signin.Use{Action: action, Class: "organization-test-1", Address: "ada@example.edu", Source: netip.MustParseAddr("192.0.2.77")})
	}
	keys, err := l.client().Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.Greater(t, len(keys), 6)
	for _, key := range keys {
		require.True(t, strings.HasPrefix(key, "{test:TestNoAddressInRedis}:limits:"), key)
		text := key + l.client().Get(t.Context(), key).Val()
		for _, clear := range []string{"ada", "example", "organization", "192.0.2.77"} {
			require.NotContains(t, text, clear)
		}
		left := l.client().PTTL(t.Context(), key).Val()
		require.True(t, left > 0 && left <= 10*time.Minute, "%s: %v", key, left)
	}
	other := limiterAt(t, server.Addr(), func(c *Config) { c.Secret = grimoireauth.NewSecret("secret-test-2222") })
	require.NotEqual(t, l.hash("x"), other.hash("x"))
}

// TestRedisDoesNotCount: while Redis is down, is paused, or refuses, a process counts for
// itself, soon and with the same limits, and tells the operator. Afterwards Redis counts.
func TestRedisDoesNotCount(t *testing.T) {
	for name, disturb := range map[string]func(*testing.T, *redistest.Server) (undo func()){
		"down":   func(_ *testing.T, s *redistest.Server) func() { s.Kill(); return s.Start },
		"paused": func(_ *testing.T, s *redistest.Server) func() { s.Pause(); return s.Resume },
		"refuses": func(t *testing.T, s *redistest.Server) func() {
			admin := redis.NewClient(&redis.Options{Addr: s.Addr()})
			t.Cleanup(func() { _ = admin.Close() })
			require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "-eval", "-evalsha").Err())
			return func() { require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "default", "+@all").Err()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			var alarms atomic.Int64
			l := limiterAt(t, server.Addr(), func(c *Config) {
				c.Observe = func(_ context.Context, event grimoireauth.Event) {
					if alarm, ok := event.(grimoireauth.OperatorAlarm); ok && alarm.Err != nil {
						alarms.Add(1)
					}
				}
			})
			require.Zero(t, reserve(t, l, guess("ada@example.edu", "192.0.2.1")))
			undo := disturb(t, server)
			l.answer = answerTime
			began := time.Now()
			for range 3 {
				require.Zero(t, reserve(t, l, guess("ada@example.edu", "192.0.2.2")))
			}
			require.NotZero(t, reserve(t, l, guess("ada@example.edu", "192.0.2.2")).Wait, "not without a limit")
			l.Release(t.Context(), guess("ada@example.edu", "192.0.2.2"))
			require.Zero(t, reserve(t, l, guess("ada@example.edu", "192.0.2.2")), "released where it was reserved")
			took := time.Since(began)
			t.Logf("six uses without Redis took %v", took.Round(time.Millisecond))
			require.Less(t, took, 3*time.Second)
			require.EqualValues(t, 1, alarms.Load())
			undo()
			l.answer = 10 * time.Second
			other := limiterAt(t, server.Addr())
			require.Eventually(t, func() bool {
				reserve(t, l, guess("eve@example.edu", "192.0.2.3"))
				return reserve(t, other, guess("eve@example.edu", "192.0.2.3")).Wait > 0
			}, 15*time.Second, 100*time.Millisecond, "it counts together again")
		})
	}
}

// TestFull: once too many keys are new, further addresses share keys: some are refused too
// early, and none has no limit.
func TestFull(t *testing.T) {
	server := redistest.Start(t)
	l := limiterAt(t, server.Addr())
	l.room = 100
	for i := range 300 {
		reserve(t, l, guess(fmt.Sprintf("stranger%d@example.edu", i), ""))
	}
	size, err := l.client().DBSize(t.Context()).Result()
	require.NoError(t, err)
	require.LessOrEqual(t, size, int64(100+1+200))
	refused := 0
	for range 10 {
		if reserve(t, l, guess("ada@example.edu", "")).Wait > 0 {
			refused++
		}
	}
	require.LessOrEqual(t, refused, 3, "few others have the same key")
	require.NotZero(t, reserve(t, l, guess("ada@example.edu", "")).Wait)
	require.Zero(t, reserve(t, l, guess("stranger1@example.edu", "")), "a key that is there goes on")
}

// TestCluster: all keys of a script are in one slot.
func TestCluster(t *testing.T) {
	server := redistest.Start(t, "--cluster-enabled", "yes")
	plain := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = plain.Close() })
	require.NoError(t, plain.ClusterAddSlotsRange(t.Context(), 0, 16383).Err())
	require.Eventually(t, func() bool {
		return strings.Contains(plain.ClusterInfo(t.Context()).Val(), "cluster_state:ok")
	}, 10*time.Second, 10*time.Millisecond)
	l := limiterAt(t, server.Addr(), func(c *Config) {
		c.Redis.IsClusterMode = true
		c.Observe = func(_ context.Context, event grimoireauth.Event) { t.Errorf("%+v", event) }
	})
	link := signin.Use{Action: signin.ActionSendLink, Class: "organization-test-1", Address: "ada@example.edu", Source: netip.MustParseAddr("192.0.2.77")}
	require.Zero(t, reserve(t, l, link))
	require.True(t, reserve(t, l, link).Pending)
}

// TestUserOfRedis: the permissions that the package comment names are enough.
func TestUserOfRedis(t *testing.T) {
	server := redistest.Start(t)
	admin := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = admin.Close() })
	set := []any{"ACL", "SETUSER"}
	for field := range strings.FieldsSeq("grimoire on >hunter2hunter2 ~{test:*}:* resetchannels -@all +@connection +eval +evalsha +get +set +del +incrby +pexpire +time") {
		set = append(set, field)
	}
	require.NoError(t, admin.Do(t.Context(), set...).Err())
	l := limiterAt(t, server.Addr(), func(c *Config) {
		c.Redis.Username, c.Redis.Password = "grimoire", "hunter2hunter2"
		c.Observe = func(_ context.Context, event grimoireauth.Event) { t.Errorf("%+v", event) }
	})
	for _, action := range []signin.Action{signin.ActionGuess, signin.ActionSendLink, signin.ActionAskClass} {
		use := signin.Use{Action: action, Class: "organization-test-1", Address: "ada@example.edu", Source: netip.MustParseAddr("192.0.2.77")}
		require.Zero(t, reserve(t, l, use))
		l.Release(t.Context(), use)
	}
}

func TestConfig(t *testing.T) {
	_, err := New(Config{})
	for _, want := range []string{"Redis.Addrs", "ProjectID", "Secret"} {
		require.ErrorContains(t, err, want)
	}
	_, err = New(Config{Redis: &redis.UniversalOptions{Addrs: []string{"x:1"}, ReadOnly: true}, Prefix: "a b", Secret: grimoireauth.NewSecret("s")})
	require.ErrorContains(t, err, "Prefix")
	require.ErrorContains(t, err, "ReadOnly")
	config := Config{Redis: &redis.UniversalOptions{Addrs: []string{"x:1"}, Password: "hunter2"}, Prefix: "a", Secret: grimoireauth.NewSecret("hunter2")}
	l, err := New(config)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, config), "hunter2")
		require.NotContains(t, fmt.Sprintf(verb, l), "hunter2")
	}
	require.Equal(t, limit.OfPages(), l.pages)
}
