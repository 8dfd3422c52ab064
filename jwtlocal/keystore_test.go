package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/breaker"
)

// The pauses between fetches that fail.
const firstKeyPause, longestKeyPause = time.Second, 5 * time.Second

// fresh makes a good token now, by the named key.
func fresh(kid string) string {
	k := mainKey()
	if kid == otherKID {
		k = otherKey()
	}
	return sign(k, `{"alg":"RS256","kid":"`+kid+`","typ":"JWT"}`, goodClaims(time.Now()).json())
}

// unsigned makes a token by a key that does not exist.
func unsigned(kid string) string {
	return encode(`{"alg":"RS256","kid":"`+kid+`","typ":"JWT"}`) + "." + encode(`{}`) + "." + encode("x")
}

// inBubble runs f in virtual time with a verifier and its key server, and checks at
// the end that nothing is left running.
func inBubble(t *testing.T, f func(t *testing.T, v *Verifier, keys *keyServer), configure ...func(*Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		keys := newKeyServer()
		v := newVerifier(t, append([]func(*Config){func(c *Config) { c.Transport = keys }}, configure...)...)
		f(t, v, keys)
		require.NoError(t, v.Wait(t.Context()))
	})
}

func requireGood(t testing.TB, v *Verifier, token string) {
	t.Helper()
	_, err := verify(t, v, token)
	require.NoError(t, err)
}

func requireUnknown(t testing.TB, v *Verifier, token string) {
	t.Helper()
	_, err := verify(t, v, token)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
	wait, ok := grimoireauth.RetryAfter(err)
	require.True(t, ok)
	require.Positive(t, wait)
}

// TestBadAnswersKeepKeys (K01, K02, K12 to K18, K20): after a good answer a bad one
// changes nothing but the statistics; before one, it is no answer.
func TestBadAnswersKeepKeys(t *testing.T) {
	for name, body := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
				keys.set(func(s *keyServer) { s.body = body })
				requireUnknown(t, v, fresh(testKID))
				keys.set(func(s *keyServer) { s.body = mainJWKS() })
				time.Sleep(longestKeyPause)
				requireGood(t, v, fresh(testKID))
				require.NoError(t, v.Stats().LastFetchError)

				keys.set(func(s *keyServer) { s.body = body })
				time.Sleep(2 * time.Hour)
				requireGood(t, v, fresh(testKID))
				require.NoError(t, v.Wait(t.Context()))
				requireGood(t, v, fresh(testKID))
				require.Error(t, v.Stats().LastFetchError)
				require.Equal(t, 1, v.Stats().Keys)
				require.EqualValues(t, 2, v.Stats().FetchFailures)
				require.EqualValues(t, 3, v.Stats().Fetches)
			})
		})
	}
}

// TestOnlyStatus200 (K05, K21): a good body under any other status is no answer.
func TestOnlyStatus200(t *testing.T) {
	for _, status := range []int{201, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 429, 500, 502, 503} {
		t.Run("K21/"+strconv.Itoa(status), func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
				keys.set(func(s *keyServer) { s.status = status })
				requireUnknown(t, v, fresh(testKID))
			})
		})
	}
}

// TestUnknownKeyFlood (K06, K07): invented key ids cause one fetch per cool-down,
// and put off a real rotation by no more than one. The full size is run by hand:
// GRIMOIRE_LONG=1.
func TestUnknownKeyFlood(t *testing.T) {
	kids := 60_000
	if os.Getenv("GRIMOIRE_LONG") != "" {
		kids = 1_000_000
	}
	t.Run("K06", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
			known := goodClaims(time.Now())
			start := time.Now()
			for i := range kids {
				requireRefusedFast(t, v, unsigned("jwk-test-"+strconv.Itoa(i)))
				if i%(kids/60) == 0 { // genuine traffic goes on
					requireGood(t, v, sign(mainKey(), goodHeader, known.json()))
				}
				time.Sleep(time.Minute / time.Duration(kids))
			}
			require.LessOrEqual(t, time.Since(start), time.Minute)
			require.LessOrEqual(t, keys.count(), 7)
			require.GreaterOrEqual(t, keys.count(), 6)
			require.EqualValues(t, kids, v.Stats().Refused[ReasonUnknownKey])
		})
	})
	t.Run("K07", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
			requireGood(t, v, fresh(testKID))
			for i := range 3000 {
				requireRefusedFast(t, v, unsigned("jwk-test-"+strconv.Itoa(i)))
				time.Sleep(10 * time.Millisecond)
			}
			keys.set(func(s *keyServer) {
				s.body = jwks(jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey))
			})
			published := time.Now()
			for i := 0; ; i++ {
				requireRefusedFast(t, v, unsigned("jwk-test-x"+strconv.Itoa(i)))
				if _, err := verify(t, v, fresh(otherKID)); err == nil {
					break
				}
				requireGood(t, v, fresh(testKID))
				time.Sleep(100 * time.Millisecond)
				require.LessOrEqual(t, time.Since(published), defaultKeyCooldown)
			}
		})
	})
	t.Run("K07/no flood", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
			requireGood(t, v, fresh(testKID))
			time.Sleep(defaultKeyCooldown)
			keys.set(func(s *keyServer) {
				s.body = jwks(jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey))
			})
			requireGood(t, v, fresh(otherKID))
			require.Equal(t, 2, keys.count())
		})
	})
}

