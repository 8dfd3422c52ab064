package signin

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

var someTime = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

var testHandler = &Handler{config: Config{BaseURL: "https://classes.example.edu", Discovery: true}}

var someID = strings.Repeat("I", 26)

func somePending(change func(*pendingSignIn)) attempt {
	p := pendingSignIn{
		step: stepFactor,
		intermediate: grimoireauth.Intermediate{
			Token: grimoireauth.NewSecret("SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4="), ExpiresAt: someTime.Add(9 * time.Minute),
		},
		class:     "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931",
		slug:      "secure.systems~1",
		className: "Sichere Systeme: Übung \n",
		member:    "member-test-32fc5024-9c09-4da3-bd2e-c9ce4da9375f",
		methods:   []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodSSO},
		allowed:   []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp},
		enrolled:  []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp},
		sent:      true,
	}
	if change != nil {
		change(&p)
	}
	a := someAttempt(nil)
	a.pending, a.until = p, p.intermediate.ExpiresAt.Unix()
	return a
}

func someAttempt(change func(*attempt)) attempt {
	a := attempt{
		id: someID, nonce: strings.Repeat("N", 26), writtenAt: someTime.UnixMilli(), until: someTime.Add(time.Minute).Unix(),
		class: "laws1100", returnTo: "/classes/1?week=3&a=b:c",
	}
	if change != nil {
		change(&a)
	}
	return a
}

var (
	someVerifier = grimoireauth.NewSecret(strings.Repeat("v", 43))
	someToken    = callbackToken{kind: kindLink, slug: "laws1100", token: "c29tZS10b2tlbi10aGF0LXdhcw=="}
)

// Every stage of an attempt can be written into its cookie and read back.
func TestAttemptCookie(t *testing.T) {
	for name, want := range map[string]attempt{
		"nothing yet": someAttempt(nil),
		"a link":      someAttempt(func(a *attempt) { a.requested, a.email = requestLink, "ada+1@example.edu" }),
		"a code":      someAttempt(func(a *attempt) { a.requested, a.email, a.class = requestCode, `"a b;c"@example.edu`, "" }),
		"a reset":     someAttempt(func(a *attempt) { a.requested, a.verifier = requestReset, someVerifier }),
		"a provider":  someAttempt(func(a *attempt) { a.requested, a.verifier = requestOAuth, someVerifier }),
		"a discovery": someAttempt(func(a *attempt) { a.requested, a.verifier, a.class = requestDiscoveryOAuth, someVerifier, "" }),
		"a token":     someAttempt(func(a *attempt) { a.token = someToken }),
		"a question": someAttempt(func(a *attempt) {
			a.account, a.held = "eve@example.edu", grimoireauth.NewSecret(strings.Repeat("h", 96))
		}),
		"a factor":       somePending(nil),
		"another way":    somePending(func(p *pendingSignIn) { p.step = stepPrimary }),
		"all facts":      somePending(func(p *pendingSignIn) { p.discovered, p.phoneGiven, p.appStarted = true, true, true }),
		"a bare pending": somePending(func(p *pendingSignIn) { p.slug, p.className, p.methods, p.allowed, p.enrolled = "", "", nil, nil, nil }),
		"a class to choose": somePending(func(p *pendingSignIn) {
			*p = pendingSignIn{step: stepClass, intermediate: p.intermediate, discovered: true}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := testHandler.attemptOf(someID, attemptCodec.Encode(want), someTime)
			require.True(t, ok, attemptCodec.Encode(want))
			require.Equal(t, attemptCodec.Encode(want), attemptCodec.Encode(got))
			require.True(t, want.verifier.Equal(got.verifier))
			require.Equal(t, want.token, got.token)
			require.Equal(t, []string{want.requested, want.class, want.email, want.returnTo, want.account}, []string{got.requested, got.class, got.email, got.returnTo, got.account})
			got.pending.intermediate = want.pending.intermediate
			require.Equal(t, want.pending, got.pending)
			require.NotContains(t, attemptCodec.Encode(want), " ")
			require.NotRegexp(t, `[<>"',;\\\n]`, attemptCodec.Encode(want))
		})
	}
}

