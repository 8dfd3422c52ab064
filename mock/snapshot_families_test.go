package mock

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// A snapshot holds what every way to sign in has left behind, and what comes
// back works: the roll finds the same people, and their secrets are theirs.
func TestSnapshotOfEveryFamily(t *testing.T) {
	s := &Stytch{CrossOrgPasswords: true, RateLimits: true}
	class := s.AddClass("LAWS1100", Settings{"sso_jit_provisioning": allAllowed})
	ada := s.AddStudent(class.ID, "ada@example.edu")
	saml := s.AddSSO(class.ID, samlKind, map[string]string{"campus": "l"})
	s.AddPersona(Persona{Email: "ada@example.edu", Groups: []string{"staff"}, Attributes: map[string]any{"l": "St Lucia", "n": 1.5}})
	s.ForeignToken(ada, AccessToken)
	s.arrange("every family", func(c *call) error {
		org, err := c.organization(class.Slug)
		require.NoError(t, err)
		m, err := c.knownMember(ada)
		require.NoError(t, err)
		c.setPassword(m, c.newPassword("otter-lantern-9-quiver"))
		m.totp = &totp{id: "member-totp-test-1", secret: []byte{1, 2}, confirmed: true, recovery: c.s.newRecoveryCodes()}
		require.NoError(t, c.setPhone(m, "+15005550006"))
		c.sendSMS(m)
		require.NoError(t, c.limitMail("ada@example.edu"))
		c.keepIntermediate(&intermediate{email: "new@example.edu", tenants: oauthTenants{"slack", []string{"T1"}}})
		p, err := c.person("ada@example.edu")
		require.NoError(t, err)
		said, err := p.said()
		require.NoError(t, err)
		proof := c.newFactor("sso", "sso_saml", "saml_sso_factor", "provider_id", saml)
		proof.sso = &ssoRegistration{id: "r", connection: org.connection(saml), externalID: p.subject, attributes: said, groups: p.groups}
		g := &grant{handoff: handoff{kind: "oauth", provider: "google", org: org}, persona: p}
		other := c.oauthFactor(g, m.emailID, c.newRegistration(g, nil))
		c.register(m, []factor{proof, other})
		c.newSession(m, []factor{proof, other}, 0)
		put(&c.s.db.grants, "g", g)
		put(&c.s.db.handoffs, "h", &handoff{org: org, connection: org.connection(saml)})
		return c.setExternalID(m, "s42")
	})
	encoded, err := json.Marshal(s.snapshot())
	require.NoError(t, err)
	before := s.db
	var snap snapshot
	require.NoError(t, strictJSON(encoded, &snap))
	require.NoError(t, s.restore(snap, true))
	require.Equal(t, before, s.db)
	s.arrange("after", func(c *call) error {
		org, err := c.organization(class.Slug)
		require.NoError(t, err)
		m := c.memberByEmail(org, "ADA@example.edu")
		require.Same(t, org.roll.members[0], m)
		require.Same(t, org.connections[0], m.sso[0].connection)
		require.Same(t, c.s.db.passwords["ada@example.edu"], m.password)
		right, err := m.password.is("otter-lantern-9-quiver")
		require.True(t, right)
		return err
	})
}
