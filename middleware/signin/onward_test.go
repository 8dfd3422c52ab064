package signin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// C06, C12: two tabs stand on the button of one link, to a class with a second factor. The
// first goes on; the second, and each page of the attempt that is reloaded, finds the way
// there too, and is not told to open a link that is used up.
func TestC06_TheSameLinkInBothTabsAndASecondFactor(t *testing.T) {
	for _, replicas := range []bool{false, true} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			base := newFixture(t, signin.Config{})
			class, _ := base.strict()
			base.withPhone(class.ID)
			w := base.process(false)
			other := w
			if replicas {
				other = base.process(false)
			}
			one := w.browser()
			one.ask(url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "return_to": {"/classes/a"}})
			callback := w.callbackAddress(w.newest())
			two := one.tab()
			form, same := one.open(callback), two.open(callback)
			require.Equal(t, form, same)
			require.Equal(t, "/auth/factor", one.post("/auth/callback", form).at)
			res := two.on(other).post("/auth/callback", same)
			require.Equal(t, http.StatusSeeOther, res.status, res.body)
			require.Equal(t, "/auth/factor", res.at)
			two.attempt = form.Get("attempt")
			for _, page := range []string{"confirm", "code", "sent", "new-password", "account", "unfinished", "classes"} {
				res := two.get("/auth/" + page)
				require.Equal(t, http.StatusSeeOther, res.status, page)
				require.Contains(t, []string{"/auth/factor", "/auth/unfinished"}, res.at, page)
			}
			w.stytch.Age(2 * time.Second)
			two.post("/auth/factor/send", url.Values{})
			require.Equal(t, "/classes/a", two.post("/auth/factor", factorForm("sms_otp", w.newest().Code)).at)
			require.NotEmpty(t, two.who())
		})
	}
}

// C06: the same for a code that two tabs have typed.
func TestC06_TheSameCodeInBothTabsAndASecondFactor(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	w.withPhone(class.ID)
	one := w.browser()
	one.ask(url.Values{"class": {class.Slug}, "email": {"ada@example.edu"}, "method": {"email_otp"}, "return_to": {"/classes/a"}})
	form := url.Values{"code": {w.newest().Code}}
	two := one.tab()
	two.attempt = one.attempt
	require.Equal(t, "/auth/factor", one.post("/auth/code", form).at)
	form = url.Values{"code": form["code"], "class": {class.Slug}, "email": {"ada@example.edu"}, "return_to": {"/classes/a"}}
	res := two.post("/auth/code", form)
	require.Equal(t, "/auth/factor", res.at, res.body)
}

// C07, C12: two tabs stand on the button of a link for another account.
func TestC07_TheSameSurprisingLinkInBothTabs(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
	one := w.browser()
	one.ask(url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}})
	callback := w.link(w.law.ID, "mallory@example.edu")
	two := one.tab()
	form, same := one.open(callback), two.open(callback)
	require.Equal(t, "/auth/account", one.post("/auth/callback", form).at)
	res := two.post("/auth/callback", same)
	require.Equal(t, "/auth/account", res.at, res.body)
	require.Equal(t, "/auth/account", two.get("/auth/confirm").at)
	require.Empty(t, one.cookie("__Host-stytch_session"))
}