// L02, L08: a cookie that is not exactly as it was written, or with a time longer than
// Stytch gives, is rejected.
func TestL08_AttemptCookieThatIsNone(t *testing.T) {
	good := attemptCodec.Encode(somePending(nil))
	replaced := func(field int, value string) string {
		parts := strings.Split(good, ":")
		parts[field+1] = value // behind the version
		return strings.Join(parts, ":")
	}
	for name, value := range map[string]string{
		"empty":                           "",
		"a session_jwt":                   "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtIn0.c2ln",
		"a session_token":                 "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q",
		"truncated":                       good[:len(good)-1],
		"one field less":                  good[:strings.LastIndex(good, ":")],
		"one field more":                  good + ":",
		"no version":                      good[strings.Index(good, ":")+1:],
		"another version":                 "0" + good[strings.Index(good, ":"):],
		"no nonce":                        replaced(0, ""),
		"written in the future":           replaced(1, strconv.FormatInt(someTime.Add(time.Hour).UnixMilli(), 10)),
		"no time":                         replaced(2, ""),
		"time in another form":            replaced(2, "+1772443740"),
		"a year from now":                 replaced(2, strconv.FormatInt(someTime.AddDate(1, 0, 0).Unix(), 10)),
		"asks for something else":         replaced(3, "session"),
		"asks without a verifier":         replaced(3, requestSSO),
		"a class that is markup":          replaced(4, "%3Cb%3E"),
		"an address that is too long":     replaced(5, strings.Repeat("a", maxEmail+1)),
		"a verifier for nothing":          replaced(7, strings.Repeat("v", 43)),
		"half a token":                    replaced(8, kindLink),
		"a token of another form":         replaced(10, "x%20y"),
		"a session that is not sealed":    replaced(12, someToken.token),
		"an escape that is none":          replaced(23, "%2"),
		"a letter that needs no escape":   replaced(23, "%41"),
		"an escape in lower case":         replaced(23, "%3c"),
		"a letter that needs one":         replaced(23, "a;b"),
		"owes nothing":                    replaced(13, ""),
		"owes something else":             replaced(13, "session"),
		"a class to choose, and a class":  replaced(13, "class"),
		"no end":                          replaced(14, ""),
		"no intermediate":                 replaced(15, ""),
		"an intermediate that is none":    replaced(15, "short"),
		"facts in another order":          replaced(16, "sd"),
		"an unknown fact":                 replaced(16, "sx"),
		"a fact twice":                    replaced(16, "ss"),
		"no owed class":                   replaced(17, ""),
		"an owed class of another form":   replaced(17, "secure-systems"),
		"a slug that is markup":           replaced(18, "%3Cb%3E"),
		"no member":                       replaced(19, ""),
		"a member of another form":        replaced(19, "ada@example.edu"),
		"a method that is markup":         replaced(20, "%3Cb%3E"),
		"an empty method":                 replaced(20, "sso~"),
		"twenty methods":                  replaced(20, strings.Repeat("sso~", 20)+"sso"),
		"an unknown second factor":        replaced(21, "email_otp"),
		"three second factors":            replaced(21, "totp~totp~totp"),
		"an unknown enrolled factor":      replaced(22, "password"),
		"a name that is too long":         replaced(23, strings.Repeat("a", maxName+1)),
		"longer than a cookie":            good + strings.Repeat("A", 4000),
		"a line break":                    good + "\n",
		"a class to choose, undiscovered": attemptCodec.Encode(somePending(func(p *pendingSignIn) { *p = pendingSignIn{step: stepClass, intermediate: p.intermediate} })),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := testHandler.attemptOf(someID, value, someTime)
			require.False(t, ok, value)
		})
	}
	for _, id := range []string{"", "short", someID + "A", strings.ToLower(someID)} {
		_, ok := testHandler.attemptOf(id, good, someTime)
		require.False(t, ok, id)
	}
	a, ok := testHandler.attemptOf(someID, good, someTime)
	require.True(t, ok)
	require.True(t, a.isPending(someTime))
	require.False(t, a.isPending(someTime.Add(9*time.Minute)), "it is known after its time, and worth nothing")
	longer := somePending(func(p *pendingSignIn) {
		p.intermediate.ExpiresAt = someTime.Add(intermediateLife + clockSkew + time.Second)
	})
	require.False(t, longer.isPending(someTime), "longer than Stytch gives, by any clock that signs people in")

	evil, ok := testHandler.attemptOf(someID, attemptCodec.Encode(someAttempt(func(a *attempt) { a.returnTo = "//evil.example" })), someTime)
	require.True(t, ok)
	require.Empty(t, evil.returnTo, "M14: looked at again")
}

// What does not fit into the cookie is left out, if it is only shown on a page.
func TestAttemptThatDoesNotFit(t *testing.T) {
	a := somePending(func(p *pendingSignIn) {
		p.slug = "no slug"
		p.className = strings.Repeat("ß", 300)
		p.methods = append(p.methods, "something; new")
		p.allowed = append(p.allowed, "passkey")
	}).fitted()
	got, ok := testHandler.attemptOf(someID, attemptCodec.Encode(a), someTime)
	require.True(t, ok)
	require.Empty(t, got.pending.slug)
	require.Empty(t, got.pending.className)
	require.Len(t, got.pending.methods, 2)
	require.Len(t, got.pending.allowed, 2)

	largest := somePending(func(p *pendingSignIn) {
		p.intermediate.Token = grimoireauth.NewSecret(strings.Repeat("a", 512))
		p.slug, p.className = strings.Repeat("a", 128), strings.Repeat("é", 256)
		p.methods = p.methods[:0:0]
		for range maxWords {
			p.methods = append(p.methods, grimoireauth.SignInMethod(strings.Repeat("m", 32)))
		}
	})
	largest.returnTo = "/" + strings.Repeat("%20", 682)
	largest.email = strings.Repeat("!", maxEmail)
	fitted := largest.fitted()
	_, ok = testHandler.attemptOf(someID, attemptCodec.Encode(fitted), someTime)
	require.True(t, ok, "%d bytes", len(attemptCodec.Encode(fitted)))
	require.LessOrEqual(t, len(attemptCodec.Encode(fitted)), maxAttempt)
}