func requireRefusedFast(t testing.TB, v *Verifier, token string) {
	if _, err := verify(t, v, token); err != errRejected {
		t.Fatalf("want the plain refusal, got %v", err)
	}
}

// TestKnownKeyNeverWaits: while the key server hangs, tokens of a known key pass at
// once, whether the set is old or another token names an unknown key.
func TestKnownKeyNeverWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		keys.set(func(s *keyServer) { s.delay = time.Hour })
		time.Sleep(2 * time.Hour)
		start := time.Now()
		requireGood(t, v, fresh(testKID))
		var others sync.WaitGroup
		others.Go(func() { _, _ = verify(t, v, unsigned("unknown")) })
		synctest.Wait()
		requireGood(t, v, fresh(testKID))
		require.Zero(t, time.Since(start))
		others.Wait()
		require.Equal(t, breaker.Silence, time.Since(start), "the stranger waits until it is known that there is no answer")
		require.NoError(t, v.Wait(t.Context()))
		require.Equal(t, 2, keys.count())
	})
}

// TestOutageSlowsNobodyDown: while an old set cannot be replaced, a token that was
// seen before costs what it always costs.
func TestOutageSlowsNobodyDown(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		keys.set(func(s *keyServer) { s.err = errors.New("connection refused") })
		time.Sleep(2 * time.Hour)
		token := grimoireauth.NewSecret(fresh(testKID))
		for range 2 { // the first begins a fetch behind itself, which fails
			_, err := v.Verify(t.Context(), token)
			require.NoError(t, err)
			require.NoError(t, v.Wait(t.Context()))
		}
		require.Equal(t, 2, keys.count())
		_, allocs := allocated(100, func() { _, _ = v.Verify(t.Context(), token) })
		if !underRace {
			require.Zero(t, allocs)
		}
		require.Greater(t, v.hits.sum(), uint64(100))

		keys.set(func(s *keyServer) { s.err = nil })
		time.Sleep(firstKeyPause)
		_, err := v.Verify(t.Context(), token)
		require.NoError(t, err)
		require.NoError(t, v.Wait(t.Context()))
		require.Less(t, v.Stats().KeyAge, time.Minute, "and recovery is noticed at once")
	})
}

// TestSharedFetch: all who wait for keys wait for one fetch, which belongs to none
// of them.
func TestSharedFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.delay = time.Second })
		first, leave := context.WithCancel(t.Context())
		token := grimoireauth.NewSecret(fresh(testKID))
		errs := make(chan error, 101)
		var all sync.WaitGroup
		all.Go(func() { _, err := v.Verify(first, token); errs <- err })
		synctest.Wait()
		for range 100 {
			all.Go(func() { _, err := v.Verify(t.Context(), token); errs <- err })
		}
		synctest.Wait()
		leave()
		err := <-errs
		require.ErrorIs(t, err, context.Canceled, "K23: a caller that leaves gets the reason")
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		require.NotErrorIs(t, err, grimoireauth.ErrUnauthenticated)
		all.Wait()
		for range 100 {
			require.NoError(t, <-errs)
		}
		require.Equal(t, 1, keys.count())
	})
}

