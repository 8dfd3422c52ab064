package jwtlocal

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// number is a JSON number in the spelling given.
func number(s string) json.Number { return json.Number(s) }

func TestTimes(t *testing.T) {
	now := time.Now()
	v := newVerifier(t)
	good := goodClaims(now)
	signed := func(o object) string { return sign(mainKey(), goodHeader, o.json()) }
	raw := func(name, value string) string {
		return sign(mainKey(), goodHeader, inserted(good.without(name).json(), "", `"`+name+`":`+value))
	}
	ends := func(value any) string {
		return signed(good.with(sessionClaim, good[sessionClaim].(object).with("expires_at", value)))
	}
	starts := func(value any) string {
		return signed(good.with(sessionClaim, good[sessionClaim].(object).with("started_at", value)))
	}
	sec := now.Unix()

	var cases []refusalCase
	for _, name := range []string{"exp", "iat", "nbf"} {
		row := map[string]string{"exp": "J50", "iat": "J52", "nbf": "J53"}[name]
		for _, value := range []string{
			`null`, `"` + fmt.Sprint(sec+100) + `"`, `true`, `{}`, `[]`, `-1`, `-0`, `""`,
			fmt.Sprintf("[%d]", sec+100), fmt.Sprintf("-%d", sec), fmt.Sprintf("%de0", sec+100), fmt.Sprintf("%d.5e1", sec/10),
		} {
			cases = append(cases, refusalCase{row, name + " " + value, raw(name, value), ReasonClaims})
		}
		for _, value := range []string{"1e400", "1e308", "1e19", "-1e19", "9223372036854775808", "9223372036854775807", "4294967296", "99999999999", "18446744073709551615", "NaN", "Infinity"} {
			cases = append(cases, refusalCase{"J51", name + " " + value, raw(name, value), ReasonClaims})
		}
	}
	cases = append(cases,
		refusalCase{"J50", "exp missing", signed(good.without("exp")), ReasonLifetime},
		refusalCase{"J50", "exp 0", raw("exp", "0"), ReasonLifetime},
		refusalCase{"J50", "exp an hour ago", signed(goodClaims(now.Add(-time.Hour))), ReasonExpired},
		refusalCase{"J51", "exp at the end of 32 bits", raw("exp", "4294967295"), ReasonLifetime},
		refusalCase{"J52", "iat missing", signed(good.without("iat")), ReasonLifetime},
		refusalCase{"J52", "iat missing, exp in 1970", signed(good.without("iat").without("nbf").with("exp", 3000)), ReasonLifetime},
		refusalCase{"J52", "iat 0", raw("iat", "0"), ReasonLifetime},
		refusalCase{"J52", "iat in the future", signed(good.with("iat", sec+60)), ReasonNotYet},
		refusalCase{"J52", "iat and all in the future", signed(goodClaims(now.Add(time.Minute))), ReasonNotYet},
		refusalCase{"J53", "nbf in the future", signed(good.with("nbf", sec+60)), ReasonNotYet},
		refusalCase{"J54", "a life of a day", signed(good.with("exp", sec+86_400)), ReasonLifetime},
		refusalCase{"J54", "a life of an hour and a second", signed(good.with("exp", sec+3601)), ReasonLifetime},
		refusalCase{"J54", "an old token with a long life", signed(good.with("iat", sec-86_400)), ReasonLifetime},
		refusalCase{"J54", "exp before iat", signed(good.with("exp", sec-1)), ReasonLifetime},
		refusalCase{"J54", "exp at iat", signed(good.with("exp", sec)), ReasonLifetime},
		refusalCase{"J54", "nbf after exp", signed(good.with("nbf", sec+301)), ReasonLifetime},
		refusalCase{"J54", "nbf after exp by a fraction", signed(good.with("nbf", number(fmt.Sprintf("%d.5", sec+300)))), ReasonLifetime},
		refusalCase{"J55", "the session has ended", ends(now.Add(-time.Minute).UTC().Format(time.RFC3339)), ReasonExpired},
		refusalCase{"J55", "the end is garbage", ends("soon"), ReasonClaims},
		refusalCase{"J55", "the end is empty", ends(""), ReasonClaims},
		refusalCase{"J55", "the end is a number", ends(sec + 1000), ReasonClaims},
		refusalCase{"J55", "the end without a zone", ends("2099-01-01T00:00:00"), ReasonClaims},
		refusalCase{"J55", "the end with a comma", ends("2099-01-01T00:00:00,5Z"), ReasonClaims},
		refusalCase{"J55", "the end with an hour of one digit", ends("2099-01-01T1:00:00Z"), ReasonClaims},
		refusalCase{"J55", "the same with a fraction", ends("2099-01-01T1:00:00.25Z"), ReasonClaims},
		refusalCase{"J55", "the end with an offset of a day", ends("2099-01-01T00:00:00+24:00"), ReasonClaims},
		refusalCase{"J55", "the end with an offset of sixty minutes", ends("2099-01-01T00:00:00+01:60"), ReasonClaims},
		refusalCase{"J55", "the end on 30 February", ends("2099-02-30T00:00:00Z"), ReasonClaims},
		refusalCase{"J55", "the end before the start", starts("2098-01-01T00:00:00Z"), ReasonLifetime},
		refusalCase{"J55", "the start is garbage", starts("then"), ReasonClaims},
		refusalCase{"J55", "the last access is garbage", signed(good.with(sessionClaim, good[sessionClaim].(object).with("last_accessed_at", "then"))), ReasonClaims},
	)
	requireRefusals(t, v, cases)

	// J54: an hour exactly is allowed.
	_, err := verify(t, v, signed(good.with("exp", sec+3600)))
	require.NoError(t, err)
}

