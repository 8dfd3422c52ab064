package mock

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/mock/internal/api/organizations"
	"github.com/promptgrimoire/auth/mock/internal/api/sso"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/passhash"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
	"github.com/stretchr/testify/require"
)

// populated is a Stytch with something in every part of the store.
func populated(t *testing.T) *Stytch {
	t.Helper()
	s := new(Stytch)
	s.arrange("populated", func(c *core.Request) error {
		org, err := arranged(c, map[string]any{
			"organization_name": "LAWS1100", "organization_slug": "laws1100", "mfa_policy": wire.MFAForAll,
			"trusted_metadata": map[string]any{"campus": "St Lucia"},
		}, core.CreateOrganization)
		require.NoError(t, err)
		m, err := findOrCreate(c, org.Organization.OrganizationID, "ada@example.edu")
		require.NoError(t, err)
		proof := c.MagicLinkFactor(m.EmailID, m.Email)
		c.NewSession(m, []state.Factor{proof}, 0)
		c.NewIntermediate(m, []state.Factor{proof})
		c.Mail(&state.Link{Kind: "login", MemberID: m.ID, ExpiresAt: c.Now.Add(core.DefaultSession)})

		n, err := newConnectionFor(c, c.State.Org(m.OrganizationID))
		require.NoError(t, err)
		c.State.Org(m.OrganizationID).CustomRoles = []wire.PolicyRole{{RoleID: "marker", Permissions: []wire.PolicyPermission{{ResourceID: "class", Actions: []string{"mark"}}}}}
		m.Password = &state.Password{ID: "p", Salt: []byte("salt"), Sum: []byte("sum"), Migrated: &passhash.Hash{Kind: "md_5"}}
		m.TOTP = &state.TOTP{}
		m.OAuth = []*state.OAuthRegistration{{Provider: "google"}}
		m.SSO = []*state.SSORegistration{{ConnectionID: n.ID, Attributes: wire.Metadata{}}}
		h := state.Visit{State: "s", OrganizationID: m.OrganizationID, ConnectionID: n.ID, ExpiresAt: c.Now}
		c.State.Reindex(m)
		c.State.AddCode("c", &state.Code{Value: "123456", MemberID: m.ID})
		state.Put(&c.State.Visits, h.State, &h)
		g := state.Grant{Visit: h, Token: "g", User: state.IdPUser{Attributes: wire.Metadata{"a": json.RawMessage(`1`)}}}
		g.State = ""
		state.Put(&c.State.Grants, g.Token, &g)
		state.Put(&c.State.Passwords, m.Email, m.Password.Copied())
		state.Put(&c.State.ForeignTokens, "e", &state.ForeignToken{Kind: state.AccessToken, MemberID: m.ID, IssuedAt: c.Now})
		state.Put(&c.State.Impersonations, "i", &state.Impersonation{MemberID: m.ID, ImpersonatorID: "u", ImpersonatorEmail: "help@school.example", ExpiresAt: c.Now})
		m.Apps = map[string][]string{"a": {"openid"}}
		state.Put(&c.State.ConnectedApps, "a", &state.ConnectedApp{ID: "a", Type: wire.ThirdParty, RedirectURLs: []string{"https://app.example/"}})
		c.State.AddAuthorizationCode("code", &state.AuthorizationCode{ClientID: "a", MemberID: m.ID, Scopes: []string{"openid"}, ExpiresAt: c.Now})
		state.Put(&c.State.RateLimits, "w", state.Window{Start: c.Now, Calls: 1})
		c.State.IdPUsers = []state.IdPUser{{Email: m.Email, Groups: []string{"staff"}, Attributes: wire.Metadata{}}}
		gone, err := arranged(c, map[string]any{"organization_name": "Gone", "organization_slug": "gone"}, core.CreateOrganization)
		require.NoError(t, err)
		_, err = findOrCreate(c, gone.Organization.OrganizationID, "old@example.edu")
		require.NoError(t, err)
		c.Params = map[string]string{"organization_id": gone.Organization.OrganizationID}
		_, err = organizations.Delete(c)
		return err
	})
	// Whatever the store gets next has to be put here, too, to be compared below.
	for i := range reflect.TypeFor[state.State]().NumField() {
		require.False(t, reflect.ValueOf(s.core.State).Field(i).IsZero(), "nothing is in store.%s", reflect.TypeFor[state.State]().Field(i).Name)
	}
	s.RotateKeys(true)
	return s
}

