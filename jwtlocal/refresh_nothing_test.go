package jwtlocal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestR14Nothing: garbage, forgeries, tokens of elsewhere and tokens that are older
// than any session cost no call, whatever token they come with.
func TestR14Nothing(t *testing.T) {
	otherKey()
	refreshing(t, func(t *testing.T, v *Verifier, u *upstream) {
		l := u.login(1)
		expired := goodClaims(time.Now().Add(-time.Hour))
		good := u.jwt(l, time.Hour)
		worthless := map[string]string{
			"garbage":           "garbage",
			"garbage with dots": "garbage.garbage.garbage",
			"forged":            sign(otherKey(), goodHeader, expired.json()),
			"cut":               good[:len(good)-4],
			"unsigned":          encode(goodHeader) + "." + encode(expired.json()) + ".",
			"no algorithm":      encode(`{"alg":"none","typ":"JWT"}`) + "." + encode(expired.json()) + ".",
			"another project":   sign(mainKey(), goodHeader, expired.with("aud", []string{"project-test-22222222-2222-4333-8444-555555555555"}).json()),
			"another issuer":    sign(mainKey(), goodHeader, expired.with("iss", "stytch.com/elsewhere").json()),
			"another kind":      sign(mainKey(), goodHeader, expired.without(sessionClaim).json()),
			"unknown key":       sign(otherKey(), `{"alg":"RS256","kid":"`+otherKID+`","typ":"JWT"}`, expired.json()),
			"two years old":     u.jwt(l, 2*366*24*time.Hour),
			"no token":          "",
		}
		for name, jwt := range worthless {
			token := l.token
			if jwt == "" {
				jwt, token = good, "" // nothing to refresh it with
			}
			_, err := authenticate(t, v, grimoireauth.NewCredentials(jwt, token))
			requireRefused(t, err)
			require.NotErrorIs(t, err, grimoireauth.ErrSessionEnded, name)
			_, err = v.Refresh(t.Context(), grimoireauth.NewCredentials(jwt, token))
			requireRefused(t, err)
		}
		for _, token := range []string{"x", "not a token!", "<script>alert(1)</script> and forty more characters", "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uu\nU94=", string(make([]byte, 44)), strings.Repeat("A", 40), testToken + "!", strings.Repeat("A", 516)} {
			_, err := authenticate(t, v, grimoireauth.NewCredentials("", token))
			requireRefused(t, err)
			_, err = authenticate(t, v, grimoireauth.NewCredentials(good, token))
			requireRefused(t, err)
		}
		_, err := authenticate(t, v, grimoireauth.NewCredentials(u.jwt(l, -time.Hour), l.token))
		requireUnavailable(t, err) // genuine, and not yet valid: see TestC10ClockBehind
		_, err = authenticate(t, v, grimoireauth.Credentials{})
		require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)
		for n := range 100_000 {
			_, err := authenticate(t, v, grimoireauth.NewCredentials(fmt.Sprintf("%s.%x.%x", encode(goodHeader), n, n*n), l.token))
			if !errors.Is(err, grimoireauth.ErrUnauthenticated) {
				t.Fatal(err)
			}
		}
		require.Zero(t, u.count())
	})
}