// C06: the attempts of a browser are bounded in number and in bytes. The newest are
// kept, and links that were opened without a request are deleted first.
func TestC06_AttemptsOfABrowserAreBounded(t *testing.T) { synctest.Test(t, attemptsAreBounded) }

func attemptsAreBounded(t *testing.T) {
	jar := map[string]string{}
	request := func() *http.Request {
		r := httptest.NewRequest("GET", "/auth/", nil)
		for name, value := range jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		return r
	}
	write := func(a attempt) attempt {
		w := httptest.NewRecorder()
		a = testHandler.keep(w, request(), a)
		for _, cookie := range w.Result().Cookies() {
			if cookie.MaxAge < 0 {
				delete(jar, cookie.Name)
				continue
			}
			jar[cookie.Name] = cookie.Value
		}
		size := 0
		for name, value := range jar {
			size += len(name) + len(value)
		}
		require.LessOrEqual(t, len(jar), maxAttempts)
		require.LessOrEqual(t, size, maxAllAttempts)
		time.Sleep(2 * time.Millisecond) // the order is that of milliseconds
		return a
	}
	has := func(a attempt) bool { return jar[testHandler.cookieName(a.id)] != "" }
	jar["__Host-grimoire_attempt_x"] = "nonsense"
	first := write(newAttempt("laws1100", "/1").requesting(requestLink, "ada@example.edu", time.Hour))
	require.Len(t, jar, 1, "what cannot be read is deleted")
	second := write(newAttempt("laws1100", "/2").requesting(requestLink, "ada@example.edu", time.Hour))
	for range 2 * maxAttempts {
		pushed := newAttempt("laws1100", "")
		pushed.token = someToken
		write(pushed.lasting(time.Minute))
	}
	require.True(t, has(first) && has(second), "links that anybody can make a browser open push out none that were asked for")
	for range maxAttempts {
		write(newAttempt("laws1100", "").requesting(requestLink, "ada@example.edu", time.Hour))
	}
	require.False(t, has(first) || has(second), "the oldest go")
	large := write(newAttempt("laws1100", "/"+strings.Repeat("a", 2047)).requesting(requestLink, "ada@example.edu", time.Hour))
	require.True(t, has(large), "the newest stays, whatever its size")
	write(newAttempt("laws1100", "/"+strings.Repeat("a", 2047)).requesting(requestLink, "ada@example.edu", time.Hour))
	require.False(t, has(large))
}

// FuzzAttemptCookie: a cookie can come from a stranger, and only this package writes
// valid ones.
func FuzzAttemptCookie(f *testing.F) {
	f.Add(attemptCodec.Encode(somePending(nil)))
	f.Add(attemptCodec.Encode(somePending(func(p *pendingSignIn) { p.step = stepPrimary; p.appStarted = true })))
	f.Add(attemptCodec.Encode(somePending(func(p *pendingSignIn) {
		*p = pendingSignIn{step: stepClass, intermediate: p.intermediate, discovered: true}
	})))
	f.Add(attemptCodec.Encode(someAttempt(func(a *attempt) { a.token = someToken })))
	f.Add(attemptCodec.Encode(someAttempt(func(a *attempt) { a.requested, a.verifier = requestSSO, someVerifier })))
	f.Add(attemptCodec.Version + strings.Repeat(":", len(attemptCodec.Fields)))
	f.Fuzz(func(t *testing.T, value string) {
		a, ok := testHandler.attemptOf(someID, value, someTime)
		if !ok {
			return
		}
		back := a.returnTo
		if back != "" && testHandler.safeReturnTo(back) == "" {
			t.Errorf("%q leads to %q", value, back)
		}
		if back != "" && attemptCodec.Encode(a) != value {
			t.Errorf("%q is read as %q", value, attemptCodec.Encode(a))
		}
		if strings.ContainsAny(value, "<>\"';, \r\n\\") {
			t.Errorf("%q holds what no cookie of ours does", value)
		}
		p := a.pending
		if p.step != "" && ((p.step == stepClass) != (p.class == "") || (p.class == "") != (p.member == "")) {
			t.Errorf("%q is about half a person", value)
		}
		if a.isBound() != !a.verifier.IsZero() {
			t.Errorf("%q counts in any browser", value)
		}
	})
}
