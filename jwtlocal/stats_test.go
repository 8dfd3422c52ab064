package jwtlocal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestStats: what happened is counted, by reason, and fit for JSON.
func TestStats(t *testing.T) {
	v := newVerifier(t)
	require.Equal(t, Stats{Refused: map[Reason]uint64{}}, v.Stats())
	now := time.Now()
	good := goodToken(now)
	for range 3 {
		requireGood(t, v, good)
	}
	for _, token := range []string{"x", "y", strings.Repeat("x", maxToken+1), goodToken(now.Add(-time.Hour)), sign(otherKey(), goodHeader, "{}"), fresh(otherKID)} {
		_, err := verify(t, v, token)
		require.Error(t, err)
	}
	s := v.Stats()
	require.EqualValues(t, 2, s.CacheHits)
	require.EqualValues(t, 3, s.CacheMisses, "the good one, the old one and the forged one")
	require.Equal(t, 1, s.CacheEntries)
	require.Positive(t, s.CacheBytes)
	require.Equal(t, 1, s.Keys)
	require.Positive(t, s.KeyAge)
	require.EqualValues(t, 1, s.Fetches)
	require.Zero(t, s.FetchFailures)
	require.NoError(t, s.LastFetchError)
	require.Equal(t, map[Reason]uint64{ReasonMalformed: 2, ReasonTooLong: 1, ReasonExpired: 1, ReasonSignature: 1, ReasonUnknownKey: 1}, s.Refused)
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(text), `"too_long":1`)
}

// TestNothingLeaks (S01, S03, S04): no part of a token or of what came with it
// appears in an error, an event or the log; the error does not tell why.
func TestNothingLeaks(t *testing.T) {
	var log bytes.Buffer
	var events eventLog
	v := newVerifier(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Observe = events.observe
	})
	now := time.Now()
	hidden := []string{"hidden-payload-1234", "hidden-kid-5678", "hidden-header-9012", "student@example.edu", "203.0.113.17"}
	secret := goodClaims(now).with("x", hidden[0])
	var out strings.Builder
	for _, token := range []string{
		goodToken(now.Add(-time.Hour)),
		sign(mainKey(), goodHeader, secret.with("aud", "hidden-payload-1234").json()),
		sign(mainKey(), goodHeader, secret.with("iss", "hidden-payload-1234").json()),
		sign(mainKey(), goodHeader, secret.with("sub", "hidden-payload-1234").json()),
		sign(mainKey(), goodHeader, `{"hidden-payload-1234":`),
		sign(mainKey(), `{"alg":"RS256","kid":"hidden-kid-5678"}`, secret.json()),
		sign(mainKey(), `{"alg":"hidden-header-9012","kid":"hidden-kid-5678"}`, secret.json()),
		sign(otherKey(), goodHeader, secret.json()),
		"hidden-payload-1234",
		strings.Repeat("hidden-payload-1234", 1000),
	} {
		_, err := verify(t, v, token)
		if err != errExpired {
			require.Equal(t, errRejected, err, "all that is bad is bad in the same words")
		}
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", err, err, err, err, err)
		for i := 0; i+24 <= len(token); i += 8 {
			hidden = append(hidden, token[i:i+24])
		}
	}
	fmt.Fprintf(&out, "%v %+v %#v\n", events.all(), events.all(), events.all())
	stats, err := json.Marshal(v.Stats())
	require.NoError(t, err)
	all := out.String() + log.String() + string(stats) + fmt.Sprintf("%+v", v.Stats())
	for _, h := range hidden {
		require.NotContains(t, all, h)
	}
	require.Contains(t, log.String(), "unknown_key")
	require.Contains(t, log.String(), testMember, "whose token it was, if it is genuine")
}

// TestQuietLog: nothing is logged above debug, and nothing at all when debug is off.
func TestQuietLog(t *testing.T) {
	var log bytes.Buffer
	v := newVerifier(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	_, err := verify(t, v, "x")
	require.Error(t, err)
	require.Empty(t, log.String())
}

// TestRefusalEvents: each refusal is one event with its reason, under the context of
// the request.
func TestRefusalEvents(t *testing.T) {
	type mark struct{}
	var got []string
	v := newVerifier(t, func(c *Config) {
		c.Observe = func(ctx context.Context, e grimoireauth.Event) {
			if r, ok := e.(grimoireauth.TokenRefused); ok {
				require.Equal(t, "request", ctx.Value(mark{}))
				got = append(got, r.Reason)
			}
		}
	})
	ctx := context.WithValue(t.Context(), mark{}, "request")
	for _, token := range []string{"x", fresh(testKID), goodToken(time.Now().Add(-time.Hour))} {
		_, _ = v.Verify(ctx, grimoireauth.NewSecret(token))
	}
	require.Equal(t, []string{"malformed", "expired"}, got)
}

// TestCost: refusing allocates nothing before an RSA operation, whatever is
// presented, and verifying stays within its budget.
func TestCost(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	now := time.Now()
	v := newVerifier(t)
	good := goodToken(now)
	requireGood(t, v, good)
	segments := strings.Split(good, ".")
	for name, c := range map[string]struct {
		token string
		most  int
	}{
		"seen before":            {good, 0},
		"garbage":                {strings.Repeat("garbage!", 240), 0},
		"over the cap":           {strings.Repeat("x", maxToken+1), 0},
		"a megabyte":             {strings.Repeat("x", 1<<20), 0},
		"dots":                   {strings.Repeat(".", maxToken), 0},
		"an unsigned token":      {segments[0] + "." + segments[1] + ".", 0},
		"a short signature":      {good[:len(good)-4], 0},
		"a bad signature":        {segments[0] + "." + segments[1] + "." + strings.Repeat("A", 342), 16},
		"alg none":               {encode(`{"alg":"none","kid":"x","typ":"JWT"}`) + "." + segments[1] + ".", 4},
		"an unknown key":         {unsigned("unknown"), 4},
		"garbage for a header":   {strings.Repeat("A", 1000) + "." + segments[1] + "." + segments[2], 4},
		"expired":                {goodToken(now.Add(-time.Hour)), 32},
		"a wrong issuer":         {sign(mainKey(), goodHeader, goodClaims(now).with("iss", "x").json()), 32},
		"spelled with a break":   {segments[0] + "." + segments[1] + "." + segments[2][:341] + "\n", 4},
		"base64 that is no JSON": {sign(mainKey(), goodHeader, "garbage"), 20},
	} {
		secret := grimoireauth.NewSecret(c.token)
		_, allocs := allocated(200, func() { _, _ = v.Verify(t.Context(), secret) })
		require.LessOrEqual(t, allocs, c.most, name)
	}
	uncached := newVerifier(t, func(c *Config) { c.CacheSize = -1 })
	secret := grimoireauth.NewSecret(good)
	_, allocs := allocated(200, func() { _, _ = uncached.Verify(t.Context(), secret) })
	require.LessOrEqual(t, allocs, 32, "first sight")
}
