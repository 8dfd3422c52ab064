package mock

import (
	"encoding/json"
	"reflect"
	"strings"
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
		proof := c.magicLinkFactor(m.EmailID, m.Email)
		c.newSession(m, []factor{proof}, 0)
		c.newIntermediate(m, []factor{proof})
		c.mail(&link{Kind: "login", MemberID: m.ID, ExpiresAt: c.now.Add(defaultSession)})

		n, err := c.newConnectionFor(c.db.org(m.OrganizationID))
		require.NoError(t, err)
		c.db.org(m.OrganizationID).CustomRoles = []policyRole{{"marker", "", []policyPermission{{"class", []string{"mark"}}}}}
		m.Password = &password{ID: "p", Salt: []byte("salt"), Sum: []byte("sum"), Migrated: &passwordHash{Kind: "md_5"}}
		m.TOTP = &totp{}
		m.OAuth = []*oauthRegistration{{Provider: "google"}}
		m.SSO = []*ssoRegistration{{ConnectionID: n.ID, Attributes: metadata{}}}
		h := handoff{State: "s", OrganizationID: m.OrganizationID, ConnectionID: n.ID, ExpiresAt: c.now}
		put(&c.db.Codes, "c", []*code{{Value: "123456", MemberID: m.ID}})
		put(&c.db.Handoffs, h.State, &h)
		g := grant{handoff: h, Token: "g", Persona: person{Attributes: metadata{"a": json.RawMessage(`1`)}}}
		g.State = ""
		put(&c.db.Grants, g.Token, &g)
		put(&c.db.Passwords, m.Email, m.Password.copied())
		put(&c.db.Externals, "e", &externalToken{Kind: AccessToken, MemberID: m.ID, IssuedAt: c.now})
		put(&c.db.Windows, "w", window{Start: c.now, Calls: 1})
		c.db.Personas = []person{{Email: m.Email, Groups: []string{"staff"}, Attributes: metadata{}}}
		gone, err := arranged(c, map[string]any{"organization_name": "Gone", "organization_slug": "gone"}, createOrganization)
		require.NoError(t, err)
		_, err = c.enrolled(gone.Organization.OrganizationID, "old@example.edu")
		require.NoError(t, err)
		c.params = map[string]string{"organization_id": gone.Organization.OrganizationID}
		_, err = deleteOrganization(c)
		return err
	})
	// Whatever the store gets next has to be put here, too, to be compared below.
	for i := range reflect.TypeFor[store]().NumField() {
		require.False(t, reflect.ValueOf(s.core.db).Field(i).IsZero(), "nothing is in store.%s", reflect.TypeFor[store]().Field(i).Name)
	}
	s.RotateKeys(true)
	return s
}

// newConnectionFor makes a SAML connection of the organization.
func (c *call) newConnectionFor(org *organization) (*connection, error) {
	c.params = map[string]string{"organization_id": org.ID}
	return c.newConnection(samlKind, createConnectionRequest{})
}

// What is restored is what was saved, through JSON, with the index.
func TestRestoreBringsBackTheSame(t *testing.T) {
	s := populated(t)
	encoded := s.core.snapshot()
	before := s.core.db
	require.NoError(t, s.core.restore(encoded, true))
	require.Equal(t, before, s.core.db)
	require.Len(t, s.core.keys, 2)
	for _, session := range s.core.db.Sessions {
		require.Same(t, s.core.db.Members[0], s.core.db.member(session.MemberID))
	}
	require.Same(t, s.core.db.Organizations[0], s.core.db.org(s.core.db.Members[0].OrganizationID))
	require.Same(t, s.core.db.Organizations[0].Connections[0], s.core.db.connection(s.core.db.Members[0].SSO[0].ConnectionID))
	require.Same(t, s.core.db.DeletedOrganizations[0], s.core.db.org(s.core.db.Members[1].OrganizationID))
	require.Empty(t, invariant(s))
	require.Equal(t, string(encoded), string(s.core.snapshot()))
}

// changed is the snapshot after a person has changed it.
func changed(t *testing.T, s *Stytch, change func(*snapshot)) []byte {
	t.Helper()
	var snap snapshot
	require.NoError(t, strictJSON(s.core.snapshot(), &snap))
	change(&snap)
	encoded, err := json.Marshal(snap)
	require.NoError(t, err)
	return encoded
}

