package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// browse signs a person in at the provider behind a start URL, and returns the token that
// their browser brings back.
func (x *real) browse(t *testing.T, start stytchclient.Start, idpUser string) grimoireauth.Secret {
	t.Helper()
	to, err := url.Parse(start.URL)
	require.NoError(t, err)
	query := to.Query()
	query.Set("mock_persona", idpUser)
	to.RawQuery = query.Encode()
	browser := &http.Client{Transport: x.stytch, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(to.String())
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	back, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	return grimoireauth.NewSecret(back.Query().Get("token"))
}

func (x *real) byGoogle(t *testing.T, class grimoireauth.ClassID, idpUser string) (stytchclient.SignedIn, error) {
	t.Helper()
	start, err := x.client.SignIn.StartOAuth(stytchclient.OAuthStart{Provider: grimoireauth.MethodGoogle, Class: class, RedirectURL: "https://app.example/auth/callback"})
	require.NoError(t, err)
	out, err := x.client.SignIn.WithOAuth(t.Context(), stytchclient.OAuthSignIn{Token: x.browse(t, start, idpUser), Verifier: start.Verifier, Class: class})
	return out.SignedIn, err
}

// asks returns the status of a request for a class's page that needs at least this role.
func (x *real) asks(t *testing.T, who stytchclient.SignedIn, class grimoireauth.ClassID, least grimoireauth.Role) int {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}", x.guard.InClass(middleware.PathClass("class"), least)(whoami))
	r := httptest.NewRequest("GET", "/classes/"+string(class), nil)
	require.NoError(t, x.guard.Attach(r, who.Credentials))
	return serve(x.guard.Protect(mux), r).StatusCode
}

// T10: the link of an invitation signs in the member who was invited, with that role and no
// other, once, whatever account opens it.
func TestT10_ForwardedInvitation(t *testing.T) {
	x := newReal(t)
	class := x.stytch.AddClass("Torts", mock.Settings{"email_invites": "ALL_ALLOWED", "email_jit_provisioning": "NOT_ALLOWED"}).ID
	ada, err := x.client.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "ada@example.edu"}})
	require.NoError(t, err)
	outbox := x.stytch.Outbox()
	require.Equal(t, "ada@example.edu", outbox[len(outbox)-1].To)
	link := grimoireauth.NewSecret(outbox[len(outbox)-1].Token)

	in, err := x.client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: link, Class: class})
	require.NoError(t, err)
	require.Equal(t, ada.Person, in.Member.Person, "the link is that person's, whoever clicks on it")
	require.Equal(t, "ada@example.edu", in.Member.Email)
	require.Equal(t, 200, x.asks(t, in, class, grimoireauth.RoleStudent))
	require.Equal(t, 403, x.asks(t, in, class, grimoireauth.RoleTutor), "an invitation brings the role that it names")
	require.Equal(t, 404, x.asks(t, in, x.class.ID, grimoireauth.RoleStudent))

	eve, err := x.client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: link})
	require.ErrorIs(t, err, grimoireauth.ErrTokenSpent, "who gets it from her afterwards")
	require.True(t, eve.IsZero())
	require.Equal(t, 401, x.asks(t, eve, class, grimoireauth.RoleStudent))
	_, err = x.byGoogle(t, class, "eve@example.edu")
	require.ErrorIs(t, err, grimoireauth.ErrNotInvited)

	// Those whose invitation was withdrawn have a link that leads nowhere.
	bob, err := x.client.Roster.Invite(t.Context(), class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "bob@example.edu"}})
	require.NoError(t, err)
	outbox = x.stytch.Outbox()
	require.NoError(t, x.client.Roster.Deny(t.Context(), class, bob.Member))
	_, err = x.client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret(outbox[len(outbox)-1].Token)})
	require.ErrorIs(t, err, grimoireauth.ErrTokenSpent)
}

// T10: a person who joins without an invitation needs an address of the class's domains that
// a provider has verified, and becomes a student.
func TestT10_JoiningByDomain(t *testing.T) {
	x := newReal(t)
	class := x.stytch.AddClass("Torts", mock.Settings{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"example.edu"}}).ID
	x.stytch.AddIdPUser(mock.IdPUser{Email: "mallory@example.edu", Unverified: true})
	tests := []struct {
		name, idpUser string
		want          error // nil: they are in
	}{
		{"of the domain", "ada@example.edu", nil},
		{"of another", "ada@evil.example", grimoireauth.ErrNotInvited},
		{"of one that ends like it", "ada@notexample.edu", grimoireauth.ErrNotInvited},
		{"of one below it", "ada@mail.example.edu", grimoireauth.ErrNotInvited},
		{"of one that begins like it", "ada@example.edu.evil.example", grimoireauth.ErrNotInvited},
		{"of the domain, and nobody vouches for it", "mallory@example.edu", grimoireauth.ErrStepUp},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := x.byGoogle(t, class, tt.idpUser)
			if tt.want == nil {
				require.NoError(t, err)
				require.Equal(t, 200, x.asks(t, in, class, grimoireauth.RoleStudent))
				require.Equal(t, 403, x.asks(t, in, class, grimoireauth.RoleTutor))
				return
			}
			require.ErrorIs(t, err, tt.want)
			require.True(t, in.IsZero())
			require.Equal(t, 401, x.asks(t, in, class, grimoireauth.RoleStudent), "there is nothing to come with")
		})
	}
}