// C12: the clocks of two processes differ by two minutes; one is ahead. An attempt that
// began on either goes on on the other.
func TestC10_AttemptsGoOnBetweenClocksThatDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{Discovery: true})
		class, _ := w.strict()
		w.withPhone(class.ID)
		ahead := func(b *browser, by time.Duration) {
			u, _ := url.Parse(home)
			for _, cookie := range b.jar.Cookies(u) {
				if !strings.HasPrefix(cookie.Name, attemptAt) {
					continue
				}
				b.attempt = strings.TrimPrefix(cookie.Name, attemptAt)
				b.change(func(fields []string) {
					shift := func(n int, unit time.Duration) {
						var at int64
						_, err := fmt.Sscan(fields[n], &at)
						require.NoError(t, err)
						fields[n] = fmt.Sprint(at + int64(by/unit))
					}
					shift(fieldAt, time.Millisecond)
					shift(fieldUntil, time.Second)
					if fields[fieldExpires] != "" {
						shift(fieldExpires, time.Second)
					}
				})
			}
		}
		for _, by := range []time.Duration{2 * time.Minute, -2 * time.Minute} {
			b := w.browser()
			b.leave("/auth/oauth/google?class=" + w.law.Slug)
			ahead(b, by)
			callback := w.provider(b.leave("/auth/oauth/google?class="+w.law.Slug), "mock_persona", "ada@example.edu")
			ahead(b, by)
			require.Equal(t, http.StatusSeeOther, b.get(callback).status, by)

			time.Sleep(2 * time.Second)
			w.stytch.Age(2 * time.Second)
			b = w.browser()
			b.begun(class.ID)
			ahead(b, by)
			require.Equal(t, http.StatusOK, b.get("/auth/factor").status, by)
		}
	})
}

// C15: two services on one host have cookies of two names. What one of them does takes no
// attempt to sign in away from the other.
func TestC15_AttemptsOfTwoServicesOnOneHost(t *testing.T) {
	school := newFixture(t, signin.Config{})
	library := *school
	logger := slog.New(slog.NewTextHandler(school.log, nil))
	var err error
	library.guard, err = middleware.New(library.verifier.Authenticate, middleware.Config{SignInURL: "/auth/", Logger: logger, CookieName: "library"})
	require.NoError(t, err)
	library.serve(signin.Config{}, logger)

	b := school.browser()
	callback := school.provider(b.leave("/auth/oauth/google?class="+school.law.Slug+"&return_to=/classes/a"), "mock_persona", "ada@example.edu")
	there := b.tab().on(&library)
	there.post("/auth/logout", url.Values{})
	for range 6 {
		there.leave("/auth/oauth/google?class=" + school.art.Slug)
	}
	res := b.get(callback)
	require.Equal(t, "/classes/a", res.at, res.body)
	require.Equal(t, string(school.ada), b.who())
}

// C05: a proxy that does not pass the Host header on. The BaseURL says where browsers are.
func TestC05_ProxyThatChangesTheHost(t *testing.T) {
	w := newFixture(t, signin.Config{})
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	w.guard, err = middleware.New(w.verifier.Authenticate, middleware.Config{SignInURL: "/auth/", Logger: logger, SharedCookieDomain: "example.edu"})
	require.NoError(t, err)
	w.serve(signin.Config{}, logger)
	b := w.browser()
	b.asks(w.law, "")
	form := b.open(w.callbackAddress(w.newest()))
	r := b.request("POST", "/auth/callback", form)
	r.Host = "app.internal:8080"
	res := b.send(r)
	require.Equal(t, http.StatusSeeOther, res.status, res.body)
	require.Equal(t, string(w.ada), b.who())
}

// C02: a Guard that reads both, and a browser's form that comes with a bearer token as well:
// the browser's own session ends with the sign-in and the sign-out, and no other.
func TestC02_BearerBesideCookiesAtSignIn(t *testing.T) {
	w := newFixture(t, signin.Config{})
	logger := slog.New(slog.NewTextHandler(w.log, nil))
	var err error
	w.guard, err = middleware.New(w.verifier.Authenticate, middleware.Config{SignInURL: "/auth/", Logger: logger, CredentialSource: middleware.BearerOrCookies, Revoke: w.client.Sessions.Revoke})
	require.NoError(t, err)
	w.serve(signin.Config{}, logger)
	zoe := w.stytch.AddStudent(w.law.ID, "zoe@example.edu")
	bearer := w.stytch.SignIn(zoe)
	lives := func(token string) bool {
		_, err := w.client.Sessions.Authenticate(t.Context(), grimoireauth.NewCredentials("", token))
		return err == nil
	}
	b := w.browser()
	b.signIn(w.art.ID, "ada@example.edu")
	earlier := b.cookie("__Host-stytch_session")
	b.asks(w.law, "")
	form := b.open(w.callbackAddress(w.newest()))
	r := b.request("POST", "/auth/callback", form)
	r.Header.Set("Authorization", "Bearer "+bearer.JWT.Reveal())
	require.Equal(t, http.StatusSeeOther, b.send(r).status)
	require.True(t, lives(bearer.Token.Reveal()), "the bearer's session is no browser's")
	require.False(t, lives(earlier), "the browser's earlier session has ended")
	current := b.cookie("__Host-stytch_session")
	r = b.request("POST", "/auth/logout", url.Values{})
	r.Header.Set("Authorization", "Bearer "+bearer.JWT.Reveal())
	require.Equal(t, http.StatusSeeOther, b.send(r).status)
	require.True(t, lives(bearer.Token.Reveal()))
	require.False(t, lives(current))
}

