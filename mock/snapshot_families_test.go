package mock

import (
	"testing"

	"github.com/promptgrimoire/auth/mock/internal/api/passwords"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
	"github.com/stretchr/testify/require"
)

// A snapshot holds what every way to sign in has left behind, and what comes
// back works: the index finds the same people, and their secrets are theirs.
func TestSnapshotOfEveryFamily(t *testing.T) {
	s := &Stytch{CrossOrgPasswords: true, RateLimits: true}
	class := s.AddClass("LAWS1100", Settings{"sso_jit_provisioning": wire.AllAllowed})
	ada := s.AddStudent(class.ID, "ada@example.edu")
	saml := s.AddSSO(class.ID, state.SAMLKind, map[string]string{"campus": "l"})
	s.AddIdPUser(IdPUser{Email: "ada@example.edu", Groups: []string{"staff"}, Attributes: map[string]any{"l": "St Lucia", "n": 1.5}})
	s.ForeignToken(ada, state.AccessToken)
	s.arrange("every family", func(c *core.Request) error {
		org, err := c.Organization(class.Slug)
		require.NoError(t, err)
		m, err := c.KnownMember(string(ada))
		require.NoError(t, err)
		passwords.SetPassword(c, m, passwords.NewPassword(c, "otter-lantern-9-quiver"))
		m.TOTP = &state.TOTP{ID: "member-totp-test-1", Secret: []byte{1, 2}, Confirmed: true, Recovery: c.NewRecoveryCodes()}
		require.NoError(t, c.SetPhone(m, "+15005550006"))
		c.SendSMS(m)
		require.NoError(t, c.LimitMail("ada@example.edu"))
		c.KeepIntermediate(&state.Intermediate{Email: "new@example.edu", Tenants: state.OAuthTenants{Provider: "slack", IDs: []string{"T1"}}})
		p, err := c.IdPUser("ada@example.edu")
		require.NoError(t, err)
		said, err := p.Said()
		require.NoError(t, err)
		proof := c.NewFactor("sso", "sso_saml", "saml_sso_factor", "provider_id", saml)
		proof.SSO = &state.SSORegistration{ID: "r", ConnectionID: org.Connection(saml).ID, ExternalID: p.Subject, Attributes: said, Groups: p.Groups}
		g := &state.Grant{Visit: state.Visit{Kind: "oauth", Provider: "google", OrganizationID: org.ID}, User: p}
		other := c.OAuthFactor(g, m.EmailID, c.NewRegistration(g, nil))
		c.Register(m, []state.Factor{proof, other})
		c.NewSession(m, []state.Factor{proof, other}, 0)
		g.Token = "g"
		state.Put(&c.State.Grants, "g", g)
		state.Put(&c.State.Visits, "h", &state.Visit{State: "h", OrganizationID: org.ID, ConnectionID: org.Connection(saml).ID})
		require.NoError(t, c.SetExternalID(m, "s42"))
		c.State.Reindex(m)
		return nil
	})
	before := s.core.State
	require.NoError(t, s.core.Restore(s.core.Snapshot(), true))
	require.Equal(t, before, s.core.State)
	s.arrange("after", func(c *core.Request) error {
		org, err := c.Organization(class.Slug)
		require.NoError(t, err)
		m := c.MemberByEmail(org, "ADA@example.edu")
		require.Same(t, c.State.Roster(org).Members[0], m)
		require.Same(t, org.Connections[0], c.State.Connection(m.SSO[0].ConnectionID))
		require.Equal(t, c.State.Passwords["ada@example.edu"], m.Password)
		right, err := m.Password.Is("otter-lantern-9-quiver")
		require.True(t, right)
		return err
	})
}
