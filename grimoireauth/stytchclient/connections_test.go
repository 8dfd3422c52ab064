package stytchclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso/external"
)

func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// A connection from nothing to the first sign-in, with a role by group.
func TestSignInConnectionSAML(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	at := d.client.Connections
	class := d.class("Torts", mock.Settings{"sso_jit_provisioning": "ALL_ALLOWED", "email_invites": "ALL_ALLOWED"})
	made, err := at.CreateSAML(t.Context(), class, stytchclient.NewConnection{Name: "University", Provider: "shibboleth"})
	require.NoError(t, err)
	require.False(t, made.Active)
	require.Equal(t, stytchclient.ConnectionSAML, made.Kind)
	require.NotEmpty(t, made.AnswerURL)
	require.NotEmpty(t, made.Audience)
	changed, err := at.UpdateSAML(t.Context(), class, made.ID, stytchclient.SAMLChange{
		EntityID: stytchclient.Set("https://idp.example.edu/entity"), SignInURL: stytchclient.Set("https://idp.example.edu/sso"),
		Certificate: stytchclient.Set(certificate(t)),
		Attributes:  stytchclient.Set(map[string]string{"email": "mail", "full_name": "displayName", "groups": "groups", "affiliation": "eduPersonAffiliation"}),
		GroupRoles:  stytchclient.Set([]stytchclient.GroupRole{{Group: "staff", Role: grimoireauth.RoleInstructor}}),
	})
	require.NoError(t, err)
	require.True(t, changed.Active)
	require.Equal(t, []stytchclient.GroupRole{{Group: "staff", Role: grimoireauth.RoleInstructor, ID: "instructor"}}, changed.GroupRoles)
	require.Equal(t, "eduPersonAffiliation", changed.Attributes["affiliation"])
	named, err := at.SetDefault(t.Context(), class, made.ID)
	require.NoError(t, err)
	require.Equal(t, string(made.ID), named.Settings.DefaultConnection)

	d.stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Name: "Ada", Groups: []string{"staff"}, Attributes: map[string]any{
		"mail": "ada@example.edu", "displayName": "Ada", "eduPersonAffiliation": "staff",
	}})
	start, err := d.client.SignIn.StartSSO(stytchclient.SSOStart{Connection: made.ID})
	require.NoError(t, err)
	ada := d.in(d.client.SignIn.WithSSO(t.Context(), stytchclient.SSOSignIn{
		Token: grimoireauth.NewSecret(d.browse(start, "ada@example.edu").Get("token")), Verifier: start.Verifier, Class: class,
	}))
	require.Equal(t, "staff", ada.Member.Metadata["affiliation"])
	require.True(t, ada.HasRole("instructor"), "the group's role counts in this session")

	// What was set can be cleared.
	cleared, err := at.UpdateSAML(t.Context(), class, made.ID, stytchclient.SAMLChange{GroupRoles: stytchclient.Set[[]stytchclient.GroupRole](nil)})
	require.NoError(t, err)
	require.Empty(t, cleared.GroupRoles)

	require.ErrorIs(t, at.Delete(t.Context(), class, made.ID), grimoireauth.ErrInvalid, "it is the default")
	_, err = at.SetDefault(t.Context(), class, "")
	require.NoError(t, err)
	require.NoError(t, at.Delete(t.Context(), class, made.ID))
	require.NoError(t, at.Delete(t.Context(), class, made.ID), "gone is gone")
	left, err := at.List(t.Context(), class)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSignInConnectionOIDC(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	at := d.client.Connections
	class, other := d.class("Torts"), d.class("Equity")
	made, err := at.CreateOIDC(t.Context(), class, stytchclient.NewConnection{Name: "University"})
	require.NoError(t, err)
	require.Equal(t, "generic", made.Provider)
	changed, err := at.UpdateOIDC(t.Context(), class, made.ID, stytchclient.OIDCChange{
		ClientID: stytchclient.Set("client"), ClientSecret: stytchclient.Set(grimoireauth.NewSecret("Pq8-clS3cr_t6Wb")),
		Issuer: stytchclient.Set("https://idp.example.edu"), AuthorizationURL: stytchclient.Set("https://idp.example.edu/authorize"),
		TokenURL: stytchclient.Set("https://idp.example.edu/token"), UserinfoURL: stytchclient.Set("https://idp.example.edu/userinfo"),
		KeysURL: stytchclient.Set("https://idp.example.edu/jwks"), Scopes: stytchclient.Set("openid email profile"),
		Attributes: stytchclient.Set(map[string]string{"email": "email", "full_name": "name"}),
	})
	heard.say(changed, err)
	require.NoError(t, err)
	require.True(t, changed.Active)
	require.Equal(t, "https://idp.example.edu", changed.Issuer)

	saml := d.stytch.AddSSO(class, "saml", nil)
	_, err = d.client.Stytch().SSO.External.CreateConnection(t.Context(), &external.CreateConnectionParams{
		OrganizationID: string(other), ExternalOrganizationID: string(class), ExternalConnectionID: saml, DisplayName: "shared",
	})
	require.NoError(t, err)
	all, err := at.List(t.Context(), class)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, []stytchclient.ConnectionKind{stytchclient.ConnectionSAML, stytchclient.ConnectionOIDC}, []stytchclient.ConnectionKind{all[0].Kind, all[1].Kind})
	shared, err := at.List(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, stytchclient.ConnectionExternal, shared[0].Kind)

	_, err = at.UpdateSAML(t.Context(), class, made.ID, stytchclient.SAMLChange{})
	require.ErrorIs(t, err, grimoireauth.ErrNotFound, "it is no SAML connection")
	_, err = at.UpdateOIDC(t.Context(), other, made.ID, stytchclient.OIDCChange{})
	require.ErrorIs(t, err, grimoireauth.ErrNotFound, "nor one of the other class")
	_, err = at.List(t.Context(), "organization-test-00000000-0000-4000-8000-000000000000")
	require.ErrorIs(t, err, grimoireauth.ErrNotFound)
}

