package jwtlocal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// numbered returns the n-th digest of no token.
func numbered(n int) digest { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func TestTokenCache(t *testing.T) {
	t.Run("V01", func(t *testing.T) {
		// A remembered token ends when its own times say, and not a moment later.
		for name, c := range map[string]struct {
			claims func(o object, now time.Time) object
			maxAge time.Duration
			lives  time.Duration
			want   Reason
		}{
			"exp":                    {func(o object, _ time.Time) object { return o }, 0, 305 * time.Second, ReasonExpired},
			"the end of the session": {func(o object, now time.Time) object { return endingAt(o, now.Add(time.Minute)) }, 0, 65 * time.Second, ReasonExpired},
			"MaxAge":                 {func(o object, _ time.Time) object { return o }, 2 * time.Minute, 125 * time.Second, ReasonTooOld},
		} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, v *Verifier, _ *keyServer) {
					token := sign(mainKey(), goodHeader, c.claims(goodClaims(time.Now()), time.Now()).json())
					requireGood(t, v, token)
					time.Sleep(c.lives - 1)
					requireGood(t, v, token)
					require.EqualValues(t, 1, v.Stats().CacheHits)
					time.Sleep(time.Nanosecond)
					require.Equal(t, c.want, reasonOf(t, v, token))
					require.EqualValues(t, 2, v.Stats().CacheHits, "it is still remembered, and still judged")
				}, func(config *Config) { config.MaxAge = c.maxAge })
			})
		}
	})
	t.Run("V02", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
			a, b := jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey)
			keys.set(func(s *keyServer) { s.body = jwks(a, b) })
			rotate := func(sets ...object) {
				keys.set(func(s *keyServer) { s.body = jwks(sets...) })
				time.Sleep(time.Minute)
				requireGood(t, v, fresh(otherKID))
				require.NoError(t, v.Wait(t.Context()))
			}
			token := fresh(testKID)
			requireGood(t, v, token)
			rotate(a, b)
			requireGood(t, v, token)
			require.EqualValues(t, 1, v.Stats().CacheHits, "nothing changed, nothing is forgotten")
			rotate(b)
			require.Equal(t, ReasonRetiredKey, reasonOf(t, v, token), "rotated out")
			rotate(jwkOf(testKID, &otherKey().PublicKey), b)
			require.Equal(t, ReasonSignature, reasonOf(t, v, token), "re-keyed")
			rotate(a, b)
			requireGood(t, v, token)
			require.EqualValues(t, 1, v.Stats().CacheHits)
		}, func(c *Config) { c.RefreshKeysAfter = 30 * time.Second })
	})
	t.Run("V03", func(t *testing.T) {
		revocations := new(MemoryRevocations)
		v := newVerifier(t, func(c *Config) { c.Revocations = revocations })
		token := goodToken(time.Now())
		requireGood(t, v, token)
		requireGood(t, v, token)
		require.NoError(t, revocations.Add(t.Context(), grimoireauth.Revocation{Session: testSession}))
		for range 3 {
			_, err := verify(t, v, token)
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		}
		require.EqualValues(t, 4, v.Stats().CacheHits)
	})
	t.Run("V05", func(t *testing.T) {
		v := newVerifier(t)
		token := goodToken(time.Now())
		requireGood(t, v, token)
		require.Equal(t, sha256.Sum256([]byte(token)), [32]byte(digestOf(token)))
		for i := range token { // every byte counts
			require.NotEqual(t, digestOf(token), digestOf(token[:i]+"~"+token[i+1:]))
		}
		for _, length := range []int{0, 1, 511, 512, 513, 1024, maxToken} {
			text := strings.Repeat("x", length)
			require.Equal(t, sha256.Sum256([]byte(text)), [32]byte(digestOf(text)))
		}
		// Same header and claims, another signature: not the remembered token.
		dot := strings.LastIndexByte(token, '.')
		require.Equal(t, ReasonSignature, reasonOf(t, v, token[:dot+1]+strings.Repeat("A", 342)))
		require.Zero(t, v.Stats().CacheHits)
	})
	t.Run("V06", func(t *testing.T) {
		v := newVerifier(t)
		token := goodToken(time.Now())
		requireGood(t, v, token)
		dot := strings.LastIndexByte(token, '.')
		for _, s := range respelled(token[dot+1:]) {
			require.Equal(t, ReasonMalformed, reasonOf(t, v, token[:dot+1]+s))
		}
		require.Equal(t, 1, v.Stats().CacheEntries)
	})
	t.Run("V07", func(t *testing.T) {
		// A hit is quicker than a miss, but needs the whole token; the beginning of a
		// cached one is of no use.
		v := newVerifier(t)
		token := goodToken(time.Now())
		requireGood(t, v, token)
		for i := len(token) - 340; i < len(token)-1; i += 40 {
			require.Equal(t, ReasonSignature, reasonOf(t, v, token[:i]+strings.Repeat("A", len(token)-i)))
		}
		require.Zero(t, v.Stats().CacheHits)
	})
	t.Run("V08", func(t *testing.T) {
		v := newVerifier(t)
		token := goodToken(time.Now())
		requireGood(t, v, token)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 50 {
					s, err := verify(t, v, token)
					if err != nil || s.Roles()[0] != "stytch_member" || s.Factors()[0].Type != "magic_link" {
						t.Errorf("changed by another request: %v %v %v", s.Roles(), s.Factors(), err)
					}
					s.Roles()[0] = "stytch_admin"
					s.Factors()[0].Type = "totp"
					claims := map[string]any{}
					if err := s.CustomClaims(&claims); err != nil || claims["tutorial"] != "T3" {
						t.Errorf("custom claims %v: %v", claims, err)
					}
					claims["tutorial"] = "T4"
				}
			})
		}
		all.Wait()
	})
	t.Run("V09", func(t *testing.T) {
		// Nothing that is remembered keeps a token or its payload alive: two hundred
		// tokens of fifteen kilobytes cost what two hundred sessions cost.
		v := newVerifier(t)
		requireGood(t, v, goodToken(time.Now()))
		before := liveHeap()
		for n := range 200 {
			o := goodClaims(time.Now()).with("sub", "member-test-"+strconv.Itoa(n))
			o = o.with(sessionClaim, o[sessionClaim].(object).with("attributes", object{"user_agent": strings.Repeat("x", 10_000)}))
			requireGood(t, v, sign(mainKey(), goodHeader, o.json()))
		}
		require.Less(t, liveHeap()-before, int64(200*2000))
		require.Equal(t, 201, v.Stats().CacheEntries)
	})
	t.Run("V10", func(t *testing.T) {
		// Two projects in one process, with the same keys: what one has seen, the
		// other has not.
		v := newVerifier(t)
		other := newVerifier(t, func(c *Config) { c.ProjectID = "project-test-22222222-2222-4333-8444-555555555555" })
		token := goodToken(time.Now())
		requireGood(t, v, token)
		requireGood(t, v, token)
		require.Equal(t, ReasonIssuer, reasonOf(t, other, token))
		require.Zero(t, other.Stats().CacheHits)
	})
	t.Run("V11", func(t *testing.T) {
		// A refusal is not remembered: a token passes once its time has come.
		inBubble(t, func(t *testing.T, v *Verifier, keys *keyServer) {
			early := goodToken(time.Now().Add(time.Minute))
			require.Equal(t, ReasonNotYet, reasonOf(t, v, early))
			time.Sleep(time.Minute)
			requireGood(t, v, early)
			token := fresh(otherKID)
			require.Equal(t, ReasonUnknownKey, reasonOf(t, v, token))
			keys.set(func(s *keyServer) {
				s.body = jwks(jwkOf(testKID, &mainKey().PublicKey), jwkOf(otherKID, &otherKey().PublicKey))
			})
			time.Sleep(defaultKeyCooldown)
			requireGood(t, v, token)
		})
	})
	t.Run("V13", func(t *testing.T) {
		v := newVerifier(t)
		signature, attribute := verifiedAndMasked(t, v)
		file, err := os.Create(filepath.Join(t.TempDir(), "heap"))
		require.NoError(t, err)
		runtime.GC()
		debug.WriteHeapDump(file.Fd())
		require.NoError(t, file.Close())
		dump, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		for i := range dump { // compared masked, so that the search itself leaves no trace
			dump[i] ^= 0x55
		}
		require.Positive(t, bytes.Count(dump, mask(strings.TrimPrefix(testSession, "member-"))), "the session is there")
		require.Zero(t, bytes.Count(dump, signature), "the token is not")
		require.Zero(t, bytes.Count(dump, attribute), "nor is the part of it that is not kept")
		runtime.KeepAlive(v)
	})
}