// C02: a person who signs out while a switch of class is under way is signed out.
func TestC02_SignOutWhileSwitchingIsUnderWay(t *testing.T) {
	for _, replicas := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			base := newFixture(t, signin.Config{})
			w := base.process(false)
			other := w
			if replicas {
				other = base.process(false)
			}
			b := w.browser()
			b.signIn(base.law.ID, "ada@example.edu")
			w.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/exchange", Latency: 4 * time.Second, Late: true, Times: 1})
			done := make(chan answer)
			go func() { done <- b.post("/auth/switch", url.Values{"class": {string(base.art.ID)}}) }()
			time.Sleep(2 * time.Second)
			require.Equal(t, http.StatusSeeOther, b.tab().on(other).post("/auth/logout", url.Values{}).status)
			<-done
			require.Empty(t, b.who(), "replicas: %v", replicas)
			require.Empty(t, b.on(other).who(), "replicas: %v", replicas)
		})
	}
}

// C11, C12: OnSignIn fails for a moment after a class was chosen: there is a way to try again.
func TestC11_OnSignInFailsAfterAClassWasChosen(t *testing.T) {
	fail := true
	w := newFixture(t, signin.Config{Discovery: true, OnSignIn: func(context.Context, stytchclient.SignedIn) error {
		if fail {
			return errors.New("no database")
		}
		return nil
	}})
	b := w.browser()
	b.ask(url.Values{"class": {""}, "email": {"ada@example.edu"}, "return_to": {"/classes/a"}})
	require.Equal(t, "/auth/classes", b.post("/auth/callback", b.open(w.callbackAddress(w.newest()))).at)
	res := b.post("/auth/classes", classForm(w.law.ID))
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Contains(t, res.body, `name="class" value="`+string(w.law.ID)+`"`, "the button that it speaks of")
	fail = false
	require.Equal(t, "/classes/a", b.post("/auth/classes", classForm(w.law.ID)).at)
}

// M05, C06: servers and proxies take a Cookie header of 8 kB as a rule. The attempts that a
// browser keeps, also those that another site made it open, leave room in it for the largest
// cookies of a Guard.
func TestM05_AttemptsAndASessionFitOneHeader(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	for i := range 3 {
		b.leave("/auth/oauth/google?class=" + w.law.Slug + "&return_to=/" + strings.Repeat("a", 300*i))
	}
	for i := range 6 {
		b.get("/auth/callback?stytch_token_type=multi_tenant_magic_links&slug=" + strings.Repeat("s", 128) + "&token=" + strings.Repeat(fmt.Sprint(i), 512))
	}
	header := "Cookie: "
	for name, value := range b.kept() {
		header += name + "=" + value + "; "
	}
	const attributes = len("; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax")
	guard := 4096 - attributes + // the session_jwt
		len("; __Host-stytch_session=") + 44 + len("~session-live-00000000-0000-0000-0000-000000000000") +
		len("; __Host-stytch_session_forms=") + 8*33
	require.LessOrEqual(t, len(header)+guard, 8190)
	require.GreaterOrEqual(t, len(b.kept()), 3)
}
