package mock

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// populated is a Stytch with something in every part of the store.
func populated(t *testing.T) *Stytch {
	t.Helper()
	s := new(Stytch)
	s.arrange("populated", func(c *call) error {
		org, err := arranged(c, map[string]any{
			"organization_name": "LAWS1100", "organization_slug": "laws1100", "mfa_policy": mfaForAll,
			"trusted_metadata": map[string]any{"campus": "St Lucia"},
		}, createOrganization)
		require.NoError(t, err)
		m, err := c.enrolled(org.Organization.OrganizationID, "ada@example.edu")
		require.NoError(t, err)
		proof := c.magicLinkFactor(m.emailID, m.email)
		c.newSession(m, []factor{proof}, 0)
		c.newIntermediate(m, []factor{proof})
		c.mail(&link{kind: "login", member: m, expiresAt: c.now.Add(defaultSession)})

		n, err := c.newConnectionFor(m.org)
		require.NoError(t, err)
		m.org.customRoles = []policyRole{{"marker", "", []policyPermission{{"class", []string{"mark"}}}}}
		m.password = &password{id: "p", salt: []byte("salt"), sum: []byte("sum"), migrated: &passwordHash{kind: "md_5"}}
		m.totp = &totp{}
		m.oauth = []*oauthRegistration{{provider: "google"}}
		m.sso = []*ssoRegistration{{connection: n}}
		h := handoff{state: "s", org: m.org, connection: n, expiresAt: c.now}
		put(&c.s.db.codes, "c", []*code{{value: "123456", member: m}})
		put(&c.s.db.handoffs, h.state, &h)
		put(&c.s.db.grants, "g", &grant{handoff: h, persona: person{attributes: metadata{"a": json.RawMessage(`1`)}}})
		put(&c.s.db.passwords, m.email, m.password)
		put(&c.s.db.externals, "e", &externalToken{kind: AccessToken, member: m, issuedAt: c.now})
		put(&c.s.db.windows, "w", window{start: c.now, calls: 1})
		c.s.db.personas = []person{{email: m.email, groups: []string{"staff"}}}
		return nil
	})
	// Whatever the store gets next has to be put here, too, to be compared below.
	for i := range reflect.TypeFor[store]().NumField() {
		require.False(t, reflect.ValueOf(s.db).Field(i).IsZero(), "nothing is in store.%s", reflect.TypeFor[store]().Field(i).Name)
	}
	s.RotateKeys(true)
	return s
}

// newConnectionFor makes a SAML connection of the organization.
func (c *call) newConnectionFor(org *organization) (*connection, error) {
	c.params = map[string]string{"organization_id": org.id}
	return c.newConnection(samlKind, createConnectionRequest{})
}

// What is restored is what was saved, through JSON, down to what is shared: a
// session still points to the member who is on the roster.
func TestRestoreBringsBackTheSame(t *testing.T) {
	s := populated(t)
	encoded, err := json.Marshal(s.snapshot())
	require.NoError(t, err)
	before := s.db
	var snap snapshot
	require.NoError(t, strictJSON(encoded, &snap))
	require.NoError(t, s.restore(snap, true))
	require.Equal(t, before, s.db)
	require.Len(t, s.keys, 2)
	for _, session := range s.db.sessions {
		require.Same(t, s.db.members[0], session.member)
		require.Same(t, s.db.organizations[0], session.member.org)
	}
	require.Same(t, s.db.organizations[0].connections[0], s.db.members[0].sso[0].connection)
	require.Same(t, s.db.passwords["ada@example.edu"], s.db.members[0].password)
	again, err := json.Marshal(s.snapshot())
	require.NoError(t, err)
	require.Equal(t, string(encoded), string(again))
}

// A number that leads nowhere would be a nil member in some later call.
func TestRestoreRefusesDanglingReferences(t *testing.T) {
	for _, number := range []int{-1, 2, 1 << 40} {
		s := populated(t)
		snap := s.snapshot()
		snap.Store.Members[0] = number
		snap.SHA256 = snap.sum()
		before := s.db
		require.ErrorIs(t, s.restore(snap, true), errDangling)
		require.Equal(t, before, s.db)
	}
}

func TestRestoreRefusesAKeyThatIsNone(t *testing.T) {
	s := populated(t)
	snap := s.snapshot()
	snap.Keys[0].PKCS8 = []byte("key")
	snap.SHA256 = snap.sum()
	require.ErrorContains(t, s.restore(snap, true), "no RSA key")
}

// The store is saved by generated code. What a Stytch has besides it is saved by
// hand, so a new field has to be thought of.
func TestEveryFieldIsSavedOrNoState(t *testing.T) {
	known := []string{
		// Configuration, and what follows from it.
		"URL", "Project", "ProjectSecret", "CustomDomain", "RedirectURLs", "JWTLife", "Roles", "CrossOrgPasswords", "RateLimits", "LockAfter", "RandomSeed",
		"DangerouslyLive", "DangerouslyRemote", "configureOnce", "misuse", "env", "projectID", "secret", "publicToken", "policy", "mu", "base",
		// Instruments.
		"faults", "journal",
		// Saved; nextKey and random only if there is a seed.
		"db", "keys", "outbox", "nextKey", "random", "memory",
	}
	fields := append(reflect.VisibleFields(reflect.TypeFor[Stytch]()), reflect.VisibleFields(reflect.TypeFor[memory]())...)
	for _, field := range fields {
		name := field.Name
		require.Contains(t, known, name, "if %s is part of what is remembered, save it in control_snapshot.go", name)
	}
}

func FuzzRestore(f *testing.F) {
	s := new(Stytch)
	s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")
	encoded, err := json.Marshal(s.snapshot())
	require.NoError(f, err)
	f.Add(encoded)
	f.Add([]byte(`{"version":1,"store":{"members":[1]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var snap snapshot
		if strictJSON(raw, &snap) != nil {
			return
		}
		// With a sum and an id that fit, only the references stand between the
		// snapshot and the store.
		snap.Version, snap.ProjectID = snapshotVersion, s.projectID
		snap.SHA256 = snap.sum()
		_ = s.restore(snap, true)
	})
}
