package jwtlocal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// reference verifies with golang-jwt and keyfunc and every check that they have.
func reference(t testing.TB, project string) func(token string) error {
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(mainJWKS()))
	require.NoError(t, err)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(project), jwt.WithIssuer("stytch.com/"+project),
		jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithLeeway(defaultLeeway), jwt.WithStrictDecoding())
	return func(token string) error {
		_, err := parser.Parse(token, keys.Keyfunc)
		return err
	}
}

// genuine makes a token such as Stytch issues, or could issue without notice: all
// the variants that must pass.
func genuine(r *rand.Rand, now time.Time, n int) (token string, member grimoireauth.MemberID) {
	pick := func(s ...any) any { return s[r.IntN(len(s))] }
	issued := now.Add(-time.Duration(r.IntN(280)) * time.Second)
	o := goodClaims(issued)
	member = grimoireauth.MemberID(fmt.Sprintf("member-test-%08x-%04x-4222-8333-%012d", r.Uint32(), r.IntN(1<<16), n))
	o = o.with("sub", string(member))
	session := o[sessionClaim].(object)
	session = session.with("id", fmt.Sprintf("%ssession-test-%08x-1111-4222-8333-%012d", pick("", "member-"), r.Uint32(), n))
	session = session.with("roles", pick(nil, []string{}, []string{"stytch_member"}, []string{"stytch_member", "tutor", "custom role, with commas"}, manyStrings(r.IntN(40))))
	session = session.with("attributes", pick(object{"user_agent": "", "ip_address": ""}, object{}, nil, session["attributes"], object{"user_agent": "Mozilla \u00e9\u4e2d\U0001f600 \"quoted\" \\ / \u007f"}))
	if r.IntN(3) == 0 {
		session = session.with("started_at", issued.Add(-time.Hour).UTC().Format(time.RFC3339Nano))
	}
	switch r.IntN(4) {
	case 0:
		session = session.without("roles")
	case 1:
		session = session.without("last_accessed_at")
	case 2:
		session = session.with("authentication_factors", append([]object{{
			"type": "totp", "delivery_method": "authenticator_app", "sequence_order": "SECONDARY", "last_authenticated_at": issued.UTC().Format(time.RFC3339),
			"authenticator_app_factor": object{"totp_id": "member-totp-test-" + testUUID},
		}}, session["authentication_factors"].([]object)...))
	}
	o = o.with(sessionClaim, session)
	o = o.with(classClaim, object{"organization_id": fmt.Sprintf("organization-test-%08x-1111-4222-8333-444444444444", r.IntN(50)), "slug": pick("laws1100", "a.b~c_d-e", "")})
	switch r.IntN(9) {
	case 0:
		o = o.with("aud", testProject)
	case 6:
		o = o.with("aud", pick([]string{testProject, testAudience}, []string{testAudience, testProject}))
	case 1:
		o = o.with("exp", number(fmt.Sprintf("%d.%d", issued.Unix()+300, r.IntN(1e6))))
	case 2:
		o = o.without("nbf")
	case 3:
		o = o.with("iat", number(fmt.Sprintf("%d.0", issued.Unix())))
	case 4:
		o = o.with("custom", object{"nested": []any{1, "two", nil, 3.5e10, object{"deep": true}}, "": "", "text": strings.Repeat("x", r.IntN(3000))})
	case 5:
		o = o.with("https://stytch.com/new", object{"region": "eu"})
	}
	payload := o.json()
	if r.IntN(10) == 0 {
		payload = " " + strings.ReplaceAll(payload, `,"`, ",\n\t\"") + "\n"
	}
	header := pick(goodHeader, goodHeader, `{"alg":"RS256","kid":"`+testKID+`"}`, `{"typ":"JWT","alg":"RS256","kid":"`+testKID+`"}`, `{"alg":"RS256","kid":"`+testKID+`","typ":"JWT","new":1}`)
	return sign(mainKey(), header.(string), payload), member
}

// many is how many tokens a test makes: enough to see every variant, or, by hand
// with GRIMOIRE_LONG=1, a hundred times as many.
func many(n int) int {
	if os.Getenv("GRIMOIRE_LONG") != "" {
		return 100 * n
	}
	return n
}

// TestGenuineTokens: every token that Stytch could issue passes, here and with
// golang-jwt.
func TestGenuineTokens(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	v, theirs := newVerifier(t, withAudiences(testAudience)), reference(t, testProject)
	for n := range many(1000) {
		token, member := genuine(r, time.Now(), n)
		require.LessOrEqual(t, len(token), maxToken)
		for range 2 {
			s, err := verify(t, v, token)
			require.NoError(t, err, token)
			require.Equal(t, member, s.Member())
			require.True(t, strings.HasSuffix(string(s.ID()), fmt.Sprintf("%012d", n)))
		}
		require.NoError(t, theirs(token), token)
	}
}

// TestNothingMoreThanGolangJWT: of genuine tokens that were damaged, before and
// after they were signed, nothing passes here that golang-jwt refuses; and of those
// damaged after, nothing passes at all.
func TestNothingMoreThanGolangJWT(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	t.Logf("seed %d", seed)
	v, theirs := newVerifier(t, withAudiences(testAudience), func(c *Config) { c.KeyCooldown = time.Hour }), reference(t, testProject)
	passed, refused := 0, 0
	for n := range many(400) {
		token, _ := genuine(r, time.Now(), n)
		for range 5 {
			damaged := damage(r, token)
			if _, err := verify(t, v, damaged); err == nil && damaged != token {
				t.Fatalf("passes, and was never signed: %q", damaged)
			}
		}
		segments := strings.Split(token, ".")
		header, _ := strict.DecodeString(segments[0])
		payload, _ := strict.DecodeString(segments[1])
		resigned := sign(mainKey(), string(header), damage(r, string(payload)))
		if r.IntN(4) == 0 {
			resigned = sign(mainKey(), damage(r, string(header)), string(payload))
		}
		if _, err := verify(t, v, resigned); err != nil {
			refused++
			continue
		}
		passed++
		require.NoError(t, theirs(resigned), "passes, and golang-jwt refuses it: %q", resigned)
	}
	t.Logf("%d damaged and signed tokens passed, %d did not", passed, refused)
	require.Positive(t, passed, "the damage must leave something to compare")
	require.Greater(t, refused, passed/10)
}

// damage changes a text in one or a few places.
func damage(r *rand.Rand, s string) string {
	pieces := append([]string{`"`, `\`, "{", "}", "[", "]", ":", ",", "0", "9", "-", ".", "e1", " ", "\n", "\x00", "\xff", "A", "null", `"sub":"x",`, `"exp":1,`, `"Sub":"x",`, `\u0000`, "é"}, odd...)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(s) + 1)
		j := min(len(s), i+r.IntN(4))
		switch r.IntN(4) {
		case 0:
			s = s[:i] + s[j:]
		case 1:
			s = s[:i] + pieces[r.IntN(len(pieces))] + s[i:]
		case 2:
			s = s[:i] + pieces[r.IntN(len(pieces))] + s[j:]
		case 3:
			if i < len(s) {
				b := []byte(s)
				b[i] ^= 1 << r.IntN(8)
				s = string(b)
			}
		}
	}
	return s
}

var odd = []string{`"iat":99999999999,`, `"aud":["x"],`, `"nbf":1e3,`, `"https://stytch.com/session":{},`, `,"sub":"member-test-x"`}