// TestTimeEdges (J56, J58): the rule is fixed to the nanosecond, and the same on
// first sight and for a remembered token; leeway is allowed once.
func TestTimeEdges(t *testing.T) {
	for _, leeway := range []time.Duration{0, -1, time.Second, 30 * time.Second} {
		for _, remembered := range []bool{false, true} {
			t.Run(fmt.Sprintf("J56/leeway %v, remembered %v", leeway, remembered), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := newVerifier(t, func(c *Config) {
						c.Leeway = leeway
						if !remembered {
							c.CacheSize = -1
						}
					})
					allowed := map[time.Duration]time.Duration{0: 5 * time.Second, -1: 0}[leeway]
					if leeway > 0 {
						allowed = leeway
					}
					issued := time.Now().Add(time.Minute)
					token := goodToken(issued)
					at := func(moment time.Time, want Reason) {
						t.Helper()
						time.Sleep(time.Until(moment))
						require.Equal(t, want.String(), reasonOf(t, v, token).String(), "at issue%+v", time.Since(issued))
					}
					at(issued.Add(-allowed-1), ReasonNotYet)
					at(issued.Add(-allowed), 0)
					at(issued, 0)
					at(issued.Add(300*time.Second-1), 0)
					if allowed > 0 {
						at(issued.Add(300*time.Second), 0)
						at(issued.Add(300*time.Second+allowed-1), 0)
					}
					at(issued.Add(300*time.Second+allowed), ReasonExpired)
					at(issued.Add(300*time.Second+allowed+1), ReasonExpired)
					require.NoError(t, v.Wait(t.Context()))
				})
			})
		}
	}
}

