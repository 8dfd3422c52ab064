package mock_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

const school = `{
	"roles": [{"id": "marker", "description": "Marks", "permissions": [{"resource": "class", "actions": ["mark"]}]}],
	"redirect_urls": ["http://localhost:3000/authenticate"],
	"cross_org_passwords": true, "rate_limits": false, "lock_after": 5,
	"personas": [{"email": "cleo@example.edu", "name": "Cleo"}],
	"organizations": [
		{"organization_name": "LAWS1100", "organization_slug": "laws1100", "mfa_policy": "OPTIONAL",
		 "members": [{"email_address": "ada@example.edu", "name": "Ada", "roles": ["marker"]}, {"email_address": "bob@example.edu"}]},
		{"organization_name": "HIST2200", "organization_slug": "hist2200"}
	]
}`

func TestSeed(t *testing.T) {
	w := newWire(t)
	require.NoError(t, w.stytch.Seed([]byte(school)))
	found := w.ok("POST", organizations+"/members/search", object{"organization_ids": []string{"laws1100"}})
	require.Len(t, found.at("members"), 2)
	require.Equal(t, "Ada", w.ok("GET", organizations+"/laws1100/member?email_address=ada@example.edu", nil).text("member", "name"))
	w.ok("GET", organizations+"/hist2200", nil)
	w.refuses(400, "no_match_for_provided_magic_link_url", "POST", links+"/email/login_or_signup",
		object{"organization_id": "laws1100", "email_address": "ada@example.edu", "login_redirect_url": "http://localhost:9/x"})
	require.True(t, w.stytch.CrossOrgPasswords)
	require.Equal(t, 5, w.stytch.LockAfter)
	require.ErrorContains(t, w.stytch.Seed([]byte(`{}`)), "not used before")
}

// What a seed names has this id in every process, also after a record was added before it.
func TestW12_SeedPinsIDs(t *testing.T) {
	const (
		project = "project-test-11111111-1111-4111-8111-111111111111"
		secret  = "secret-test-0123456789abcdef"
		class   = "organization-test-22222222-2222-4222-8222-222222222222"
		ada     = "member-test-33333333-3333-4333-8333-333333333333"
	)
	organization := func(id, name, members string) string {
		return `{"organization_id":"` + id + `","organization_name":"` + name + `","organization_slug":"` + strings.ToLower(name) + `","members":[` + members + `]}`
	}
	seed := func(organizations string) string {
		return `{"project_id":"` + project + `","project_secret":"` + secret + `","organizations":[` + organizations + `]}`
	}
	member := `{"member_id":"` + ada + `","email_address":"ada@example.edu"}`
	for _, before := range []string{"", `{"organization_name":"HIST2200","organization_slug":"hist2200","members":[{"email_address":"ada@example.edu"}]},`} {
		w := newWire(t)
		require.NoError(t, w.stytch.Seed([]byte(seed(before+organization(class, "LAWS1100", `{"email_address":"bob@example.edu"},`+member)))))
		require.Equal(t, project, w.stytch.ProjectID())
		require.Equal(t, secret, w.stytch.Secret().Reveal())
		require.Equal(t, "LAWS1100", w.ok("GET", organizations+"/"+class, nil).text("organization", "organization_name"))
		require.Equal(t, "ada@example.edu", w.ok("GET", organizations+"/members/dangerously_get/"+ada, nil).text("member", "email_address"))
		require.NotEqual(t, ada, w.ok("GET", organizations+"/laws1100/member?email_address=bob@example.edu", nil).text("member_id"))
		w.stytch.SignIn(memberID(ada))
	}
	for want, seed := range map[string]string{
		"organizations[0]: the organization_id \"x\" is not":    seed(organization("x", "LAWS1100", "")),
		"organizations[1]: the organization_id":                 seed(organization(class, "LAWS1100", "") + "," + organization(class, "LAWS1200", "")),
		"organizations[0].members[1]: the member_id":            seed(organization(class, "LAWS1100", member+","+strings.Replace(member, "ada@", "bob@", 1))),
		"organizations[0].members[0]: the member_id \"\" is":    seed(organization(class, "LAWS1100", strings.Replace(member, ada, "", 1))),
		"project_id \"project-live-1\" is not":                  `{"project_id":"project-live-1"}`,
		"project_secret is not of the form secret-test-…":       `{"project_secret":"secret-live-0123456789abcdef"}`,
		"organizations[0].members[0]: the field \"organization": seed(organization(class, "LAWS1100", strings.Replace(member, "member_id", "organization_id", 1))),
	} {
		require.ErrorContains(t, new(mock.Stytch).Seed([]byte(seed)), want)
	}
	other := &mock.Stytch{Project: "project-test-44444444-4444-4444-8444-444444444444"}
	require.ErrorContains(t, other.Seed([]byte(seed(""))), "project_id is "+project+", and another one was set before")
}

// Somebody who writes a seed file by hand hears of every mistake at once, and
// where it is.
func TestSeedNamesEveryFault(t *testing.T) {
	stytch := new(mock.Stytch)
	err := stytch.Seed([]byte(`{
		"roles": [{"id": "stytch_boss"}],
		"redirect_urls": ["localhost"],
		"lock_after": -1,
		"personas": [{"email": "ada"}, {"mail": "ada@example.edu"}],
		"organizations": [
			{"organization_name": "A", "organization_slug": "aa", "members": [
				{"email_address": "ada@example.edu"},
				{"email_address": "ada@example.edu"},
				{"emial": "bob@example.edu"},
				{"email_address": "cleo@example.edu", "roles": ["boss"]},
				"dora@example.edu"
			]},
			{"organization_name": "B"},
			{"organization_name": "C", "organization_slug": "cc", "slug": "c"},
			{"organization_name": "D", "organization_name": "E", "organization_slug": "dd"},
			[]
		]
	}`))
	require.Error(t, err)
	for _, want := range []string{
		`roles: Roles has "stytch_boss"`,
		`redirect_urls[0]: "localhost" is not`,
		"lock_after cannot be negative",
		"personas[0]: invalid_email",
		`personas[1]: the field "mail" is unknown`,
		"organizations[0].members[1]: duplicate_member_email",
		`organizations[0].members[2]: the field "emial" is unknown`,
		"organizations[0].members[3]: invalid_rbac_role_id",
		"organizations[0].members[4]: this is no JSON object",
		"organizations[1]: invalid_organization_slug",
		`organizations[2]: the field "slug" is unknown`,
		`organizations[3]: the field "organization_name" is there twice`,
		"organizations[4]: this is no object",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 13)
	w := wire{t: t, stytch: stytch}
	w.refuses(404, "organization_not_found", "GET", organizations+"/aa", nil)
}

func TestSeedIsStrictJSON(t *testing.T) {
	for _, file := range []string{`[]`, `{"classes":[]}`, `{"organizations":{}}`, `{"organizations":[]} x`, `{"roles":[{"name":"x"}]}`} {
		require.Error(t, new(mock.Stytch).Seed([]byte(file)), file)
	}
}