// newConnectionFor makes a SAML connection of the organization.
func newConnectionFor(c *core.Request, org *state.Organization) (*state.Connection, error) {
	c.Params = map[string]string{"organization_id": org.ID}
	return sso.NewConnection(c, state.SAMLKind, sso.CreateConnectionRequest{})
}

// What is restored is what was saved, through JSON, with the index.
func TestRestoreBringsBackTheSame(t *testing.T) {
	s := populated(t)
	encoded := s.core.Snapshot()
	before := s.core.State
	require.NoError(t, s.core.Restore(encoded, true))
	require.Equal(t, before, s.core.State)
	require.Len(t, s.core.Keys, 2)
	for _, session := range s.core.State.Sessions {
		require.Same(t, s.core.State.Members[0], s.core.State.Member(session.MemberID))
	}
	require.Same(t, s.core.State.Organizations[0], s.core.State.Org(s.core.State.Members[0].OrganizationID))
	require.Same(t, s.core.State.Organizations[0].Connections[0], s.core.State.Connection(s.core.State.Members[0].SSO[0].ConnectionID))
	require.Same(t, s.core.State.DeletedOrganizations[0], s.core.State.Org(s.core.State.Members[1].OrganizationID))
	require.Empty(t, invariant(s))
	require.Equal(t, string(encoded), string(s.core.Snapshot()))
}

// changed is the snapshot after a person has changed it.
func changed(t *testing.T, s *Stytch, change func(*core.Snapshot)) []byte {
	t.Helper()
	var snap core.Snapshot
	require.NoError(t, core.StrictJSON(s.core.Snapshot(), &snap))
	change(&snap)
	encoded, err := json.Marshal(snap)
	require.NoError(t, err)
	return encoded
}

// A record that refers to none, or that another contradicts, would be a nil member in
// some later call.
func TestRestoreRefusesContradictions(t *testing.T) {
	only := func(snap *core.Snapshot) *state.Session {
		for _, s := range snap.Sessions {
			return s
		}
		return nil
	}
	for _, tt := range []struct {
		name, want string
		change     func(*core.Snapshot)
	}{
		{"a member of no organization", `members[0]: there is no organization "organization-test-1"`, func(snap *core.Snapshot) { snap.Members[0].OrganizationID = "organization-test-1" }},
		{"a live member of a deleted one", "members[1]: the organization", func(snap *core.Snapshot) { snap.Members[1].Status = state.StatusActive }},
		{"a session of no member", "there is no active member", func(snap *core.Snapshot) { only(snap).MemberID = "member-test-1" }},
		{"a session without a token", "needs a session_token", func(snap *core.Snapshot) { only(snap).Token = "" }},
		{"two members of one id", "is the id of two members", func(snap *core.Snapshot) { snap.Members[1].ID = snap.Members[0].ID }},
		{"two members of one address", "two members with the address", func(snap *core.Snapshot) {
			again := *snap.Members[0]
			again.ID, again.Seq = "member-test-2", 0
			snap.Members = append(snap.Members, &again)
		}},
		{"two organizations of one slug", "is the name of two organizations", func(snap *core.Snapshot) {
			again := *snap.Organizations[0]
			again.ID, again.Seq, again.Connections = "organization-test-2", 0, nil
			snap.Organizations = append(snap.Organizations, &again)
		}},
		{"an app that is none", `members[0]: there is no Connected App "b"`, func(snap *core.Snapshot) { snap.Members[0].Apps = map[string][]string{"b": nil} }},
		{"an app of no type", `connected_apps["a"] needs a client_type`, func(snap *core.Snapshot) { snap.ConnectedApps["a"].Type = "" }},
		{"a code for no app", `authorization_codes["code"] needs`, func(snap *core.Snapshot) { snap.AuthorizationCodes["code"].ClientID = "b" }},
		{"an order that is none", "and that of the record before it", func(snap *core.Snapshot) { snap.Members[1].Seq = 1 }},
		{"a status that is none", "is not one of pending", func(snap *core.Snapshot) { snap.Members[0].Status = "here" }},
		{"a default connection that is none", "sso_default_connection_id", func(snap *core.Snapshot) { snap.Organizations[0].DefaultConnection = "saml-connection-test-1" }},
		{"settings that let nobody in", "contradict each other", func(snap *core.Snapshot) { snap.Organizations[0].Settings.AuthMethods = wire.Restricted }},
		{"null for a member", "members[0] needs", func(snap *core.Snapshot) { snap.Members[0] = nil }},
		{"null for the default connection", "sso_connections[0] needs", func(snap *core.Snapshot) {
			o := snap.Organizations[0]
			o.DefaultConnection, o.Connections = "saml-connection-test-1", append([]*state.Connection{nil}, o.Connections...)
		}},
		{"an account of no connection", `members[0]: there is no SSO connection "c"`, func(snap *core.Snapshot) { snap.Members[0].SSO[0].ConnectionID = "c" }},
		{"a login link for no member", `needs the member_id`, func(snap *core.Snapshot) {
			for _, l := range snap.Links {
				l.MemberID = ""
			}
		}},
		{"a code for no member", `codes["c"][0] needs the member_id`, func(snap *core.Snapshot) { snap.Codes["c"][0].Kind, snap.Codes["c"][0].MemberID = "login", "" }},
		{"null for a link", "is no object", func(snap *core.Snapshot) { state.Put(&snap.Links, "l", nil) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := populated(t)
			encoded := changed(t, s, tt.change)
			before := s.core.State
			require.ErrorContains(t, s.core.Restore(encoded, true), tt.want)
			require.Equal(t, before, s.core.State)
		})
	}
}

