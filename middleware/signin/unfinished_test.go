package signin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// L08: the intermediate_session_token is never accepted as a session, in any cookie or
// header.
func TestL08_IntermediateIsNoSession(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	b := w.browser()
	b.begun(class.ID)
	token := b.field(fieldIntermediate)
	for _, name := range []string{sessionAt, "__Host-stytch_session_jwt", "stytch_session"} {
		other := w.browser()
		other.plant(name, token)
		require.Empty(t, other.who(), name)
		require.Contains(t, other.get("/auth/session").body, `"signed_in":false`)
	}
	bearer := httptest.NewRequest("GET", home+"/classes/any", nil)
	bearer.Header.Set("Authorization", "Bearer "+token)
	require.Equal(t, http.StatusUnauthorized, w.browser().send(bearer).status)
	for _, credentials := range []grimoireauth.Credentials{grimoireauth.NewCredentials(token, ""), grimoireauth.NewCredentials("", token)} {
		_, err := w.guard.Authenticate(t.Context(), credentials)
		require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
	}
}

// L08: it is in its cookie and nowhere else, for ten minutes at most.
func TestL08_IntermediateStaysInItsCookie(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	form := b.open(w.link(class.ID, "ada@example.edu"))
	answers := []answer{b.post("/auth/callback", form), b.post("/auth/account", url.Values{"answer": {"yes"}})}
	line := ""
	for _, set := range answers[0].header.Values("Set-Cookie") {
		if strings.HasPrefix(set, attemptAt+b.attempt+"=") {
			line = set
		}
	}
	require.Contains(t, line, "; Path=/; Max-Age=")
	require.Contains(t, line, "; HttpOnly; Secure; SameSite=Lax")
	require.NotContains(t, line, "Domain")
	age := strings.TrimPrefix(strings.Split(line, "; ")[2], "Max-Age=")
	require.True(t, len(age) == 4 && age <= "4200", "ten minutes, and an hour in which its page says that they are over: %s", age)
	require.Equal(t, "no-store", answers[0].header.Get("Cache-Control"))

	token := b.field(fieldIntermediate)
	code := w.newest().Code
	answers = append(answers,
		b.get("/auth/unfinished"), b.get("/auth/factor"), b.post("/auth/factor", factorForm("sms_otp", other(code))),
		b.post("/auth/factor", factorForm("sms_otp", code)))
	for _, got := range answers {
		require.NotContains(t, got.body, token)
		require.NotContains(t, got.at, token)
	}
	require.NotContains(t, w.log.String(), token)
	b.finished(answers[5], "/", ada)
	for _, name := range []string{sessionAt, "__Host-stytch_session_jwt"} {
		require.NotEqual(t, token, b.cookie(name))
	}
}

// L08: another class does not get it.
func TestL08_IntermediateOfAnotherClass(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	b := w.browser()
	b.begun(class.ID)
	res := b.post("/auth/classes", url.Values{"class": {string(w.law.ID)}})
	require.Equal(t, "/auth/factor", res.at, "it belongs to the class that it began in")
	require.Zero(t, w.calls("POST /v1/b2b/discovery/intermediate_sessions/exchange"))

	// The cookie may name another class, or another member.
	eve := w.stytch.AddStudent(class.ID, "eve@example.edu")
	for name, change := range map[string]func([]string){
		"another class": func(p []string) { p[fieldOwedClass] = string(w.law.ID) },
		"another class and its member": func(p []string) {
			p[fieldOwedClass], p[fieldMember] = string(w.law.ID), string(w.ada)
		},
		"another member": func(p []string) { p[fieldMember] = string(eve) },
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser()
			b.begun(class.ID)
			b.change(change)
			b.post("/auth/factor/send", url.Values{"phone": {"+61400000001"}})
			if sent := w.newest(); sent.Channel == "sms" {
				b.post("/auth/factor", factorForm("sms_otp", sent.Code))
			}
			// In a class without second factors, one more is no harm: what they have proven
			// is that they are Ada, and that is who they are there.
			if who := b.who(); who != "" {
				require.Equal(t, string(w.ada), who)
			}
			require.NotEqual(t, string(eve), b.who())
		})
	}
}