// verifiedAndMasked verifies a token that no other test has, and returns a part of its
// signature and of its payload in a form in which a heap dump does not show them.
//
//go:noinline
func verifiedAndMasked(t *testing.T, v *Verifier) (signature, attribute []byte) {
	text := "agent " + rand.Text()
	// Put in after encoding, since the encoder keeps its buffers.
	token := sign(mainKey(), goodHeader, strings.Replace(goodClaims(time.Now()).json(), "Mozilla/5.0", text, 1))
	requireGood(t, v, token)
	return mask(token[len(token)-120 : len(token)-60]), mask(text)
}

func mask(s string) []byte {
	b := []byte(s)
	for i := range b {
		b[i] ^= 0x55
	}
	return b
}

func endingAt(o object, end time.Time) object {
	return o.with(sessionClaim, o[sessionClaim].(object).with("expires_at", end.UTC().Format(time.RFC3339)))
}

// someSession is a session that weighs about as much as it claims to.
func someSession(t testing.TB, n, claims int) grimoireauth.Session {
	fields := grimoireauth.SessionFields{
		ID:           grimoireauth.SessionID(strings.Replace(testSession, "444444444444", strconv.Itoa(1e11+n), 1)),
		Member:       grimoireauth.MemberID(strings.Replace(testMember, "444444444444", strconv.Itoa(1e11+n), 1)),
		Organization: testClass,
		Roles:        []string{"stytch_member", "tutor"},
		Factors:      make([]grimoireauth.Factor, 1),
	}
	if claims > 0 {
		fields.CustomClaims = []byte(`{"x":"` + strings.Repeat("x", claims) + `"}`)
	}
	s, err := grimoireauth.NewSession(fields)
	require.NoError(t, err)
	return s
}

