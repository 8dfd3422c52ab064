package signin_test

import (
	"context"
	"fmt"
	"net/http"
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

const unasked = "This link signs you in as mallory@example.edu. This browser has not asked for it"

// A link that this browser has not asked for: of another device, of an invitation, or of an
// attacker. Its page cannot name the account. The page after it does, before any session
// cookie, on each of two processes.
func TestC07_AnUnaskedLinkNamesTheAccount(t *testing.T) {
	for _, oneOrganization := range []bool{false, true} {
		for _, answered := range []string{"no", "yes"} {
			t.Run(fmt.Sprintf("one organization %t, %s", oneOrganization, answered), func(t *testing.T) {
				base := newFixture(t, signin.Config{})
				mallory := base.stytch.AddStudent(base.law.ID, "mallory@example.edu")
				first, second := base.process(oneOrganization), base.process(oneOrganization)
				b := first.browser()

				form := b.open(base.link(base.law.ID, "mallory@example.edu"))
				page := b.get("/auth/confirm").body
				res := b.post("/auth/callback", form)
				require.Equal(t, "/auth/account", res.at, res.body)
				require.Empty(t, b.cookie(sessionAt))
				require.Empty(t, b.who(), "no session yet")
				require.Contains(t, page, "This browser has not asked for this link")
				require.Contains(t, page, "The next page names the account")

				b = b.on(second) // another replica asks, and takes the answer
				for range 2 {
					page := b.get("/auth/account")
					require.Equal(t, http.StatusOK, page.status)
					require.Contains(t, page.body, unasked)
					require.Contains(t, page.body, "Continue as mallory@example.edu")
					require.NotContains(t, page.body, "and you asked for")
				}
				res = b.post("/auth/account", url.Values{"answer": {"maybe"}})
				require.Equal(t, http.StatusBadRequest, res.status)
				require.Contains(t, res.body, unasked)
				require.Empty(t, b.who())
				live := grimoireauth.NewCredentials("", b.held())

				res = b.post("/auth/account", url.Values{"answer": {answered}})
				if answered == "yes" {
					require.Equal(t, "/", res.at, res.body)
					require.Equal(t, string(mallory), b.who())
					return
				}
				require.Equal(t, "/auth/?class="+base.law.Slug, res.at)
				require.Empty(t, b.who())
				require.Empty(t, b.kept())
				_, err := base.client.Sessions.Authenticate(t.Context(), live)
				require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "the session that was not wanted does not live on")
			})
		}
	}
}

// The same where the sign-in is not finished yet: the question comes first, and nothing of
// the second factor or of the classes is shown before it.
func TestC07_AnUnaskedLinkWithAPendingSignIn(t *testing.T) {
	for _, next := range []string{"/auth/factor", "/auth/classes"} {
		for _, answer := range []string{"no", "yes"} {
			t.Run(next+" "+answer, func(t *testing.T) {
				base := newFixture(t, signin.Config{Discovery: true})
				class, _ := base.strict()
				base.stytch.AddStudent(class.ID, "mallory@example.edu")
				first, second := base.process(false), base.process(false)
				b := first.browser()
				link := ""
				if next == "/auth/classes" {
					require.NoError(t, base.client.Discovery.SendLink(t.Context(), stytchclient.MagicLink{Email: "mallory@example.edu", RedirectURL: home + "/auth/callback"}))
					link = base.callbackAddress(base.newest())
				} else {
					link = base.link(class.ID, "mallory@example.edu")
				}
				require.Equal(t, "/auth/account", b.post("/auth/callback", b.open(link)).at)
				b = b.on(second)
				for _, path := range []string{"/auth/factor", "/auth/classes", "/auth/unfinished"} {
					require.Equal(t, "/auth/account", b.get(path).at, path)
				}
				require.Equal(t, "/auth/account", b.post("/auth/factor/send", url.Values{"phone": {"+61400000000"}}).at)
				require.Equal(t, "/auth/account", b.post("/auth/classes", url.Values{"class": {string(class.ID)}}).at)
				require.Zero(t, base.calls(smsSent))
				require.Contains(t, b.get("/auth/account").body, unasked)
				res := b.post("/auth/account", url.Values{"answer": {answer}})
				require.Empty(t, b.cookie(sessionAt))
				if answer == "yes" {
					require.Equal(t, next, res.at)
					require.Equal(t, http.StatusOK, b.get(next).status)
					return
				}
				require.Contains(t, res.at, "/auth/")
				require.Equal(t, http.StatusGone, b.get(next).status)
			})
		}
	}
}