// A person who adds a class and its students to a state file gives no more than their
// names: what is left out is as when Stytch creates it.
func TestRestoreCompletesWhatAPersonWrites(t *testing.T) {
	s := new(Stytch)
	class := s.AddClass("LAWS1100")
	s.AddStudent(class.ID, "ada@example.edu")
	text := string(s.core.Snapshot())
	text = strings.Replace(text, `"organizations": [`, `"organizations": [{"organization_id":"organization-test-hist","organization_slug":"hist2200","organization_name":"HIST2200"},`, 1)
	text = strings.Replace(text, `"seq": 1,`, `"seq": 0,`, 1)
	text = strings.Replace(text, `"members": [`, `"members": [{"member_id":"member-test-grace","organization_id":"organization-test-hist","email_address":"grace@example.edu","status":"active"},`, 1)
	require.NoError(t, s.core.Restore([]byte(text), true))
	require.Empty(t, invariant(s))
	s.arrange("after", func(c *core.Request) error {
		org, err := c.Organization("hist2200")
		require.NoError(t, err)
		require.Equal(t, wire.NewSettings(wire.SettingsGiven{}), org.Settings)
		require.NotNil(t, c.MemberByEmail(org, "grace@example.edu"))
		return nil
	})
	require.NotEmpty(t, s.SignIn("member-test-grace").Token.Reveal())
}

func TestRestoreRefusesAKeyThatIsNone(t *testing.T) {
	s := populated(t)
	encoded := changed(t, s, func(snap *core.Snapshot) { snap.Keys[0].PKCS8 = []byte("key") })
	require.ErrorContains(t, s.core.Restore(encoded, true), "no RSA key")
}

// The store is saved as a whole. What there is besides it is saved by hand, so a new
// field has to be thought of.
func TestEveryFieldIsSavedOrNoState(t *testing.T) {
	known := []string{
		// Configuration, and what follows from it.
		"URL", "Project", "ProjectSecret", "CustomDomain", "CustomAudience", "RedirectURLs", "JWTLife", "Roles", "Scopes", "CrossOrgPasswords", "RateLimits", "LockAfter", "RandomSeed",
		"Webhooks", "DangerouslyLive", "DangerouslyRemote", "configureOnce", "misuse", "core", "Env", "ProjectID", "Secret", "PublicToken", "Policy",
		"AllowedRedirects", "TokenLife", "Remote", "Mu", "mu", "Base",
		// Instruments.
		"faults", "journal",
		// Saved; nextKey and Random only if there is a seed.
		"State", "Keys", "nextKey", "Random",
	}
	fields := append(reflect.VisibleFields(reflect.TypeFor[Stytch]()), reflect.VisibleFields(reflect.TypeFor[core.Server]())...)
	for _, field := range fields {
		name := field.Name
		require.Contains(t, known, name, "if %s is part of what is remembered, save it in core.Snapshot", name)
	}
}

// No snapshot, whatever is in it, makes the Stytch contradict itself.
func FuzzRestore(f *testing.F) {
	s := new(Stytch)
	s.AddStudent(s.AddClass("LAWS1100").ID, "ada@example.edu")
	f.Add(s.core.Snapshot())
	f.Add([]byte(`{"version":2,"members":[null],"links":{"l":null},"sessions":{"s":{"factors":[{}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var snap core.Snapshot
		if core.StrictJSON(raw, &snap) != nil {
			return
		}
		snap.Version, snap.ProjectID = core.SnapshotVersion, s.core.ProjectID
		encoded, err := json.Marshal(snap)
		require.NoError(t, err)
		if s.core.Restore(encoded, true) == nil {
			s.core.Snapshot()
		}
	})
}