// T10: an account at a provider that has not verified its address does not open the
// membership of that address.
func TestT10_UnverifiedAddressOfAnInstructor(t *testing.T) {
	x := newReal(t)
	x.stytch.AddIdPUser(mock.IdPUser{Email: "ivy@example.edu", Unverified: true})
	in, err := x.byGoogle(t, x.class.ID, "ivy@example.edu")
	require.ErrorIs(t, err, grimoireauth.ErrStepUp, "she has still to show that the address is hers")
	require.True(t, in.IsZero())
	var owed *stytchclient.StepUpError
	require.ErrorAs(t, err, &owed)
	// What an unfinished sign-in holds is no session, whatever cookie it is put into.
	for _, credentials := range []grimoireauth.Credentials{
		grimoireauth.NewCredentials(owed.Intermediate.Token.Reveal(), owed.Intermediate.Token.Reveal()),
		grimoireauth.NewCredentials("", owed.Intermediate.Token.Reveal()),
	} {
		var unfinished stytchclient.SignedIn
		unfinished.Credentials = credentials
		require.Equal(t, 401, x.asks(t, unfinished, x.class.ID, grimoireauth.RoleStudent))
	}
}

// T12: an identity provider of one class asserts the e-mail address of a member of another.
// A session is of a member and not of an address, so it does not count there.
func TestT12_AddressOfAnotherClass(t *testing.T) {
	x := newReal(t) // where ivy@example.edu is the instructor
	rogue := x.stytch.AddClass("Rogue", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED"}).ID
	connection := x.stytch.AddSSO(rogue, "saml", nil)
	x.stytch.AddIdPUser(mock.IdPUser{Email: "ivy@example.edu", Subject: "rogue-1"})
	start, err := x.client.SignIn.StartSSO(stytchclient.SSOStart{Connection: stytchclient.ConnectionID(connection), RedirectURL: "https://app.example/auth/callback"})
	require.NoError(t, err)
	finish := stytchclient.SSOSignIn{Token: x.browse(t, start, "ivy@example.edu"), Verifier: start.Verifier, Class: rogue}
	in, err := x.client.SignIn.WithSSO(t.Context(), finish)
	require.NoError(t, err, "the class believes its own provider")
	require.Equal(t, "ivy@example.edu", in.Member.Email)
	require.NotEqual(t, x.member, in.Member.Member, "another line of another roster")
	require.Equal(t, 200, x.asks(t, in, rogue, grimoireauth.RoleStudent))
	require.Equal(t, 404, x.asks(t, in, x.class.ID, grimoireauth.RoleStudent))

	// The real Ivy is in neither the other's class nor the other's shoes.
	ivy := stytchclient.SignedIn{Authentication: grimoireauth.Authentication{Credentials: x.stytch.SignIn(x.member)}}
	require.Equal(t, 200, x.asks(t, ivy, x.class.ID, grimoireauth.RoleInstructor))
	require.Equal(t, 404, x.asks(t, ivy, rogue, grimoireauth.RoleStudent))

	// What an application keeps is kept under the Person, which has no address in it.
	marks := map[grimoireauth.Person]string{{Member: x.member, Class: x.class.ID}: "A"}
	require.Empty(t, marks[in.Member.Person])
	require.Empty(t, marks[grimoireauth.Person{Member: x.member, Class: rogue}], "nor is the member's id without the class enough")

	// An answer meant for her own class is refused there.
	start, err = x.client.SignIn.StartSSO(stytchclient.SSOStart{Connection: stytchclient.ConnectionID(connection), RedirectURL: "https://app.example/auth/callback"})
	require.NoError(t, err)
	finish = stytchclient.SSOSignIn{Token: x.browse(t, start, "ivy@example.edu"), Verifier: start.Verifier, Class: x.class.ID}
	in, err = x.client.SignIn.WithSSO(t.Context(), finish)
	require.ErrorIs(t, err, grimoireauth.ErrOtherClass)
	require.True(t, in.IsZero())
}
