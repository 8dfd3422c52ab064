package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const confidential = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"

// requireHidden fails if any eight bytes of the secret stand in the output.
func requireHidden(t *testing.T, output string) {
	t.Helper()
	for i := 0; i+8 <= len(confidential); i++ {
		require.NotContains(t, output, confidential[i:i+8])
	}
}

// school returns a client whose Stytch is in memory.
func school(t testing.TB, change func(*stytchclient.Config)) (*mock.Stytch, *stytchclient.Client) {
	t.Helper()
	stytch := new(mock.Stytch)
	config := stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(),
		BaseURL: stytch.BaseURL(), Transport: stytch,
	}
	if change != nil {
		change(&config)
	}
	client, err := stytchclient.New(config)
	require.NoError(t, err)
	return stytch, client
}

// newestToken reads the link that came last, as its reader's browser would.
func newestToken(t testing.TB, stytch *mock.Stytch) grimoireauth.Secret {
	t.Helper()
	outbox := stytch.Outbox()
	require.NotEmpty(t, outbox)
	link := outbox[len(outbox)-1].Link
	follow := &http.Client{
		Transport:     stytch,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := follow.Get(link)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	location, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "multi_tenant_magic_links", location.Query().Get("stytch_token_type"))
	return grimoireauth.NewSecret(location.Query().Get("token"))
}

func TestFromClassToLogout(t *testing.T) {
	var revocations []grimoireauth.Revocation
	stytch, client := school(t, func(c *stytchclient.Config) {
		c.SessionDuration = 8 * time.Hour
		c.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
			revocations = append(revocations, revocation)
			return nil
		}
	})
	ctx := t.Context()

	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Contracts, semester 1"})
	require.NoError(t, err)
	require.Equal(t, "contracts-semester-1", class.Slug)
	same, err := client.Classes.Get(ctx, class.ID)
	require.NoError(t, err)
	require.Equal(t, class, same)

	sam, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: "sam@example.edu", Name: "Sam"})
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleStudent, sam.Role)
	require.Equal(t, grimoireauth.StatusActive, sam.Status)

	require.NoError(t, client.SignIn.SendMagicLink(ctx, stytchclient.MagicLink{Class: class.ID, Email: "sam@example.edu"}))
	token := newestToken(t, stytch)
	signedIn, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: token})
	require.NoError(t, err)
	require.Equal(t, sam.Person, signedIn.Member.Person)
	require.Equal(t, class, signedIn.Class)
	require.WithinDuration(t, time.Now().Add(8*time.Hour), signedIn.ExpiresAt(), time.Minute)

	_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: token})
	require.ErrorIs(t, err, grimoireauth.ErrTokenSpent, "a link works once")
	_, err = client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")})
	require.ErrorIs(t, err, grimoireauth.ErrTokenUnknown)

	for name, credentials := range map[string]grimoireauth.Credentials{
		"by token": {Token: signedIn.Token},
		"by jwt":   {JWT: signedIn.JWT},
		"by both":  signedIn.Credentials,
	} {
		t.Run(name, func(t *testing.T) {
			again, err := client.Sessions.Authenticate(ctx, credentials)
			require.NoError(t, err)
			require.Equal(t, signedIn.ID(), again.ID())
			require.True(t, signedIn.Token.Equal(again.Token))
			require.WithinDuration(t, signedIn.ExpiresAt(), again.ExpiresAt(), time.Second, "asking does not extend")
		})
	}

	require.NoError(t, client.Sessions.Revoke(ctx, signedIn.Session))
	require.Len(t, revocations, 1)
	require.Equal(t, signedIn.ID(), revocations[0].Session)
	_, err = client.Sessions.Authenticate(ctx, signedIn.Credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.NoError(t, client.Sessions.Revoke(ctx, signedIn.Session), "a session that is gone is no error")
}

func TestClassErrors(t *testing.T) {
	_, client := school(t, nil)
	_, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts", Slug: "torts"})
	require.NoError(t, err)
	tests := map[string]struct {
		do   func() error
		want error
	}{
		"slug taken": {func() error {
			_, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts again", Slug: "torts"})
			return err
		}, grimoireauth.ErrConflict},
		"no name": {func() error {
			_, err := client.Classes.Create(t.Context(), stytchclient.NewClass{})
			return err
		}, grimoireauth.ErrInvalid},
		"bad slug": {func() error {
			_, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts", Slug: "a/b"})
			return err
		}, grimoireauth.ErrInvalid},
		"unknown": {func() error {
			_, err := client.Classes.Get(t.Context(), "organization-test-00000000-0000-4000-8000-000000000000")
			return err
		}, grimoireauth.ErrNotFound},
		"no id": {func() error {
			_, err := client.Classes.Get(t.Context(), "")
			return err
		}, grimoireauth.ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, test.do(), test.want) })
	}
}