// L08: it goes with the exchange (see finished), with a definite end, and by itself
// after ten minutes; the start page is where it goes on then.
func TestL08_UnfinishedEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		class, _ := w.strict()
		w.withPhone(class.ID)
		b := w.browser()
		b.begun(class.ID)
		copied := w.browser()
		copied.copies(b)
		time.Sleep(10*time.Minute + time.Second)
		for _, res := range []answer{b.get("/auth/factor"), copied.post("/auth/factor", factorForm("sms_otp", "123456"))} {
			require.Equal(t, http.StatusGone, res.status)
			require.Contains(t, res.body, "That took too long")
		}
		require.Empty(t, b.kept(), "and it is forgotten")
		late := w.browser()
		late.begun(class.ID)
		time.Sleep(71 * time.Minute)
		require.Empty(t, late.kept(), "the browser forgets it")
	})
}

// L09: no answer that is not a finished sign-in sets a cookie of a session.
func TestL09_NoCookieUnlessFinished(t *testing.T) {
	answers := map[string]string{
		"member_authenticated is false":   `"member_authenticated":false`,
		"nothing at all":                  ``,
		"authenticated without a session": `"member_authenticated":true,"session_token":"mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q","session_jwt":"a.b.c"`,
	}
	for name, body := range answers {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, signin.Config{})
			class, _ := w.strict()
			w.withPhone(class.ID)
			for _, endpoint := range []string{redeemed, smsChecked} {
				b := w.browser()
				form := b.open(w.link(class.ID, "ada@example.edu"))
				fault := mock.Fault{Endpoint: endpoint, Status: 200, Body: `{"status_code":200,"request_id":"r"` + map[bool]string{true: "," + body, false: ""}[body != ""] + `}`}
				if endpoint == redeemed {
					w.stytch.Fail(fault)
				}
				b.press(form)
				if endpoint == smsChecked {
					w.stytch.Fail(fault)
					require.Equal(t, http.StatusServiceUnavailable, b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)).status)
				}
				w.stytch.ClearFaults()
				require.Empty(t, b.cookie(sessionAt))
				require.Empty(t, b.cookie("__Host-stytch_session_jwt"))
				require.Empty(t, b.who())
			}
		})
	}
}

// L10: that a second factor was given is remembered nowhere: the next sign-in owes
// it again, in the same browser, too.
func TestL10_SecondFactorIsOwedEachTime(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	b.begun(class.ID)
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
	b.post("/auth/logout", url.Values{})
	require.Empty(t, b.who())
	b.begun(class.ID)
	require.Empty(t, b.who())
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)

	// What was used up is worth nothing afterwards.
	used := w.browser()
	used.begun(class.ID)
	thief := w.browser()
	thief.copies(used)
	used.finished(used.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
	res := thief.post("/auth/factor", factorForm("sms_otp", "123456"))
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "Please begin again")
	require.Empty(t, thief.kept())
	require.Empty(t, thief.who())
}

// A provider that does not vouch for addresses: a link proves the address, and both
// together are the sign-in.
func TestOneMorePrimaryWay(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Name: "Ada"})
	b := w.browser()
	page := "/classes/" + string(w.law.ID) + "?week=3"
	start := b.leave("/auth/oauth/github?class=" + w.law.Slug + "&return_to=" + url.QueryEscape(page))
	res := b.get(w.provider(start, "mock_persona", "ada@example.edu"))
	require.Equal(t, http.StatusSeeOther, res.status, res.body)
	require.Equal(t, "/auth/unfinished", res.at)
	require.Empty(t, b.cookie(sessionAt))

	offer := b.get("/auth/unfinished")
	require.Equal(t, http.StatusOK, offer.status)
	require.Contains(t, offer.body, "One more step")
	require.Contains(t, offer.body, "LAWS1100")
	require.Contains(t, offer.body, "E-mail me a link")
	require.NotContains(t, offer.body, "GitHub", "only what will do")
	require.NotContains(t, offer.body, `name="password"`)
	require.Contains(t, offer.body, `name="return_to" value="`+page+`"`, "the form leads where the first half would have")
	require.Equal(t, "/auth/unfinished", b.get("/auth/factor").at, "this comes first")

	b.post("/auth/start", url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "method": {"magic_link"}, "return_to": {page}})
	token := b.field(fieldIntermediate)
	b.finished(b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))), page, w.ada)
	authentication, err := w.guard.Authenticate(t.Context(), grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie(sessionAt)))
	require.NoError(t, err)
	require.Len(t, authentication.Factors(), 2, "the provider counts now")
	require.NotContains(t, w.log.String(), token)
}

