package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// newest returns the last message to a person.
func (v *visitor) newest(stytch *mock.Stytch, to string) mock.Message {
	v.t.Helper()
	for _, message := range slices.Backward(stytch.Outbox()) {
		if message.To == to {
			return message
		}
	}
	v.t.Fatalf("nothing was sent to %s", to)
	return mock.Message{}
}

// through follows the link with this text to a provider's page, and signs in there as
// the person.
func (v *visitor) through(page, link, email string) (status int, at, after string) {
	v.t.Helper()
	href := regexp.MustCompile(`href="([^"]+)">(?:<svg.*?</svg>)?` + regexp.QuoteMeta(link) + `<`).FindStringSubmatch(page)
	require.NotNil(v.t, href, "no link %q in %s", link, page)
	status, at, page = v.get(html.UnescapeString(href[1]))
	require.Equal(v.t, http.StatusOK, status, page)
	require.Equal(v.t, "/mock/idp", at, page)
	choice := regexp.MustCompile(`href="([^"]+persona=` + regexp.QuoteMeta(url.QueryEscape(email)) + `[^"]*)"`).FindStringSubmatch(page)
	require.NotNil(v.t, choice, "%s is not among those whom the provider knows: %s", email, page)
	return v.get(v.provider + html.UnescapeString(choice[1]))
}

// confirm opens a link from an e-mail and presses the button behind it.
func (v *visitor) confirm(link string) (status int, at, page string) {
	v.t.Helper()
	status, at, page = v.get(link)
	require.Equal(v.t, http.StatusOK, status, page)
	require.Equal(v.t, "/auth/confirm", at)
	require.NotEmpty(v.t, v.attempt, page)
	return v.post("/auth/callback", nil)
}

// TestEveryWayToSignIn signs in to the class that allows all of them, by each.
func TestEveryWayToSignIn(t *testing.T) {
	room, arrive := open(t)
	stytch, class := room.demo.stytch, room.rooms[0]
	inside := "/classes/" + string(class.ID)
	form := func(method, email string) url.Values {
		return url.Values{"method": {method}, "class": {class.Slug}, "email": {email}, "return_to": {inside}}
	}
	elsewhere := func(link string) func(v *visitor, page, email string) (int, string, string) {
		return func(v *visitor, page, email string) (int, string, string) { return v.through(page, link, email) }
	}
	// A provider that does not vouch for addresses is half of a sign-in.
	unproven := func(link string) func(v *visitor, page, email string) (int, string, string) {
		return func(v *visitor, page, email string) (int, string, string) {
			status, at, page := v.through(page, link, email)
			require.Equal(v.t, http.StatusOK, status, page)
			require.True(v.t, strings.HasPrefix(at, "/auth/"), at)
			require.Empty(v.t, v.cookie(grimoireauth.SessionTokenCookie), "half a sign-in is none")
			status, _, page = v.post("/auth/start", form("magic_link", email))
			require.Equal(v.t, http.StatusOK, status, page)
			return v.confirm(v.newest(stytch, email).Link)
		}
	}
	for _, tt := range []struct {
		name   string
		email  string
		factor string // as the class page names it
		signIn func(v *visitor, page, email string) (status int, at, after string)
	}{
		{"link", "sam@example.edu", "magic_link (email)", func(v *visitor, _, email string) (int, string, string) {
			status, _, page := v.post("/auth/start", form("magic_link", email))
			require.Equal(v.t, http.StatusOK, status, page)
			return v.confirm(v.newest(stytch, email).Link)
		}},
		{"code", "priya@example.edu", "email_otp (email)", func(v *visitor, _, email string) (int, string, string) {
			status, _, page := v.post("/auth/start", form("email_otp", email))
			require.Equal(v.t, http.StatusOK, status, page)
			in := form("", email)
			in.Set("code", v.newest(stytch, email).Code)
			return v.post("/auth/code", in)
		}},
		{"password", "sam@example.edu", "password (knowledge)", func(v *visitor, _, email string) (int, string, string) {
			in := form("password", email)
			in.Set("password", "not-this-one")
			status, _, page := v.post("/auth/start", in)
			require.Equal(v.t, http.StatusForbidden, status)
			require.Contains(v.t, page, "The e-mail address or the password is not right.")
			in.Set("password", "snail-in-the-bottle-1932")
			return v.post("/auth/start", in)
		}},
		{"first password", "tomas@example.edu", "password (knowledge)", func(v *visitor, _, email string) (int, string, string) {
			status, _, page := v.post("/auth/start", form("reset", email))
			require.Equal(v.t, http.StatusOK, status, page)
			status, at, page := v.get(v.newest(stytch, email).Link)
			require.Equal(v.t, http.StatusOK, status, page)
			require.Equal(v.t, "/auth/new-password", at)
			attempt := v.attempt
			status, _, page = v.post("/auth/new-password", url.Values{"attempt": {attempt}, "password": {"password"}})
			require.Equal(v.t, http.StatusUnprocessableEntity, status, page)
			return v.post("/auth/new-password", url.Values{"attempt": {attempt}, "password": {"fettered-by-no-precedent-4"}})
		}},
		{"Google", "sam@example.edu", "oauth (oauth_google)", elsewhere("Continue with Google")},
		{"Microsoft", "sam@example.edu", "oauth (oauth_microsoft)", elsewhere("Continue with Microsoft")},
		{"SAML", "sam@example.edu", "sso (sso_saml)", elsewhere("Continue with Northfield University")},
		{"OIDC", "sam@example.edu", "sso (sso_oidc)", elsewhere("Continue with Research Federation")},
		{"GitHub", "sam@example.edu", "oauth (oauth_github)", unproven("Continue with GitHub")},
		{"Slack", "priya@example.edu", "oauth (oauth_slack)", unproven("Continue with Slack")},
		{"HubSpot", "tomas@example.edu", "oauth (oauth_hubspot)", unproven("Continue with HubSpot")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := arrive()
			v.t = t
			_, at, page := v.get(inside)
			require.Equal(t, "/auth/", at)
			status, at, page := tt.signIn(v, page, tt.email)
			require.Equal(t, http.StatusOK, status, page)
			require.Equal(t, inside, at, page)
			require.Contains(t, page, tt.factor)
		})
	}
}

func TestWayThatTheClassDoesNotAllow(t *testing.T) {
	_, arrive := open(t)
	bao := arrive()
	_, _, page := bao.get("/auth/?class=prompt-writing")
	require.NotContains(t, page, "GitHub")
	// A person may have kept the address of the button.
	status, _, page := bao.through(`<a href="/auth/oauth/github?class=prompt-writing">GitHub</a>`, "GitHub", "bao@example.edu")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, page, "another way. Please use one of these.")
	require.Contains(t, page, "Continue with Google")
	require.NotContains(t, page, "Continue with GitHub")
	require.Empty(t, bao.cookie(grimoireauth.SessionTokenCookie))
}