func TestRoster(t *testing.T) {
	stytch, client := school(t, nil)
	ctx := t.Context()
	class, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts"})
	require.NoError(t, err)
	other, err := client.Classes.Create(ctx, stytchclient.NewClass{Name: "Equity"})
	require.NoError(t, err)
	_, err = client.Roster.Enroll(ctx, other.ID, stytchclient.NewMember{Email: "elsewhere@example.edu"})
	require.NoError(t, err)

	t.Run("every role is written and read back", func(t *testing.T) {
		for _, role := range []grimoireauth.Role{grimoireauth.RoleStudent, grimoireauth.RoleTutor, grimoireauth.RoleInstructor, grimoireauth.RoleCoordinator} {
			member, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: role.String() + "@example.edu", Role: role})
			require.NoError(t, err)
			require.Equal(t, role, member.Role)
		}
	})
	t.Run("invitation", func(t *testing.T) {
		noor, err := client.Roster.Invite(ctx, class.ID, stytchclient.Invitation{
			NewMember: stytchclient.NewMember{Email: "noor@example.edu", Name: "Noor", Role: grimoireauth.RoleTutor},
		})
		require.NoError(t, err)
		require.Equal(t, grimoireauth.StatusInvited, noor.Status)
		require.Equal(t, grimoireauth.RoleTutor, noor.Role)
		signedIn, err := client.SignIn.WithMagicLink(ctx, stytchclient.MagicLinkSignIn{Token: newestToken(t, stytch)})
		require.NoError(t, err)
		require.Equal(t, grimoireauth.StatusActive, signedIn.Member.Status)
		_, err = client.Roster.Invite(ctx, class.ID, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "noor@example.edu"}})
		require.ErrorIs(t, err, grimoireauth.ErrConflict, "active members are not invited")
	})
	t.Run("bad input, all of it at once and nothing sent", func(t *testing.T) {
		sent := len(stytch.Journal())
		_, err := client.Roster.Invite(ctx, "", stytchclient.Invitation{
			NewMember: stytchclient.NewMember{Email: "not an address", Role: grimoireauth.Role(17)}, Expires: time.Second,
		})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		for _, fault := range []string{"class id", "e-mail", "role(17)", "Expires"} {
			require.ErrorContains(t, err, fault)
		}
		require.Len(t, stytch.Journal(), sent)
	})
	t.Run("twice", func(t *testing.T) {
		_, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: "student@example.edu"})
		require.ErrorIs(t, err, grimoireauth.ErrConflict)
	})
	t.Run("no such class", func(t *testing.T) {
		_, err := client.Roster.Enroll(ctx, "organization-test-00000000-0000-4000-8000-000000000000", stytchclient.NewMember{Email: "x@example.edu"})
		require.ErrorIs(t, err, grimoireauth.ErrNotFound)
	})
	t.Run("members, page by page", func(t *testing.T) {
		// More than one page of the iterator.
		for i := range 450 {
			_, err := client.Roster.Enroll(ctx, class.ID, stytchclient.NewMember{Email: fmt.Sprintf("s%d@example.edu", i)})
			require.NoError(t, err)
		}
		seen := make(map[grimoireauth.Person]bool)
		for member, err := range client.Roster.Members(ctx, class.ID) {
			require.NoError(t, err)
			require.Equal(t, class.ID, member.Class)
			require.False(t, seen[member.Person], "nobody twice")
			seen[member.Person] = true
		}
		require.Len(t, seen, 455)

		asked := len(stytch.Journal())
		for range client.Roster.Members(ctx, class.ID) {
			break
		}
		require.Equal(t, 1, len(stytch.Journal())-asked, "a loop that stops early asks no further")
	})
	t.Run("an error ends the loop and is yielded once", func(t *testing.T) {
		stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/members/search", Status: 500, ErrorType: "internal_server_error", Times: 3})
		rounds := 0
		for member, err := range client.Roster.Members(ctx, class.ID) {
			rounds++
			require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
			require.Zero(t, member)
		}
		require.Equal(t, 1, rounds)
	})
}

func TestWhoMayHaveALink(t *testing.T) {
	stytch, client := school(t, nil)
	class, err := client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Torts"})
	require.NoError(t, err)
	err = client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class.ID, Email: "stranger@example.edu"})
	require.ErrorIs(t, err, grimoireauth.ErrNotInvited)
	require.ErrorIs(t, err, grimoireauth.ErrForbidden)
	require.Empty(t, stytch.Outbox())
	err = client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	_, err = client.SignIn.WithMagicLink(t.Context(), stytchclient.MagicLinkSignIn{Token: grimoireauth.Secret{}})
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
}

// The revocation comes first, so that an unreachable Stytch cannot keep a session
// alive in this process.
func TestRevokeWhileStytchIsDown(t *testing.T) {
	var cut []grimoireauth.Revocation
	stytch, client := school(t, func(c *stytchclient.Config) {
		c.Retries = -1
		c.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
			cut = append(cut, revocation)
			return nil
		}
	})
	session, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu")))
	require.NoError(t, err)
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Drop: true})
	require.ErrorIs(t, client.Sessions.Revoke(t.Context(), session.Session), grimoireauth.ErrUnavailable)
	require.Len(t, cut, 1)
	require.ErrorIs(t, client.Sessions.RevokeAll(t.Context(), session.Session), grimoireauth.ErrUnavailable)
	require.Len(t, cut, 3)
	require.ErrorIs(t, client.Sessions.Revoke(t.Context(), grimoireauth.Session{}), grimoireauth.ErrInvalid)
	require.ErrorIs(t, client.Sessions.RevokeAll(t.Context(), grimoireauth.Session{}), grimoireauth.ErrInvalid)

	_, broken := school(t, func(c *stytchclient.Config) {
		c.OnRevoke = func(context.Context, grimoireauth.Revocation) error { return errors.New("bus down") }
	})
	require.ErrorIs(t, broken.Sessions.Revoke(t.Context(), session.Session), grimoireauth.ErrUnavailable,
		"a revocation that did not get through is not silent")
}
