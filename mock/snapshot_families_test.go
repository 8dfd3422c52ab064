package mock

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A snapshot holds what every way to sign in has left behind, and what comes
// back works: the index finds the same people, and their secrets are theirs.
func TestSnapshotOfEveryFamily(t *testing.T) {
	s := &Stytch{CrossOrgPasswords: true, RateLimits: true}
	class := s.AddClass("LAWS1100", Settings{"sso_jit_provisioning": allAllowed})
	ada := s.AddStudent(class.ID, "ada@example.edu")
	saml := s.AddSSO(class.ID, samlKind, map[string]string{"campus": "l"})
	s.AddIdPUser(IdPUser{Email: "ada@example.edu", Groups: []string{"staff"}, Attributes: map[string]any{"l": "St Lucia", "n": 1.5}})
	s.ForeignToken(ada, AccessToken)
	s.arrange("every family", func(c *call) error {
		org, err := c.organization(class.Slug)
		require.NoError(t, err)
		m, err := c.knownMember(ada)
		require.NoError(t, err)
		c.setPassword(m, c.newPassword("otter-lantern-9-quiver"))
		m.TOTP = &totp{ID: "member-totp-test-1", Secret: []byte{1, 2}, Confirmed: true, Recovery: c.newRecoveryCodes()}
		require.NoError(t, c.setPhone(m, "+15005550006"))
		c.sendSMS(m)
		require.NoError(t, c.limitMail("ada@example.edu"))
		c.keepIntermediate(&intermediate{Email: "new@example.edu", Tenants: oauthTenants{"slack", []string{"T1"}}})
		p, err := c.person("ada@example.edu")
		require.NoError(t, err)
		said, err := p.said()
		require.NoError(t, err)
		proof := c.newFactor("sso", "sso_saml", "saml_sso_factor", "provider_id", saml)
		proof.SSO = &ssoRegistration{ID: "r", ConnectionID: org.connection(saml).ID, ExternalID: p.Subject, Attributes: said, Groups: p.Groups}
		g := &grant{handoff: handoff{Kind: "oauth", Provider: "google", OrganizationID: org.ID}, Persona: p}
		other := c.oauthFactor(g, m.EmailID, c.newRegistration(g, nil))
		c.register(m, []factor{proof, other})
		c.newSession(m, []factor{proof, other}, 0)
		g.Token = "g"
		put(&c.db.Grants, "g", g)
		put(&c.db.Handoffs, "h", &handoff{State: "h", OrganizationID: org.ID, ConnectionID: org.connection(saml).ID})
		require.NoError(t, c.setExternalID(m, "s42"))
		c.db.enter(m)
		return nil
	})
	before := s.core.db
	require.NoError(t, s.core.restore(s.core.snapshot(), true))
	require.Equal(t, before, s.core.db)
	s.arrange("after", func(c *call) error {
		org, err := c.organization(class.Slug)
		require.NoError(t, err)
		m := c.memberByEmail(org, "ADA@example.edu")
		require.Same(t, c.db.roster(org).members[0], m)
		require.Same(t, org.Connections[0], c.db.connection(m.SSO[0].ConnectionID))
		require.Equal(t, c.db.Passwords["ada@example.edu"], m.Password)
		right, err := m.Password.is("otter-lantern-9-quiver")
		require.True(t, right)
		return err
	})
}