// TestTokenCacheIsBounded (V04): in entries, and in bytes where entries are heavy.
func TestTokenCacheIsBounded(t *testing.T) {
	now := time.Now().Unix()
	for name, weight := range map[string]uint16{"light": 8, "as planned": 16, "heavy": 100} {
		t.Run("V04/"+name, func(t *testing.T) {
			s := newTokenCache(1000)
			session := someSession(t, 0, 0)
			newest := 0
			for n := range 20_000 {
				d := numbered(n)
				s.add(&cacheEntry{digest: d, session: session, issued: uint32(now), life: 300, weight: weight}, now)
				entries, bytes := s.size()
				require.LessOrEqual(t, entries, 1000)
				require.LessOrEqual(t, bytes, 1000*bytesPerOne)
				if s.find(&d) != nil {
					newest++
				}
			}
			require.Equal(t, 20_000, newest, "the newcomer is always there")
			entries, _ := s.size()
			require.Greater(t, entries, min(1000, 1000*bytesPerOne/(int(weight)*64))*8/10, "and not at the price of all others")
			found, bytes := count(s)
			require.Equal(t, entries, found)
			_, booked := s.size()
			require.Equal(t, booked, bytes)
		})
	}
	t.Run("V05/digests that begin alike", func(t *testing.T) {
		s := newTokenCache(10)
		mine := numbered(0)
		s.add(&cacheEntry{digest: mine, issued: uint32(now), life: 300, weight: 8}, now)
		for i := 8; i < len(mine); i++ { // by the first eight bytes they share a bucket
			other := mine
			other[i] ^= 1
			require.Nil(t, s.find(&other), "byte %d", i)
		}
		require.NotNil(t, s.find(&mine))
	})
	t.Run("V05/twice", func(t *testing.T) {
		s := newTokenCache(10)
		for range 3 {
			s.add(&cacheEntry{digest: numbered(0), issued: uint32(now), life: 300, weight: 8}, now)
		}
		entries, bytes := s.size()
		require.Equal(t, 1, entries)
		require.Equal(t, 8*64, bytes)
	})
	t.Run("V04/heavier than everything", func(t *testing.T) {
		s := newTokenCache(10)
		d := numbered(0)
		s.add(&cacheEntry{digest: d, weight: 10*bytesPerOne/64 + 1, issued: uint32(now), life: 300}, now)
		require.Nil(t, s.find(&d))
	})
	t.Run("V04/none", func(t *testing.T) {
		v := newVerifier(t, func(c *Config) { c.CacheSize = -1 })
		token := goodToken(time.Now())
		requireGood(t, v, token)
		requireGood(t, v, token)
		require.Zero(t, v.Stats().CacheHits)
		require.Zero(t, v.Stats().CacheEntries)
	})
	t.Run("V04/one", func(t *testing.T) {
		v := newVerifier(t, func(c *Config) { c.CacheSize = 1 })
		for n := range 5 {
			token := sign(mainKey(), goodHeader, goodClaims(time.Now()).with("n", n).json())
			requireGood(t, v, token)
			requireGood(t, v, token)
			require.EqualValues(t, n+1, v.Stats().CacheHits)
			require.Equal(t, 1, v.Stats().CacheEntries)
		}
	})
	t.Run("V04/expired entries go first", func(t *testing.T) {
		s := newTokenCache(1000)
		for n := range 900 {
			s.add(&cacheEntry{digest: numbered(n), issued: uint32(now - 1000), life: 300, weight: 8}, now-1000)
		}
		for n := range 900 {
			s.add(&cacheEntry{digest: numbered(1000 + n), issued: uint32(now), life: 300, weight: 8}, now)
		}
		lost := 0
		for n := range 900 {
			d := numbered(1000 + n)
			if s.find(&d) == nil {
				lost++
			}
		}
		require.Less(t, lost, 150)
	})
	t.Run("V04/the same twice", func(t *testing.T) {
		s := newTokenCache(10)
		for range 3 {
			s.add(&cacheEntry{digest: numbered(1), issued: uint32(now), life: 300, weight: 8}, now)
		}
		entries, bytes := s.size()
		require.Equal(t, 1, entries)
		require.Equal(t, 8*64, bytes)
	})
	t.Run("V04/one bucket", func(t *testing.T) {
		s := newTokenCache(5) // a table of one bucket
		for n := range 100 {
			s.add(&cacheEntry{digest: numbered(n), issued: uint32(now), life: 300, weight: 8}, now)
		}
		entries, _ := s.size()
		require.Positive(t, entries)
		require.LessOrEqual(t, entries, 5)
	})
}

