package jwtlocal

import (
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

const liveProject = "project-live-" + testUUID

func TestWho(t *testing.T) {
	now := time.Now()
	v := newVerifier(t)
	good := goodClaims(now)
	ours := "stytch.com/" + testProject
	signed := func(o object) string { return sign(mainKey(), goodHeader, o.json()) }
	with := func(name string, value any) string { return signed(good.with(name, value)) }
	session := func(o object) string { return with(sessionClaim, o) }
	class := func(o object) string { return with(classClaim, o) }
	sessionObject, classObject := good[sessionClaim].(object), good[classClaim].(object)

	cases := []refusalCase{
		{"J60", "iss missing", signed(good.without("iss")), ReasonIssuer},
		{"J60", "iss empty", with("iss", ""), ReasonIssuer},
		{"J60", "iss null", with("iss", nil), ReasonClaims},
		{"J60", "iss an array", with("iss", []string{ours}), ReasonClaims},
		{"J60", "iss a number", with("iss", 1), ReasonClaims},
		{"J60", "another project", with("iss", "stytch.com/project-test-22222222-2222-4333-8444-555555555555"), ReasonIssuer},
		{"J60", "the live project", with("iss", "stytch.com/"+liveProject), ReasonIssuer},
		{"J60", "a prefix", with("iss", "evil.stytch.com/"+testProject), ReasonIssuer},
		{"J60", "a suffix", with("iss", ours+".evil.example"), ReasonIssuer},
		{"J60", "a trailing slash", with("iss", ours+"/"), ReasonIssuer},
		{"J60", "a scheme", with("iss", "https://"+ours), ReasonIssuer},
		{"J60", "upper case", with("iss", strings.ToUpper(ours)), ReasonIssuer},
		{"J60", "an IDN homograph", with("iss", strings.Replace(ours, "c", "с", 1)), ReasonIssuer},
		{"J60", "a port", with("iss", strings.Replace(ours, "stytch.com", "stytch.com:443", 1)), ReasonIssuer},
		{"J60", "the API host without a custom domain", with("iss", "https://test.stytch.com"), ReasonIssuer},
		{"J60", "the live API host", with("iss", "https://api.stytch.com"), ReasonIssuer},
		{"J60", "cut short", with("iss", ours[:len(ours)-1]), ReasonIssuer},

		{"J61", "aud missing", signed(good.without("aud")), ReasonAudience},
		{"J61", "aud empty", with("aud", ""), ReasonAudience},
		{"J61", "aud null", with("aud", nil), ReasonClaims},
		{"J61", "an empty array", with("aud", []string{}), ReasonClaims},
		{"J61", "another project", with("aud", []string{"project-test-22222222-2222-4333-8444-555555555555"}), ReasonAudience},
		{"J61", "the live project", with("aud", []string{liveProject}), ReasonAudience},
		{"J61", "a null in the array", with("aud", []any{nil}), ReasonClaims},
		{"J61", "a number in the array", with("aud", []any{testProject, 1}), ReasonClaims},
		{"J61", "a nested array", with("aud", [][]string{{testProject}}), ReasonClaims},
		{"J61", "an object", with("aud", object{"aud": testProject}), ReasonClaims},
		{"J61", "ours and another", with("aud", []string{testProject, "other"}), ReasonAudience},
		{"J61", "another and ours", with("aud", []string{"other", testProject}), ReasonAudience},
		{"J61", "ours twice", with("aud", []string{testProject, testProject}), ReasonAudience},
		{"J61", "upper case", with("aud", strings.ToUpper(testProject)), ReasonAudience},

		{"J62", "sub missing", signed(good.without("sub")), ReasonSubject},
		{"J62", "sub empty", with("sub", ""), ReasonSubject},
		{"J62", "sub null", with("sub", nil), ReasonClaims},
		{"J62", "sub a number", with("sub", 1), ReasonClaims},
		{"J62", "nothing after the prefix", with("sub", "member-test-"), ReasonSubject},
		{"J62", "a live member", with("sub", strings.Replace(testMember, "test", "live", 1)), ReasonSubject},
		{"J62", "a user of a Consumer project", with("sub", "user-test-"+testUUID), ReasonSubject},
		{"J62", "a session id", with("sub", testSession), ReasonSubject},
		{"J62", "something in front", with("sub", "x"+testMember), ReasonSubject},
		{"J62", "upper case", with("sub", strings.ToUpper(testMember)), ReasonSubject},
		{"J62", "a space behind", with("sub", testMember+" "), ReasonSubject},
		{"J62", "a slash within", with("sub", testMember+"/x"), ReasonSubject},
		{"J62", "129 bytes", with("sub", "member-test-"+strings.Repeat("x", 117)), ReasonSubject},

		{"J63", "session missing", signed(good.without(sessionClaim)), ReasonSession},
		{"J63", "session null", with(sessionClaim, nil), ReasonClaims},
		{"J63", "session a string", with(sessionClaim, testSession), ReasonClaims},
		{"J63", "session an array", with(sessionClaim, []object{sessionObject}), ReasonClaims},
		{"J63", "session empty", session(object{}), ReasonSession},
		{"J63", "id missing", session(sessionObject.without("id")), ReasonSession},
		{"J63", "id empty", session(sessionObject.with("id", "")), ReasonSession},
		{"J63", "id null", session(sessionObject.with("id", nil)), ReasonClaims},
		{"J63", "a live session", session(sessionObject.with("id", strings.Replace(testSession, "test", "live", 1))), ReasonSession},
		{"J63", "nothing after the prefix", session(sessionObject.with("id", "session-test-")), ReasonSession},
		{"J63", "129 bytes", session(sessionObject.with("id", "session-test-"+strings.Repeat("x", 116))), ReasonSession},

		{"J64", "organization missing", signed(good.without(classClaim)), ReasonOrganization},
		{"J64", "organization null", with(classClaim, nil), ReasonClaims},
		{"J64", "organization an array", with(classClaim, []object{classObject}), ReasonClaims},
		{"J64", "organization a string", with(classClaim, testClass), ReasonClaims},
		{"J64", "id missing", class(classObject.without("organization_id")), ReasonOrganization},
		{"J64", "id empty", class(classObject.with("organization_id", "")), ReasonOrganization},
		{"J64", "id null", class(classObject.with("organization_id", nil)), ReasonClaims},
		{"J64", "a live organization", class(classObject.with("organization_id", strings.Replace(testClass, "test", "live", 1))), ReasonOrganization},
		{"J64", "the slug for the id", class(classObject.with("organization_id", "laws1100-2025-s2")), ReasonOrganization},
		{"J64", "nothing after the prefix", class(classObject.with("organization_id", "organization-test-")), ReasonOrganization},

		{"J66", "an access token", signed(good.without(sessionClaim).with("scope", "openid profile").with("client_id", "connected-app-test-"+testUUID)), ReasonOtherToken},
		{"J66", "an access token with a session", signed(good.with("scope", "openid profile").with("client_id", "connected-app-test-"+testUUID)), ReasonOtherToken},
		{"J66", "an M2M token", signed(good.without(sessionClaim).without(classClaim).with("sub", "m2m-client-test-"+testUUID).with("scope", "read:users")), ReasonSession},
		{"J66", "an id token", signed(good.without(sessionClaim).with("nonce", "n").with("email", "student@example.edu")), ReasonSession},
		{"J66", "an id token for an app", signed(good.without(sessionClaim).with("aud", "connected-app-test-"+testUUID)), ReasonAudience},
		{"J66", "an assertion of another form", signed(object{"Assertion": object{"Subject": testMember}, "exp": now.Unix() + 300}), ReasonIssuer},
	}
	requireRefusals(t, v, cases)
}

// TestEnvironments (J61, J62): a verifier of one environment takes nothing of the
// other, not even signed by the same key.
func TestEnvironments(t *testing.T) {
	now := time.Now()
	test := goodClaims(now)
	live := strings.ReplaceAll(test.json(), "-test-", "-live-")
	keys := newKeyServer()
	for project, own := range map[string]string{testProject: test.json(), liveProject: live} {
		v := newVerifier(t, func(c *Config) { c.ProjectID, c.Transport = project, keys })
		for _, payload := range []string{test.json(), live} {
			_, err := verify(t, v, sign(mainKey(), goodHeader, payload))
			if payload == own {
				require.NoError(t, err)
			} else {
				requireRefused(t, err)
			}
		}
	}
	require.Equal(t, []string{"https://api.stytch.com/v1/b2b/sessions/jwks/" + liveProject, "https://test.stytch.com/v1/b2b/sessions/jwks/" + testProject}, sorted(keys.paths))
}

// TestCustomDomain (J60): its URL is an issuer exactly when it is configured, and
// then the project's own issuer still is one too.
func TestCustomDomain(t *testing.T) {
	now := time.Now()
	keys := newKeyServer()
	v := newVerifier(t, func(c *Config) { c.BaseURL, c.Transport = "https://login.example.edu/", keys })
	for issuer, good := range map[string]bool{
		"https://login.example.edu":  true,
		"stytch.com/" + testProject:  true,
		"https://login.example.edu/": false,
		"http://login.example.edu":   false,
		"login.example.edu":          false,
		"https://LOGIN.example.edu":  false,
		"https://test.stytch.com":    false,
		"":                           false,
	} {
		_, err := verify(t, v, sign(mainKey(), goodHeader, goodClaims(now).with("iss", issuer).json()))
		if good {
			require.NoError(t, err, issuer)
		} else {
			requireRefused(t, err)
		}
	}
	require.Equal(t, []string{"https://login.example.edu/v1/b2b/sessions/jwks/" + testProject}, keys.paths)

	// Stytch's own host, named as the base URL, is no custom domain.
	v = newVerifier(t, func(c *Config) { c.BaseURL = "https://test.stytch.com" })
	require.Equal(t, ReasonIssuer, reasonOf(t, v, sign(mainKey(), goodHeader, goodClaims(now).with("iss", "https://test.stytch.com").json())))
}

// TestRemovedMember (J67): a token stays good for five minutes at most after its
// member, class or session is gone, and not at all in a process that was told.
func TestRemovedMember(t *testing.T) {
	for name, c := range map[string]struct {
		revocation grimoireauth.Revocation
		want       error
	}{
		"member":  {grimoireauth.Revocation{Member: testMember}, grimoireauth.ErrExpired},
		"class":   {grimoireauth.Revocation{Class: testClass}, grimoireauth.ErrExpired},
		"session": {grimoireauth.Revocation{Session: testSession}, grimoireauth.ErrSessionEnded},
	} {
		t.Run("J67/"+name, func(t *testing.T) {
			revocations := new(MemoryRevocations)
			v := newVerifier(t, func(config *Config) { config.Revocations = revocations })
			token := goodToken(time.Now().Add(-time.Minute))
			_, err := verify(t, v, token)
			require.NoError(t, err)
			require.NoError(t, revocations.Add(t.Context(), c.revocation))
			_, err = verify(t, v, token)
			require.ErrorIs(t, err, c.want)
			requireRefused(t, err)
		})
	}
}