// The person who is signed in here stays so until the answer, and after "No".
func TestC07_AnUnaskedLinkBesideASession(t *testing.T) {
	for _, answer := range []string{"no", "yes"} {
		w := newFixture(t, signin.Config{})
		mallory := w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
		b := w.browser()
		b.signIn(w.law.ID, "ada@example.edu")
		require.Equal(t, "/auth/account", b.post("/auth/callback", b.open(w.link(w.law.ID, "mallory@example.edu"))).at)
		require.Equal(t, string(w.ada), b.who())
		b.post("/auth/account", url.Values{"answer": {answer}})
		require.Equal(t, map[string]string{"no": string(w.ada), "yes": string(mallory)}[answer], b.who())
	}
}

// The button is pressed in two tabs, or twice; an outage in between uses nothing up; and
// OnSignIn hears of the sign-in once, after the answer.
func TestC07_AnUnaskedLinkPressedTwice(t *testing.T) {
	var heard []string
	w := newFixture(t, signin.Config{OnSignIn: func(_ context.Context, signedIn stytchclient.SignedIn) error {
		heard = append(heard, signedIn.Member.Email)
		return nil
	}})
	w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
	one := w.browser()
	callback := w.link(w.law.ID, "mallory@example.edu")
	two := one.tab()
	form, same := one.open(callback), two.open(callback)
	w.stytch.Fail(mock.Fault{Status: 503})
	res := one.post("/auth/callback", form)
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	w.stytch.ClearFaults()
	require.Equal(t, "/auth/account", one.post("/auth/callback", form).at)
	require.Equal(t, "/auth/account", two.post("/auth/callback", same).at)
	require.Equal(t, 2, w.calls(redeemed), "the one that failed, and one more")
	require.Empty(t, heard)
	for _, b := range []*browser{one, two} {
		require.Equal(t, "/", b.post("/auth/account", url.Values{"answer": {"yes"}}).at)
	}
	require.Equal(t, []string{"mallory@example.edu"}, heard)
}

// A question that is seen too late ends the session of its link.
func TestC07_TheQuestionOfAnUnaskedLinkIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		b := w.browser()
		b.post("/auth/callback", b.open(w.link(w.law.ID, "ada@example.edu")))
		live := grimoireauth.NewCredentials("", b.held())
		time.Sleep(5*time.Minute + time.Second)
		require.Equal(t, http.StatusGone, b.post("/auth/account", url.Values{"answer": {"yes"}}).status)
		require.Empty(t, b.who())
		_, err := w.client.Sessions.Authenticate(t.Context(), live)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	})
}

// L13, C07: a double click, of which two processes get one request each: the second comes
// with the cookie of before. It finds the link spent, and takes the question of the first
// from no browser.
func TestC07_AnUnaskedLinkPressedTwiceOnTwoProcesses(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("second factor %t", strict), func(t *testing.T) {
			base := newFixture(t, signin.Config{})
			class := base.law
			if strict {
				class, _ = base.strict()
			}
			b := base.process(false).browser()
			form := b.open(base.link(class.ID, "ada@example.edu"))
			stale := base.process(false).browser()
			stale.copies(b)
			require.Equal(t, "/auth/account", b.post("/auth/callback", form).at)
			res := stale.post("/auth/callback", form)
			require.Equal(t, http.StatusGone, res.status)
			for _, line := range res.header.Values("Set-Cookie") {
				require.NotContains(t, line, attemptAt+form.Get("attempt"), "it would take the place of what the first has set")
			}
			require.Equal(t, "/auth/account", b.post("/auth/callback", form).at, "reloaded")
			require.Contains(t, b.get("/auth/account").body, "This link signs you in as ada@example.edu")
		})
	}
}

// A sign-in whose account was not confirmed is not finished by another way to sign in.
func TestC07_APendingSignInWaitsForTheAnswer(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	b.get(w.provider(b.leave("/auth/oauth/github?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
	require.Equal(t, "primary", b.field(fieldOwed))
	b.change(func(fields []string) { fields[fieldAccount] = "ada@example.edu" })
	waiting := b.attempt
	w.stytch.Age(2 * time.Second)
	b.ask(url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "method": {"magic_link"}, "attempt": {waiting}})
	require.NotEqual(t, waiting, b.attempt, "it is an attempt of its own")
	b.attempt = waiting
	require.Equal(t, "/auth/account", b.get("/auth/unfinished").at)
}

// An answer that does not say whose the sign-in is: there is no question to ask, and no way on.
func TestC07_AnUnaskedLinkOfNoAddress(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class, _ := w.strict()
	require.NoError(t, w.client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class.ID, Email: "ada@example.edu"}))
	answer := w.raw("/v1/b2b/magic_links/authenticate", map[string]string{"magic_links_token": w.newest().Token})
	b := w.browser()
	form := b.open(w.link(class.ID, "ada@example.edu"))
	w.stytch.Fail(mock.Fault{Endpoint: redeemed, Status: 200, Body: strings.ReplaceAll(answer, "ada@example.edu", "")})
	res := b.post("/auth/callback", form)
	require.GreaterOrEqual(t, res.status, 500, res.at)
	require.Empty(t, b.kept())
	require.NotContains(t, b.get("/auth/factor").body, "one more step")
}