// TestRotation (K08): overlap, removal, and other material under one id.
func TestRotation(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		a, b := jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey)
		publish := func(k ...object) {
			keys.set(func(s *keyServer) { s.body = jwks(k...) })
			time.Sleep(defaultRefreshKeysAfter)
			_, _ = verify(t, v, fresh(testKID)) // begins the refresh behind the traffic
			require.NoError(t, v.Wait(t.Context()))
		}
		publish(a)
		requireGood(t, v, fresh(testKID))
		publish(a, b)
		requireGood(t, v, fresh(testKID))
		requireGood(t, v, fresh(otherKID))

		remembered := fresh(testKID)
		requireGood(t, v, remembered)
		publish(b)
		requireGood(t, v, fresh(otherKID))
		for _, old := range []string{fresh(testKID), fresh(testKID)} {
			_, err := verify(t, v, old)
			require.ErrorIs(t, err, grimoireauth.ErrExpired, "genuine, by a key that is not published any more: stale")
			require.Equal(t, ReasonRetiredKey, reasonOf(t, v, old))
		}
		// A token by another key under the retired id is not genuine.
		require.Equal(t, ReasonSignature, reasonOf(t, v, sign(otherKey(), goodHeader, goodClaims(time.Now()).json())))

		publish(jwkOf(testKID, &otherKey().PublicKey), b)
		require.Equal(t, ReasonSignature, reasonOf(t, v, fresh(testKID)), "the old material under the id in use again")
		publish(jwkOf("JWK-TEST", &mainKey().PublicKey), b)
		require.Equal(t, ReasonUnknownKey, reasonOf(t, v, fresh("jwk-test")), "the id in another case")
	})
}

// TestOutageAtStart (K09): New does no I/O; tokens are refused as unknowable, and
// pass at the latest five seconds after the key server has recovered.
func TestOutageAtStart(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		require.Zero(t, keys.count(), "New makes no network call")
		keys.set(func(s *keyServer) { s.err = errors.New("connection refused") })
		token := fresh(testKID)
		for range 3600 {
			requireUnknown(t, v, token)
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, keys.count(), 3600/5+3, "attempts back off")
		keys.set(func(s *keyServer) { s.err = nil })
		recovered := time.Now()
		for {
			if _, err := verify(t, v, fresh(testKID)); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
			require.LessOrEqual(t, time.Since(recovered), 5*time.Second)
		}
	})
}

// TestOutageLater (K10): for 23 hours all requests pass; after a day none passes, not
// even by a remembered token; recovery is immediate.
func TestOutageLater(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		keys.set(func(s *keyServer) { s.err = errors.New("connection refused") })
		for range 23 * 6 {
			requireGood(t, v, fresh(testKID))
			time.Sleep(10 * time.Minute)
		}
		time.Sleep(58 * time.Minute)
		remembered := fresh(testKID)
		requireGood(t, v, remembered)
		requireGood(t, v, remembered)
		time.Sleep(2 * time.Minute)
		requireUnknown(t, v, remembered)
		time.Sleep(time.Hour)
		late := fresh(testKID)
		for range 60 {
			requireUnknown(t, v, late)
			time.Sleep(time.Second)
		}
		require.Greater(t, v.Stats().KeyAge, 25*time.Hour)
		keys.set(func(s *keyServer) { s.err = nil })
		time.Sleep(longestKeyPause)
		requireGood(t, v, fresh(testKID))
		require.Less(t, v.Stats().KeyAge, time.Minute)
	})
}

// TestUnknownKeyInOutage: when it cannot be found out whether a key exists, the answer is
// not that the token is bad.
func TestUnknownKeyInOutage(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		time.Sleep(time.Minute)
		keys.set(func(s *keyServer) { s.err = errors.New("connection refused") })
		for range 10 {
			requireUnknown(t, v, fresh(otherKID))
			requireGood(t, v, fresh(testKID))
		}
		require.Equal(t, 2, keys.count())
		keys.set(func(s *keyServer) { s.err = nil })
		time.Sleep(longestKeyPause)
		require.Equal(t, ReasonUnknownKey, reasonOf(t, v, fresh(otherKID)))
	})
}

// TestRefreshBehindTheTraffic: an old set is replaced once per RefreshKeysAfter,
// while requests are served from it.
func TestRefreshBehindTheTraffic(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		for range 24 * 12 {
			requireGood(t, v, fresh(testKID))
			time.Sleep(5 * time.Minute)
		}
		require.Equal(t, 24, keys.count())
	})
}