// The pending sign-in of one class is not used in another.
func TestOneMorePrimaryWayIsForItsClass(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu"})
	b := w.browser()
	b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
	require.NotEmpty(t, b.kept())
	b.signIn(w.art.ID, "ada@example.edu")
	authentication, err := w.guard.Authenticate(t.Context(), grimoireauth.NewCredentials(b.cookie("__Host-stytch_session_jwt"), b.cookie(sessionAt)))
	require.NoError(t, err)
	require.Len(t, authentication.Factors(), 1)
	require.Equal(t, "primary", b.field(fieldOwed), "it goes on in its own tab")
}

// First the address, then the second factor.
func TestPrimaryThenSecondFactor(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu"})
	class, ada := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	res := b.get(w.provider(b.leave("/auth/oauth/github?class="+class.Slug), "mock_persona", "ada@example.edu"))
	require.Equal(t, "/auth/unfinished", res.at, res.body)
	b.ask(url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "method": {"magic_link"}})
	res = b.post("/auth/callback", b.open(w.callbackAddress(w.newest())))
	require.Equal(t, "/auth/factor", res.at, res.body)
	b.finished(b.post("/auth/factor", factorForm("sms_otp", w.newest().Code)), "/", ada)
}

func TestOnSignInAfterASecondFactor(t *testing.T) {
	w := newFixture(t, signin.Config{OnSignIn: refusing})
	class, _ := w.strict()
	w.withPhone(class.ID)
	b := w.browser()
	b.begun(class.ID)
	res := b.post("/auth/factor", factorForm("sms_otp", w.newest().Code))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Empty(t, b.cookie(sessionAt))
	require.Empty(t, b.kept())
	require.Equal(t, 1, w.calls(revoked), "the session that nobody gets has ended")
}

func refusing(context.Context, stytchclient.SignedIn) error { return grimoireauth.ErrForbidden }

// An answer of Stytch that does not fit the cookie signs no person in, and the page
// offers to begin again.
func TestUnfinishedOfAnUnknownForm(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	require.NoError(t, w.client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class.ID, Email: "ada@example.edu"}))
	answer := w.raw("/v1/b2b/magic_links/authenticate", map[string]string{"magic_links_token": w.newest().Token})
	_, rest, found := strings.Cut(answer, `"intermediate_session_token":"`)
	require.True(t, found, answer)
	token, _, _ := strings.Cut(rest, `"`)
	b := w.browser()
	form := b.open(w.link(class.ID, "ada@example.edu"))
	w.stytch.Fail(mock.Fault{Endpoint: redeemed, Status: 200, Body: strings.ReplaceAll(answer, token, "a.token:of;another form")})
	res := b.press(form)
	require.Equal(t, http.StatusInternalServerError, res.status)
	require.Contains(t, res.body, "Please begin again here")
	require.Contains(t, res.body, "E-mail me a link")
	require.Empty(t, b.kept())
	require.Empty(t, b.cookie(sessionAt))
	require.NotContains(t, w.log.String(), "another form")
}

// A pending sign-in that another person left behind on a shared computer does not keep
// the next person out.
func TestNextPersonAfterHalfASignIn(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu"})
	bob := w.stytch.AddStudent(w.law.ID, "bob@example.edu")
	b := w.browser()
	b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
	require.NotEmpty(t, b.kept())
	res := b.press(b.open(w.link(w.law.ID, "bob@example.edu")))
	require.Equal(t, "/", res.at, "it is another attempt")
	require.Equal(t, string(bob), b.who())

	// From the page that Ada has left open: Stytch does not put the two together.
	left := w.browser()
	left.get(w.provider(left.leave("/auth/oauth/github?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
	w.stytch.Age(2 * time.Second) // one e-mail a second
	left.ask(url.Values{"class": {w.law.Slug}, "email": {"bob@example.edu"}, "method": {"magic_link"}})
	res = left.post("/auth/callback", left.open(w.callbackAddress(w.newest())))
	require.Equal(t, http.StatusGone, res.status)
	require.Contains(t, res.body, "Please begin again")
	require.Empty(t, left.kept())
	res = left.press(left.open(w.link(w.law.ID, "bob@example.edu")))
	left.finished(res, "/", bob)
}
