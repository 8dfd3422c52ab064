package signin_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// asks asks for a link for Ada.
func (b *browser) asks(class mock.Class, back string) {
	b.w.t.Helper()
	b.w.stytch.Age(2 * time.Second) // one e-mail a second
	require.Equal(b.w.t, http.StatusOK, b.ask(startForm(class, "magic_link", back)).status)
}

// A page of another site opens its own link in the victim's browser, while the victim
// reads the page of theirs. Each link has a page, and the button of a page uses the
// link of that page.
func TestC07_AnotherLinkTakesThePlaceOfNone(t *testing.T) {
	w := newFixture(t, signin.Config{})
	mallory := w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
	victim := w.browser()
	victim.asks(w.law, "/classes/mine")
	form := victim.open(w.callbackAddress(w.newest()))

	popUp := victim.tab()
	r := popUp.request("GET", w.link(w.law.ID, "mallory@example.edu"), nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusSeeOther, popUp.send(r).status)

	require.Equal(t, "/classes/mine", victim.post("/auth/callback", form).at)
	require.Equal(t, string(w.ada), victim.who())
	require.NotEqual(t, string(mallory), victim.who())
}

// A link for the class that was asked for, and for another address: it does not say
// so, and the account does. The question comes before any session cookie.
func TestC07_AnotherAddressIsAskedFirst(t *testing.T) {
	for _, oneOrganization := range []bool{false, true} {
		for _, answered := range []string{"no", "yes"} {
			name := map[bool]string{false: "an organization per class, ", true: "one organization, "}[oneOrganization] + answered
			t.Run(name, func(t *testing.T) {
				base := newFixture(t, signin.Config{})
				mallory := base.stytch.AddStudent(base.law.ID, "mallory@example.edu")
				first, second := base.process(oneOrganization), base.process(oneOrganization)
				b := first.browser()
				b.asks(base.law, "/classes/mine")
				own := base.newest()

				evil := b.tab()
				form := evil.open(base.link(base.law.ID, "mallory@example.edu"))
				require.Contains(t, evil.get("/auth/confirm").body, "You asked for this link for ada@example.edu")
				res := evil.post("/auth/callback", form)
				require.Equal(t, "/auth/account", res.at, res.body)
				require.Empty(t, b.cookie(sessionAt))
				require.Empty(t, b.who(), "no session yet")

				evil = evil.on(second) // another replica asks, and takes the answer
				for range 2 {
					page := evil.get("/auth/account")
					require.Equal(t, http.StatusOK, page.status)
					require.Contains(t, page.body, "This link is for mallory@example.edu, and you asked for ada@example.edu")
					require.Contains(t, page.body, "Continue as mallory@example.edu")
				}
				require.Equal(t, http.StatusBadRequest, evil.post("/auth/account", url.Values{}).status)
				require.Equal(t, http.StatusBadRequest, w400(evil, "maybe"))
				require.Empty(t, b.who())
				live := grimoireauth.NewCredentials("", evil.held())

				res = evil.post("/auth/account", url.Values{"answer": {answered}})
				if answered == "yes" {
					require.Equal(t, "/classes/mine", res.at, res.body)
					require.Equal(t, string(mallory), b.who())
					return
				}
				require.Equal(t, "/auth/?class="+base.law.Slug+"&return_to=%2Fclasses%2Fmine", res.at)
				require.Empty(t, b.who())
				_, err := base.client.Sessions.Authenticate(t.Context(), live)
				require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "the session that was not wanted does not live on")

				// The link that was asked for is still what was asked for.
				require.Equal(t, "/classes/mine", b.post("/auth/callback", b.open(base.callbackAddress(own))).at)
				require.Equal(t, string(base.ada), b.who())
			})
		}
	}
}

func w400(b *browser, answer string) int {
	return b.post("/auth/account", url.Values{"answer": {answer}}).status
}