// TestFailureIsNoCoolDown (K07): the cool-down is for Stytch's answers. After a
// failure the back-off rules, so that a rotation behind an outage is not waited for.
func TestFailureIsNoCoolDown(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		requireGood(t, v, fresh(testKID))
		keys.set(func(s *keyServer) { s.status = 500 })
		time.Sleep(time.Minute)
		requireGood(t, v, fresh(testKID)) // begins a fetch behind it
		require.NoError(t, v.Wait(t.Context()))
		require.Error(t, v.Stats().LastFetchError)
		keys.set(func(s *keyServer) { s.status, s.body = 200, jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
		time.Sleep(firstKeyPause)
		requireGood(t, v, fresh(otherKID))
	}, func(c *Config) { c.KeyCooldown, c.RefreshKeysAfter = time.Hour, 30*time.Second })
}

// TestCacheHeadersAreIgnored (K22): how long keys are believed is not for the answer
// to say.
func TestCacheHeadersAreIgnored(t *testing.T) {
	for _, value := range []string{"max-age=99999999", "max-age=0", "max-age=-1", "no-store", "immutable"} {
		keys := newKeyServer()
		headed := roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := keys.RoundTrip(r)
			if err == nil {
				response.Header.Set("Cache-Control", value)
				response.Header.Set("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")
			}
			return response, err
		})
		inBubble(t, func(t *testing.T, v *Verifier, _ *keyServer) {
			for range 12 {
				requireGood(t, v, fresh(testKID))
				time.Sleep(10 * time.Minute)
			}
			require.Equal(t, 2, keys.count(), value)
		}, func(c *Config) { c.Transport = headed })
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestCancelledContexts (K23): a caller whose context has ended gets its own error
// and no other caller is affected; keys that come later are found.
func TestCancelledContexts(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.delay = time.Second })
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := v.Verify(gone, grimoireauth.NewSecret(fresh(testKID)))
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		require.NoError(t, v.Wait(t.Context()))
		requireGood(t, v, fresh(testKID))
		_, err = v.Verify(gone, grimoireauth.NewSecret(fresh(testKID)))
		require.NoError(t, err, "a known key causes no fetch")
		keys.set(func(s *keyServer) { s.body = jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
		time.Sleep(time.Minute)
		_, err = v.Verify(gone, grimoireauth.NewSecret(fresh(otherKID)))
		require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
		require.NoError(t, v.Wait(t.Context()))
		requireGood(t, v, fresh(otherKID))
	})
}

// TestSeedKeys: a cold start offline works from the seed, which is replaced as soon
// as Stytch can be reached, and believed no longer than any key set.
func TestSeedKeys(t *testing.T) {
	seeded := func(c *Config) { c.SeedKeys = []byte(mainJWKS()) }
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.err = errors.New("no network") })
		for range 23 {
			requireGood(t, v, fresh(testKID))
			time.Sleep(time.Hour)
		}
		time.Sleep(2 * time.Hour)
		requireUnknown(t, v, fresh(testKID))
	}, seeded)
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.body = jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
		requireGood(t, v, fresh(testKID))
		require.NoError(t, v.Wait(t.Context()))
		require.Equal(t, 1, keys.count(), "the seed is replaced behind the first request")
		requireGood(t, v, fresh(otherKID))
		require.Equal(t, ReasonRetiredKey, reasonOf(t, v, fresh(testKID)))
		require.Equal(t, 1, keys.count())
	}, seeded)
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.body = jwks(jwkOf(otherKID, &otherKey().PublicKey)) })
		requireGood(t, v, fresh(otherKID))
		require.Equal(t, 1, keys.count(), "an unknown key causes a fetch at once, since Stytch has not answered yet")
	}, seeded)
}

// TestConcurrentRotation (K24): verifying, refreshing, rotating and asking for
// statistics at once; the race detector watches.
func TestConcurrentRotation(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		a, b := jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey)
		sets := []string{jwks(a), jwks(a, b), jwks(b), `{}`, jwks(b, a)}
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range 60 {
					if worker == 0 {
						keys.set(func(s *keyServer) { s.body, s.delay = sets[i%len(sets)], time.Duration(i%3)*time.Second })
					}
					kid := []string{testKID, otherKID}[i%2]
					_, err := verify(t, v, fresh(kid))
					if err != nil && !errors.Is(err, grimoireauth.ErrUnauthenticated) && !errors.Is(err, grimoireauth.ErrUnavailable) {
						t.Errorf("unexpected: %v", err)
					}
					_ = v.Stats()
					time.Sleep(time.Duration(7+worker) * time.Second)
				}
			})
		}
		all.Wait()
	}, func(c *Config) { c.RefreshKeysAfter = 30 * time.Second; c.KeyCooldown = 10 * time.Second })
}