// TestOtherEdges (J56): nbf, the end of the session and MaxAge are as exact as exp,
// and fractions are read to the token's disadvantage.
func TestOtherEdges(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		change  func(o object, issued time.Time) object
		maxAge  time.Duration
		from    time.Duration // since issue: the first moment at which it passes
		until   time.Duration // the first moment at which it does not
		early   Reason
		afterIt Reason
	}{
		"J56/plain": {nil, 0, 0, 300 * s, ReasonNotYet, ReasonExpired},
		"J56/nbf later": {func(o object, issued time.Time) object { return o.with("nbf", issued.Unix()+10) },
			0, 10 * s, 300 * s, ReasonNotYet, ReasonExpired},
		"J56/nbf earlier": {func(o object, issued time.Time) object { return o.with("nbf", issued.Unix()-10) },
			0, 0, 300 * s, ReasonNotYet, ReasonExpired},
		"J56/the session ends first": {func(o object, issued time.Time) object {
			return o.with(sessionClaim, o[sessionClaim].(object).with("expires_at", issued.Add(100*s).UTC().Format(time.RFC3339)))
		}, 0, 0, 100 * s, ReasonNotYet, ReasonExpired},
		"J56/the session ends within a second": {func(o object, issued time.Time) object {
			return o.with(sessionClaim, o[sessionClaim].(object).with("expires_at", issued.Add(100*s+s/2).UTC().Format(time.RFC3339Nano)))
		}, 0, 0, 100 * s, ReasonNotYet, ReasonExpired},
		"J56/MaxAge": {nil, time.Minute, 0, time.Minute, ReasonNotYet, ReasonTooOld},
		"J51/exp with a fraction": {func(o object, issued time.Time) object {
			return o.with("exp", number(fmt.Sprintf("%d.99999999999999999999", issued.Unix()+300)))
		}, 0, 0, 300 * s, ReasonNotYet, ReasonExpired},
		"J51/iat with a fraction": {func(o object, issued time.Time) object {
			return o.with("iat", number(fmt.Sprintf("%d.01", issued.Unix())))
		}, 0, s, 300 * s, ReasonNotYet, ReasonExpired},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVerifier(t, func(config *Config) { config.Leeway, config.MaxAge = -1, c.maxAge })
				issued := time.Now().Add(time.Minute)
				claims := goodClaims(issued)
				if c.change != nil {
					claims = c.change(claims, issued)
				}
				token := sign(mainKey(), goodHeader, claims.json())
				for _, step := range []struct {
					after time.Duration
					want  Reason
				}{{c.from - 1, c.early}, {c.from, 0}, {c.from, 0}, {c.until - 1, 0}, {c.until, c.afterIt}, {c.until + 1, c.afterIt}} {
					time.Sleep(time.Until(issued.Add(step.after)))
					require.Equal(t, step.want.String(), reasonOf(t, v, token).String(), "%v after issue", step.after)
				}
				require.NoError(t, v.Wait(t.Context()))
			})
		})
	}
}

// TestStaleIsExpired: what is genuine and merely stale is told apart from what is
// bad, and both from what is not known.
func TestStaleIsExpired(t *testing.T) {
	now := time.Now()
	v := newVerifier(t, func(c *Config) { c.MaxAge = time.Minute })
	for _, token := range []string{goodToken(now.Add(-time.Hour)), goodToken(now.Add(-2 * time.Minute))} {
		_, err := verify(t, v, token)
		require.ErrorIs(t, err, grimoireauth.ErrExpired)
		requireRefused(t, err)
	}
	// Stale, but of another project, or by another key: bad.
	for _, token := range []string{
		sign(otherKey(), goodHeader, goodClaims(now.Add(-time.Hour)).json()),
		sign(mainKey(), goodHeader, goodClaims(now.Add(-time.Hour)).with("aud", "project-test-other").json()),
	} {
		_, err := verify(t, v, token)
		require.NotErrorIs(t, err, grimoireauth.ErrExpired)
		requireRefused(t, err)
	}
}

// TestClockJumps (J57): a remembered token is judged by the wall clock, whatever
// the monotonic one says; both readings of time.Now are given as a jump would
// leave them.
func TestClockJumps(t *testing.T) {
	v := newVerifier(t)
	start := time.Now()
	token := goodToken(start)
	_, err := verify(t, v, token)
	require.NoError(t, err)
	d := digestOf(token)
	e := v.keys.Stats().Set.Cache.find(&d)
	require.NotNil(t, e)
	for name, c := range map[string]struct {
		jump time.Duration
		want Reason
	}{
		"none":                  {0, 0},
		"forward past the end":  {10 * time.Minute, ReasonExpired},
		"forward within":        {4 * time.Minute, 0},
		"backward past the iat": {-10 * time.Minute, ReasonNotYet},
		"backward and returned": {time.Second, 0},
	} {
		// Add moves both readings; Round(0) drops the monotonic one, which leaves the
		// wall clock alone to decide, as it must.
		for _, now := range []time.Time{start.Add(c.jump), start.Round(0).Add(c.jump)} {
			require.Equal(t, c.want, v.check(t.Context(), &d, e.session, e.times(), now, false).reason, name)
		}
	}
}
