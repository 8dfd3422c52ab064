package browser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// as chooses who to be on the page of a provider.
func (p *person) as(email string) {
	p.t.Helper()
	require.Contains(p.t, p.path(), "/mock/idp", "this is the provider's own page")
	p.click(`a[href*="persona=` + strings.ReplaceAll(email, "@", "%40") + `"]`)
}

// TestSignInBy signs in to a class by each way that there is.
func TestSignInBy(t *testing.T) {
	elsewhere := func(link string) func(*person, string) {
		return func(p *person, email string) {
			p.continueWith(link)
			p.as(email)
		}
	}
	// Stytch does not trust addresses from GitHub and similar providers, so the person has
	// to verify theirs once.
	unproven := func(link string) func(*person, string) {
		return func(p *person, email string) {
			p.continueWith(link)
			p.as(email)
			require.Empty(p.t, p.cookies()["stytch_session"], "half a sign-in is none")
			p.types("email", email)
			p.follow("E-mail me a link")
			p.redeem(p.link(email))
		}
	}
	for _, tt := range []struct {
		name, email, factor string
		signIn              func(p *person, email string)
	}{
		{"link", "sam@example.edu", "magic_link", func(p *person, email string) {
			p.types("email", email)
			p.follow("E-mail me a link")
			p.redeem(p.link(email))
		}},
		{"code", "sam@example.edu", "email_otp", func(p *person, email string) {
			p.types("email", email)
			p.follow("E-mail me a code")
			p.types("code", "000000")
			require.EqualValues(p.t, 403, p.follow("Sign in"))
			require.Contains(p.t, p.text(".notice"), "That code is not right")
			p.types("code", p.code(email))
			p.follow("Sign in")
		}},
		{"password", "sam@example.edu", "password", func(p *person, email string) {
			p.openPassword()
			p.typesPassword(email, "not-the-one")
			require.EqualValues(p.t, 403, p.follow("Sign in"))
			require.Contains(p.t, p.text(".notice"), "The e-mail address or the password is not right.")
			p.typesPassword(email, "snail-in-the-bottle-1932")
			p.follow("Sign in")
		}},
		{"first password", "priya@example.edu", "password", func(p *person, email string) {
			p.openPassword()
			p.fill(`input[autocomplete="username"]`, email)
			p.follow("Forgotten, or no password yet? E-mail me a link to set one")
			p.open(p.link(email))
			require.Equal(p.t, "/auth/new-password", p.step(), "the token has to leave the address at once")
			p.types("password", "password")
			require.EqualValues(p.t, 422, p.follow("Set it and sign in"))
			p.types("password", "consideration-must-move-9")
			p.follow("Set it and sign in")
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
			p := arrive(t)
			p.atSignIn(contracts)
			if tt.name == "link" {
				p.picture("sign-in")
				p.phonePicture("sign-in-phone")
			}
			tt.signIn(p, tt.email)
			p.isInside(contractsName)
			require.Contains(t, p.text("#factors"), tt.factor)
		})
	}

	t.Run("a provider that says no", func(t *testing.T) {
		p := arrive(t)
		p.atSignIn(contracts)
		p.continueWith("Continue with Google")
		p.follow("Cancel")
		require.NotEmpty(t, p.text(".notice"))
		require.NotContains(t, p.page(), "The identity provider did not", "the provider's words are not repeated")
		p.continueWith("Continue with Google")
		p.as("sam@example.edu")
		p.isInside(contractsName)
	})

	t.Run("a way that the class does not allow", func(t *testing.T) {
		p := arrive(t)
		p.atSignIn(prompts)
		require.NotContains(t, p.page(), "GitHub", "it is not offered")
		require.Contains(t, p.page(), "Google")
	})
}

// continueWith follows the link to a provider, which may be folded.
func (p *person) continueWith(link string) {
	p.t.Helper()
	if p.folds("Use an account elsewhere") && !strings.Contains(p.page(), link) {
		p.unfold("Use an account elsewhere")
	}
	p.follow(link)
}

// openPassword opens the part of the page with the password.
func (p *person) openPassword() {
	p.t.Helper()
	p.unfold("Use a password instead")
}

// typesPassword fills the form with the password in.
func (p *person) typesPassword(email, password string) {
	p.t.Helper()
	p.fill(`input[autocomplete="username"]`, email)
	p.fill(`input[autocomplete="current-password"]`, password)
}