// TestFetchEvents: every fetch is reported once, and a published private key raises
// an alarm.
func TestFetchEvents(t *testing.T) {
	var events eventLog
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) {
			s.delay = time.Second
			s.body = jwks(jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey).with("d", "AAAA"))
		})
		requireGood(t, v, fresh(testKID))
		require.NoError(t, v.Wait(t.Context()))
		require.Equal(t, grimoireauth.KeysFetched{Keys: 1, Took: time.Second}, events.all()[0])
		require.IsType(t, grimoireauth.OperatorAlarm{}, events.all()[1])
		keys.set(func(s *keyServer) { s.body = `{}` })
		time.Sleep(time.Hour)
		requireGood(t, v, fresh(testKID))
		require.NoError(t, v.Wait(t.Context()))
		failed, ok := events.all()[2].(grimoireauth.KeysFetched)
		require.True(t, ok)
		require.ErrorContains(t, failed.Err, "no JWK Set")
		require.Len(t, events.all(), 3)
	}, func(c *Config) {
		c.Observe = func(ctx context.Context, e grimoireauth.Event) {
			if _, ok := e.(grimoireauth.TokenVerified); !ok {
				events.observe(ctx, e)
			}
		}
	})
}

// TestObserverPanics: an observer that panics behind the traffic takes down neither
// the process nor the fetch that it was told of.
func TestObserverPanics(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, _ *keyServer) {
		requireGood(t, v, fresh(testKID))
		require.NoError(t, v.Wait(t.Context()))
		require.EqualValues(t, 1, v.Stats().Fetches)
	}, func(c *Config) {
		c.Observe = func(_ context.Context, e grimoireauth.Event) {
			if _, ok := e.(grimoireauth.KeysFetched); ok {
				panic("an observer")
			}
		}
	})
}

// eventLog is an observer that remembers.
type eventLog struct {
	mu     sync.Mutex
	events []grimoireauth.Event // guarded by mu
}

func (l *eventLog) observe(_ context.Context, e grimoireauth.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

func (l *eventLog) all() []grimoireauth.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]grimoireauth.Event(nil), l.events...)
}

func (l *eventLog) String() string { return fmt.Sprint(l.all()) }

// TestX07_KeySet: in a blackhole from the start no request waits longer than it takes to
// know, then hardly any waits at all, and the end is noticed within five seconds.
func TestX07_KeySet(t *testing.T) {
	var log eventLog
	inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
		keys.set(func(s *keyServer) { s.delay = time.Hour })
		began := time.Now()
		for time.Since(began) < time.Minute {
			from := time.Now()
			requireUnknown(t, v, fresh(testKID))
			if from.Sub(began) > 5*time.Second {
				require.LessOrEqual(t, time.Since(from), 500*time.Millisecond)
				require.NotZero(t, v.Stats().KeyOutage)
			} else {
				require.LessOrEqual(t, time.Since(from), breaker.Silence)
			}
			time.Sleep(100 * time.Millisecond)
		}
		keys.set(func(s *keyServer) { s.delay = 50 * time.Millisecond })
		back := time.Now()
		for {
			if _, err := verify(t, v, fresh(testKID)); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
			require.Less(t, time.Since(back), 5*time.Second)
		}
		require.Zero(t, v.Stats().KeyOutage)
		require.NoError(t, v.Wait(t.Context()))
		var told []grimoireauth.OutageOf
		for _, event := range log.all() {
			switch e := event.(type) {
			case grimoireauth.OutageBegan:
				told = append(told, e.Outage.Of)
			case grimoireauth.OutageEnded:
				told = append(told, e.Outage.Of)
				require.Greater(t, e.Took, 50*time.Second)
			}
		}
		require.Equal(t, []grimoireauth.OutageOf{grimoireauth.OutageOfKeys, grimoireauth.OutageOfKeys}, told)
	}, func(c *Config) { c.Observe = log.observe })
}