// count counts what is really in the table.
func count(s *tokenCache) (entries, bytes int) {
	for i := range *s.table.Load() {
		if e := (*s.table.Load())[i].entries.Load(); e != nil {
			entries += len(*e)
			bytes += weightOf(*e)
		}
	}
	return entries, bytes
}

// TestTokenCacheConcurrently (V12): readers and writers at once, under eviction; whoever
// is found is the right one.
func TestTokenCacheConcurrently(t *testing.T) {
	now := time.Now().Unix()
	s := newTokenCache(200)
	sessions := make([]grimoireauth.Session, 1000)
	for n := range sessions {
		sessions[n] = someSession(t, n, 0)
	}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 5000 {
				n := (i*7 + worker*13) % len(sessions)
				d := numbered(n)
				if e := s.find(&d); e != nil {
					if e.session.ID() != sessions[n].ID() {
						t.Errorf("%d found as %v", n, e.session)
						return
					}
					continue
				}
				s.add(&cacheEntry{digest: d, session: sessions[n], issued: uint32(now), life: 300, weight: 8}, now)
			}
		})
	}
	all.Wait()
	held, _ := s.size()
	found, _ := count(s)
	require.Equal(t, held, found)
	require.LessOrEqual(t, held, 200)
}

// TestOddTimesAreNotRemembered: tokens whose times do not follow from those that an
// entry keeps are verified every time.
func TestOddTimesAreNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVerifier(t)
		now := time.Now()
		for _, o := range []object{
			goodClaims(now).with("nbf", now.Unix()+1),
			goodClaims(now).with("iat", number(strconv.FormatInt(now.Unix(), 10)+".5")),
		} {
			token := sign(mainKey(), goodHeader, o.json())
			requireGood(t, v, token)
			requireGood(t, v, token)
		}
		require.Zero(t, v.Stats().CacheHits)
		require.NoError(t, v.Wait(t.Context()))
	})
}
