package mock_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/magiclinks/email"
	orgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"
	sdk "github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
	"github.com/stytchauth/stytch-go/v16/stytch/methodoptions"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"

	"github.com/promptgrimoire/auth/mock"
)

// The unmodified SDK, over a real connection, with its own fetch of the key set
// and its own check of the JWT.
func TestStytchGoConformance(t *testing.T) {
	for _, tt := range []struct {
		name    string
		baseURI func(string) string
	}{
		{"base URI without a slash", func(u string) string { return u }},
		{"base URI with a slash, which makes the SDK ask for //v1", func(u string) string { return u + "/" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stytch := new(mock.Stytch)
			base, stop := stytch.Start()
			defer stop()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel() // ends the goroutine that the SDK starts for its key set
			api, err := b2bstytchapi.NewClient(stytch.ProjectID(), stytch.Secret().Reveal(),
				b2bstytchapi.WithBaseURI(tt.baseURI(base)),
				b2bstytchapi.WithHTTPClient(&http.Client{Timeout: 5 * time.Second}),
				b2bstytchapi.WithInitializationContext(ctx),
			)
			require.NoError(t, err)
			signInWithSDK(t, stytch, api)
		})
	}
}

func signInWithSDK(t *testing.T, stytch *mock.Stytch, api *b2bstytchapi.API) {
	ctx := t.Context()
	org, err := api.Organizations.Create(ctx, &orgs.CreateParams{OrganizationName: "LAWS1100", OrganizationSlug: "laws1100"})
	require.NoError(t, err)
	orgID := org.Organization.OrganizationID
	member, err := api.Organizations.Members.Create(ctx, &members.CreateParams{
		OrganizationID: orgID, EmailAddress: "ada@example.edu", Name: "Ada", Roles: []string{"instructor"},
		TrustedMetadata: map[string]any{"student_number": 42},
	})
	require.NoError(t, err)

	_, err = api.MagicLinks.Email.LoginOrSignup(ctx, &email.LoginOrSignupParams{
		OrganizationID: orgID, EmailAddress: "ada@example.edu", LoginRedirectURL: "https://grimoire.example.edu/auth/callback?return_to=%2Fclasses",
	})
	require.NoError(t, err)
	token := follow(t, stytch.Outbox()[0].Link)

	signedIn, err := api.MagicLinks.Authenticate(ctx, &magiclinks.AuthenticateParams{MagicLinksToken: token, SessionDurationMinutes: 30})
	require.NoError(t, err)
	require.True(t, signedIn.MemberAuthenticated)
	require.Equal(t, member.MemberID, signedIn.MemberID)
	require.Equal(t, []string{"stytch_member", "instructor"}, signedIn.MemberSession.Roles)
	require.WithinDuration(t, time.Now().Add(30*time.Minute), *signedIn.MemberSession.ExpiresAt, time.Minute)

	local, err := api.Sessions.AuthenticateJWTLocal(ctx, signedIn.SessionJWT, 5*time.Minute, nil)
	require.NoError(t, err)
	require.Equal(t, signedIn.MemberSession.MemberSessionID, local.MemberSessionID)
	require.Equal(t, orgID, local.OrganizationID)
	require.Equal(t, "laws1100", local.OrganizationSlug)
	require.Equal(t, signedIn.MemberSession.Roles, local.Roles)
	require.Equal(t, "ada@example.edu", local.AuthenticationFactors[0].EmailFactor.EmailAddress)

	remote, err := api.Sessions.AuthenticateJWT(ctx, &sdk.AuthenticateJWTParams{ // a zero age means: ask Stytch
		Body: &sdk.AuthenticateParams{
			SessionJWT:          signedIn.SessionJWT,
			SessionCustomClaims: map[string]any{"seat": "A4"},
			AuthorizationCheck:  &sdk.AuthorizationCheck{OrganizationID: orgID, ResourceID: "class", Action: "release"},
		},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"instructor"}, remote.Verdict.GrantingRoles)
	require.Equal(t, signedIn.SessionToken, remote.SessionToken)
	require.NotEmpty(t, remote.SessionJWT)
	require.Equal(t, "A4", remote.MemberSession.CustomClaims["seat"])

	live, err := api.Sessions.Get(ctx, &sdk.GetParams{OrganizationID: orgID, MemberID: member.MemberID})
	require.NoError(t, err)
	require.Len(t, live.MemberSessions, 1)

	_, err = api.Organizations.Members.Update(ctx, &members.UpdateParams{
		OrganizationID: orgID, MemberID: member.MemberID, Roles: &[]string{},
		TrustedMetadata: map[string]any{"student_number": nil},
	}, &members.UpdateRequestOptions{Authorization: methodoptions.Authorization{}})
	require.NoError(t, err)

	_, err = api.Sessions.Revoke(ctx, &sdk.RevokeParams{MemberSessionID: signedIn.MemberSession.MemberSessionID})
	require.NoError(t, err)
	_, err = api.Sessions.Authenticate(ctx, &sdk.AuthenticateParams{SessionToken: signedIn.SessionToken})
	var refusal stytcherror.Error
	require.True(t, errors.As(err, &refusal))
	require.EqualValues(t, "session_not_found", refusal.ErrorType)
	require.Equal(t, http.StatusNotFound, refusal.StatusCode)
	require.EqualValues(t, "Session could not be found.", refusal.ErrorMessage)
	require.True(t, strings.HasPrefix(refusal.RequestID, "request-id-test-"))
}

// follow opens a link as a browser does and returns the token it arrives with.
func follow(t *testing.T, link string) string {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	require.NoError(t, err)
	res, err := browser.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusFound, res.StatusCode)
	to, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "grimoire.example.edu/auth/callback", to.Host+to.Path)
	require.Equal(t, "/classes", to.Query().Get("return_to"), "the caller's query is kept")
	require.Equal(t, "multi_tenant_magic_links", to.Query().Get("stytch_token_type"))
	require.Equal(t, "laws1100", to.Query().Get("slug"))
	return to.Query().Get("token")
}

// The SDK's errors over the in-process transport, to see that both ways in are
// one server.
func TestStytchGoInProcess(t *testing.T) {
	stytch := new(mock.Stytch)
	api, err := b2bstytchapi.NewClient(stytch.ProjectID(), stytch.Secret().Reveal(),
		b2bstytchapi.WithHTTPClient(&http.Client{Transport: stytch}),
		b2bstytchapi.WithSkipJWKSInitialization(),
	)
	require.NoError(t, err)
	_, err = api.Organizations.Get(t.Context(), &orgs.GetParams{OrganizationID: "a b/c"})
	var refusal stytcherror.Error
	require.True(t, errors.As(err, &refusal), "%v", err)
	require.EqualValues(t, "organization_not_found", refusal.ErrorType)
	journal := stytch.Journal()
	require.Len(t, journal, 1)
	require.Equal(t, "GET /v1/b2b/organizations/{organization_id}", journal[0].Endpoint, "an escaped slash separates nothing")
	require.Equal(t, "/v1/b2b/organizations/a%20b%2Fc", journal[0].Path)
}