func TestSignInConnectionInput(t *testing.T) {
	d := newFixture(t, new(mock.Stytch))
	at := d.client.Connections
	class := grimoireauth.ClassID("organization-test-1")
	tests := map[string]struct {
		do   func(context.Context) error
		want []string
	}{
		"list": {func(ctx context.Context) error { _, err := at.List(ctx, ""); return err }, []string{"class id"}},
		"create": {func(ctx context.Context) error {
			_, err := at.CreateOIDC(ctx, "torts", stytchclient.NewConnection{})
			return err
		}, []string{"class id"}},
		"delete": {func(ctx context.Context) error { return at.Delete(ctx, "", "") }, []string{"class id", "connection id"}},
		"OIDC": {func(ctx context.Context) error {
			_, err := at.UpdateOIDC(ctx, class, "", stytchclient.OIDCChange{
				Issuer: stytchclient.Set("http://idp.example.edu"), TokenURL: stytchclient.Set("ftp://idp.example.edu"),
				Attributes: stytchclient.Set(map[string]string{"email": ""}),
			})
			return err
		}, []string{"connection id", "Issuer", "TokenURL", "Attributes"}},
		"SAML": {func(ctx context.Context) error {
			_, err := at.UpdateSAML(ctx, class, "saml-connection-test-1", stytchclient.SAMLChange{
				SignInURL: stytchclient.Set("idp.example.edu"), Roles: stytchclient.Set([]grimoireauth.Role{grimoireauth.RoleStudent}),
				GroupRoles: stytchclient.Set([]stytchclient.GroupRole{{Role: grimoireauth.RoleTutor}, {Group: "staff", Role: grimoireauth.RoleNone}}),
			})
			return err
		}, []string{"SignInURL", "Roles has student", "without a group", "GroupRoles has none"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.do(t.Context())
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	require.Empty(t, d.stytch.Journal())
}

// An answer about another connection changes nothing that anybody could rely on.
func TestSignInConnectionAnswers(t *testing.T) {
	class := grimoireauth.ClassID("organization-test-1")
	for name, test := range map[string]struct {
		answer string
		do     func(context.Context, stytchclient.Connections) error
	}{
		"nothing": {"{}", func(ctx context.Context, at stytchclient.Connections) error {
			_, err := at.CreateSAML(ctx, class, stytchclient.NewConnection{})
			return err
		}},
		"another class": {`{"connection":{"connection_id":"oidc-connection-test-1","organization_id":"organization-test-2"}}`, func(ctx context.Context, at stytchclient.Connections) error {
			_, err := at.CreateOIDC(ctx, class, stytchclient.NewConnection{})
			return err
		}},
		"another connection": {`{"connection":{"connection_id":"oidc-connection-test-2","organization_id":"organization-test-1"}}`, func(ctx context.Context, at stytchclient.Connections) error {
			_, err := at.UpdateOIDC(ctx, class, "oidc-connection-test-1", stytchclient.OIDCChange{})
			return err
		}},
		"another one deleted": {`{"connection_id":"oidc-connection-test-2"}`, func(ctx context.Context, at stytchclient.Connections) error {
			return at.Delete(ctx, class, "oidc-connection-test-1")
		}},
		"a list with another class's": {`{"oidc_connections":[{"connection_id":"oidc-connection-test-1","organization_id":"organization-test-2"}]}`, func(ctx context.Context, at stytchclient.Connections) error {
			_, err := at.List(ctx, class)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nil, body(http.StatusOK, test.answer))
			require.ErrorIs(t, test.do(t.Context(), client.Connections), grimoireauth.ErrUnavailable)
		})
	}
}