// A record that refers to none, or that another contradicts, would be a nil member in
// some later call.
func TestRestoreRefusesContradictions(t *testing.T) {
	only := func(snap *snapshot) *session {
		for _, s := range snap.Sessions {
			return s
		}
		return nil
	}
	for _, tt := range []struct {
		name, want string
		change     func(*snapshot)
	}{
		{"a member of no organization", `members[0]: there is no organization "organization-test-1"`, func(snap *snapshot) { snap.Members[0].OrganizationID = "organization-test-1" }},
		{"a live member of a deleted one", "members[1]: the organization", func(snap *snapshot) { snap.Members[1].Status = statusActive }},
		{"a session of no member", "there is no active member", func(snap *snapshot) { only(snap).MemberID = "member-test-1" }},
		{"a session without a token", "needs a session_token", func(snap *snapshot) { only(snap).Token = "" }},
		{"two members of one id", "is the id of two members", func(snap *snapshot) { snap.Members[1].ID = snap.Members[0].ID }},
		{"two members of one address", "two members with the address", func(snap *snapshot) {
			again := *snap.Members[0]
			again.ID, again.Seq = "member-test-2", 0
			snap.Members = append(snap.Members, &again)
		}},
		{"two organizations of one slug", "is the name of two organizations", func(snap *snapshot) {
			again := *snap.Organizations[0]
			again.ID, again.Seq, again.Connections = "organization-test-2", 0, nil
			snap.Organizations = append(snap.Organizations, &again)
		}},
		{"an order that is none", "and that of the record before it", func(snap *snapshot) { snap.Members[1].Seq = 1 }},
		{"a status that is none", "is not one of pending", func(snap *snapshot) { snap.Members[0].Status = "here" }},
		{"a default connection that is none", "sso_default_connection_id", func(snap *snapshot) { snap.Organizations[0].DefaultConnection = "saml-connection-test-1" }},
		{"settings that let nobody in", "contradict each other", func(snap *snapshot) { snap.Organizations[0].Settings.AuthMethods = restricted }},
		{"null for a member", "members[0] needs", func(snap *snapshot) { snap.Members[0] = nil }},
		{"null for a link", "is no object", func(snap *snapshot) { put(&snap.Links, "l", nil) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := populated(t)
			encoded := changed(t, s, tt.change)
			before := s.core.db
			require.ErrorContains(t, s.core.restore(encoded, true), tt.want)
			require.Equal(t, before, s.core.db)
		})
	}
}

// A person who adds a class and its students to a state file gives no more than their
// names: what is left out is as when Stytch creates it.
func TestRestoreCompletesWhatAPersonWrites(t *testing.T) {
	s := new(Stytch)
	class := s.AddClass("LAWS1100")
	s.AddStudent(class.ID, "ada@example.edu")
	text := string(s.core.snapshot())
	text = strings.Replace(text, `"organizations": [`, `"organizations": [{"organization_id":"organization-test-hist","organization_slug":"hist2200","organization_name":"HIST2200"},`, 1)
	text = strings.Replace(text, `"seq": 1,`, `"seq": 0,`, 1)
	text = strings.Replace(text, `"members": [`, `"members": [{"member_id":"member-test-grace","organization_id":"organization-test-hist","email_address":"grace@example.edu","status":"active"},`, 1)
	require.NoError(t, s.core.restore([]byte(text), true))
	require.Empty(t, invariant(s))
	s.arrange("after", func(c *call) error {
		org, err := c.organization("hist2200")
		require.NoError(t, err)
		require.Equal(t, newSettings(settingsGiven{}), org.Settings)
		require.NotNil(t, c.memberByEmail(org, "grace@example.edu"))
		return nil
	})
	require.NotEmpty(t, s.SignIn("member-test-grace").Token.Reveal())
}

func TestRestoreRefusesAKeyThatIsNone(t *testing.T) {
	s := populated(t)
	encoded := changed(t, s, func(snap *snapshot) { snap.Keys[0].PKCS8 = []byte("key") })
	require.ErrorContains(t, s.core.restore(encoded, true), "no RSA key")
}

// The store is saved as a whole. What there is besides it is saved by hand, so a new
// field has to be thought of.
func TestEveryFieldIsSavedOrNoState(t *testing.T) {
	known := []string{
		// Configuration, and what follows from it.
		"URL", "Project", "ProjectSecret", "CustomDomain", "RedirectURLs", "JWTLife", "Roles", "CrossOrgPasswords", "RateLimits", "LockAfter", "RandomSeed",
		"DangerouslyLive", "DangerouslyRemote", "configureOnce", "misuse", "env", "projectID", "secret", "publicToken", "policy", "mu", "base", "core",
		"crossOrgPasswords", "rateLimits", "lockAfter", "customDomain", "allowedRedirects", "tokenLife", "remote",
		// Instruments.
		"faults", "journal",
		// Saved; nextKey and random only if there is a seed.
		"db", "keys", "nextKey", "random",
	}
	fields := append(reflect.VisibleFields(reflect.TypeFor[Stytch]()), reflect.VisibleFields(reflect.TypeFor[server]())...)
	for _, field := range fields {
		name := field.Name
		require.Contains(t, known, name, "if %s is part of what is remembered, save it in control_snapshot.go", name)
	}
}

// No snapshot, whatever is in it, makes the Stytch contradict itself.
func FuzzRestore(f *testing.F) {
	s := new(Stytch)
	s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")
	f.Add(s.core.snapshot())
	f.Add([]byte(`{"version":2,"members":[null],"links":{"l":null},"sessions":{"s":{"factors":[{}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var snap snapshot
		if strictJSON(raw, &snap) != nil {
			return
		}
		snap.Version, snap.ProjectID = snapshotVersion, s.core.projectID
		encoded, err := json.Marshal(snap)
		require.NoError(t, err)
		if s.core.restore(encoded, true) == nil {
			s.core.snapshot()
		}
	})
}