// The same where the sign-in is not finished yet: by a second factor, or by a class to
// choose. Nothing about it is shown before the answer.
func TestC07_AnotherAddressWithAPendingSignIn(t *testing.T) {
	for _, discovery := range []bool{false, true} {
		for _, answer := range []string{"no", "yes"} {
			w := newFixture(t, signin.Config{Discovery: true})
			class, _ := w.strict()
			w.stytch.AddStudent(class.ID, "mallory@example.edu")
			b := w.browser()
			next, link := "/auth/factor", ""
			if discovery {
				next = "/auth/classes"
				b.ask(url.Values{"class": {""}, "email": {"ada@example.edu"}, "return_to": {"/classes/mine"}})
				require.NoError(t, w.client.Discovery.SendLink(t.Context(), stytchclient.MagicLink{Email: "mallory@example.edu", RedirectURL: home + "/auth/callback"}))
				link = w.callbackAddress(w.newest())
			} else {
				b.asks(class, "/classes/mine")
				link = w.link(class.ID, "mallory@example.edu")
			}
			require.Equal(t, "/auth/account", b.post("/auth/callback", b.open(link)).at)
			for _, path := range []string{"/auth/factor", "/auth/classes", "/auth/unfinished"} {
				require.Equal(t, "/auth/account", b.get(path).at, path)
			}
			require.Equal(t, "/auth/account", b.post("/auth/factor/send", url.Values{"phone": {"+61400000000"}}).at)
			require.Zero(t, w.calls(smsSent))
			require.Contains(t, b.get("/auth/account").body, "mallory@example.edu")
			res := b.post("/auth/account", url.Values{"answer": {answer}})
			if answer == "yes" {
				require.Equal(t, next, res.at)
				require.Equal(t, http.StatusOK, b.get(next).status)
				continue
			}
			require.Contains(t, res.at, "/auth/?")
			require.Equal(t, http.StatusGone, b.get(next).status)
		}
	}
}

// An attempt requests a class and an address, for as long as its link works. Every
// other link asks first, in words that say what it does.
func TestC07_OtherLinksAskFirst(t *testing.T) {
	const notAsked = "This browser has not asked for this link. It signs you in as the person to whom it was sent."
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{Discovery: true})
		w.stytch.AddStudent(w.art.ID, "mallory@example.edu")
		says := func(b *browser, link string) string {
			b.w.stytch.Age(2 * time.Second)
			tab := b.tab()
			require.Equal(t, "/auth/confirm", tab.get(link).at)
			return tab.get("/auth/confirm").body
		}
		require.Contains(t, says(w.browser(), w.link(w.law.ID, "ada@example.edu")), notAsked)

		b := w.browser()
		b.asks(w.law, "")
		require.NotContains(t, says(b, w.link(w.law.ID, "ada@example.edu")), notAsked)
		page := says(b, w.link(w.art.ID, "mallory@example.edu"))
		require.Contains(t, page, notAsked, "of another class")
		require.Contains(t, page, "Sign in to "+w.art.Slug)
		require.NoError(t, w.client.Discovery.SendLink(t.Context(), stytchclient.MagicLink{Email: "mallory@example.edu", RedirectURL: home + "/auth/callback"}))
		require.Contains(t, says(b, w.callbackAddress(w.newest())), notAsked, "for finding a class")

		code := w.browser()
		w.stytch.Age(2 * time.Second)
		code.askCode(w.law.Slug, "ada@example.edu", "")
		require.Contains(t, says(code, w.link(w.law.ID, "ada@example.edu")), notAsked, "a code is no link")

		time.Sleep(time.Hour + time.Second)
		require.Contains(t, says(b, w.link(w.law.ID, "ada@example.edu")), notAsked, "an hour later")
	})
}

// The question is not answered: the session ends when the page is opened too late.
func TestC07_TheQuestionIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t, signin.Config{})
		w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
		b := w.browser()
		b.asks(w.law, "/classes/mine")
		b.post("/auth/callback", b.open(w.link(w.law.ID, "mallory@example.edu")))
		live := grimoireauth.NewCredentials("", b.held())
		time.Sleep(5*time.Minute + time.Second)
		res := b.post("/auth/account", url.Values{"answer": {"yes"}})
		require.Equal(t, http.StatusGone, res.status)
		require.Contains(t, res.body, "That took too long")
		require.Empty(t, b.who())
		_, err := w.client.Sessions.Authenticate(t.Context(), live)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	})
}

// In an outage the question stays, and an answer can be given again.
func TestC07_TheQuestionInAnOutage(t *testing.T) {
	w := newFixture(t, signin.Config{})
	mallory := w.stytch.AddStudent(w.law.ID, "mallory@example.edu")
	b := w.browser()
	b.asks(w.law, "/classes/mine")
	b.post("/auth/callback", b.open(w.link(w.law.ID, "mallory@example.edu")))
	w.stytch.Fail(mock.Fault{Status: 503})
	res := b.post("/auth/account", url.Values{"answer": {"yes"}})
	require.Equal(t, http.StatusServiceUnavailable, res.status)
	require.Contains(t, res.body, "Continue as mallory@example.edu")
	w.stytch.ClearFaults()
	require.Equal(t, "/classes/mine", b.post("/auth/account", url.Values{"answer": {"yes"}}).at)
	require.Equal(t, string(mallory), b.who())
}
