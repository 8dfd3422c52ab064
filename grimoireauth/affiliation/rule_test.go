package affiliation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/affiliation"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

var macquarie = affiliation.Rule{Claim: "affiliation", HomeClaim: "home", Home: "mq.edu.au"}

// claiming is a student of class "contracts" whose session has these claims.
func claiming(t testing.TB, claims string) grimoireauth.Session {
	t.Helper()
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "s", Member: "m", Organization: "contracts", Roles: []string{"stytch_member"},
		CustomClaims: json.RawMessage(claims),
	})
	require.NoError(t, err)
	return session
}

func TestAffiliation(t *testing.T) {
	const student, instructor = grimoireauth.RoleStudent, grimoireauth.RoleInstructor
	tests := map[string]struct {
		claims string
		want   grimoireauth.Role
	}{
		"staff, scoped":                    {`{"affiliation":"staff@mq.edu.au"}`, instructor},
		"staff, with the home beside it":   {`{"affiliation":"staff","home":"mq.edu.au"}`, instructor},
		"faculty":                          {`{"affiliation":"faculty@mq.edu.au"}`, instructor},
		"one of several, with semicolons":  {`{"affiliation":"member@mq.edu.au; staff@mq.edu.au"}`, instructor},
		"one of several, as a list":        {`{"affiliation":["member@mq.edu.au","staff@mq.edu.au"]}`, instructor},
		"semicolons in a list":             {`{"affiliation":["member;staff"],"home":"mq.edu.au"}`, instructor},
		"in capitals":                      {`{"affiliation":" STAFF@MQ.edu.au ","home":"MQ.EDU.AU"}`, instructor},
		"home as a list of one":            {`{"affiliation":"staff","home":["mq.edu.au"]}`, instructor},
		"scoped, home null":                {`{"affiliation":"staff@mq.edu.au","home":null}`, instructor},
		"one home of two scopes":           {`{"affiliation":"staff@sydney.edu.au;staff@mq.edu.au"}`, instructor},
		"missing":                          {`{}`, student},
		"no claims at all":                 {``, student},
		"empty":                            {`{"affiliation":"","home":"mq.edu.au"}`, student},
		"empty list":                       {`{"affiliation":[],"home":"mq.edu.au"}`, student},
		"null":                             {`{"affiliation":null,"home":"mq.edu.au"}`, student},
		"student":                          {`{"affiliation":"student@mq.edu.au"}`, student},
		"employee":                         {`{"affiliation":"employee@mq.edu.au"}`, student},
		"member":                           {`{"affiliation":"member@mq.edu.au"}`, student},
		"affiliate":                        {`{"affiliation":"affiliate@mq.edu.au"}`, student},
		"a longer word":                    {`{"affiliation":"staffer@mq.edu.au"}`, student},
		"without an institution":           {`{"affiliation":"staff"}`, student},
		"staff of another institution":     {`{"affiliation":"staff@sydney.edu.au"}`, student},
		"of another, with the home beside": {`{"affiliation":"staff","home":"sydney.edu.au"}`, student},
		"of a domain below":                {`{"affiliation":"staff@student.mq.edu.au"}`, student},
		"of a domain that ends like it":    {`{"affiliation":"staff@evilmq.edu.au"}`, student},
		"of a domain that begins like it":  {`{"affiliation":"staff@mq.edu.au.evil.example"}`, student},
		"two scopes":                       {`{"affiliation":"staff@mq.edu.au@evil.example"}`, student},
		"scope and home disagree":          {`{"affiliation":"staff@mq.edu.au","home":"sydney.edu.au"}`, student},
		"two homes":                        {`{"affiliation":"staff","home":["mq.edu.au","sydney.edu.au"]}`, student},
		"home of another type":             {`{"affiliation":"staff","home":{"mq.edu.au":true}}`, student},
		"empty home":                       {`{"affiliation":"staff","home":""}`, student},
		"a number":                         {`{"affiliation":7,"home":"mq.edu.au"}`, student},
		"an object":                        {`{"affiliation":{"staff":true},"home":"mq.edu.au"}`, student},
		"a list with a number in it":       {`{"affiliation":["staff",7],"home":"mq.edu.au"}`, student},
		"a list with null in it":           {`{"affiliation":["staff",null],"home":"mq.edu.au"}`, student},
		"a list in a list":                 {`{"affiliation":[["staff"]],"home":"mq.edu.au"}`, student},
		"the claim in another case":        {`{"Affiliation":"staff@mq.edu.au"}`, student},
		"letters that only look alike":     {`{"affiliation":"\u017ftaff@mq.edu.au"}`, student},
		"the Kelvin sign":                  {`{"affiliation":"staff@mq.edu.au\u212a"}`, student},
		"separated by a comma":             {`{"affiliation":"staff,member","home":"mq.edu.au"}`, student},
		"not JSON":                         {`{"affiliation"`, student},
	}
	role, err := macquarie.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
	require.NoError(t, err)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := role(t.Context(), claiming(t, test.claims), "contracts")
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			got, err = role(t.Context(), claiming(t, test.claims), "torts")
			require.NoError(t, err)
			require.Equal(t, grimoireauth.RoleNone, got, "it opens no class to anybody")
		})
	}
}

func TestAffiliationWithoutHomeClaim(t *testing.T) {
	scopedOnly := affiliation.Rule{Claim: "affiliation", Home: "mq.edu.au", Grants: map[string]grimoireauth.Role{"staff": grimoireauth.RoleTutor}}
	role, err := scopedOnly.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
	require.NoError(t, err)
	scopedOnly.Grants["faculty"] = grimoireauth.RoleCoordinator // too late to count
	for claims, want := range map[string]grimoireauth.Role{
		`{"affiliation":"staff@mq.edu.au"}`:              grimoireauth.RoleTutor,
		`{"affiliation":"faculty@mq.edu.au"}`:            grimoireauth.RoleStudent,
		`{"affiliation":"staff","home":"mq.edu.au"}`:     grimoireauth.RoleStudent,
		`{"affiliation":"staff","":"mq.edu.au"}`:         grimoireauth.RoleStudent,
		`{"affiliation":"staff@mq.edu.au","home":"x.y"}`: grimoireauth.RoleTutor,
	} {
		got, err := role(t.Context(), claiming(t, claims), "contracts")
		require.NoError(t, err)
		require.Equal(t, want, got, claims)
	}
}

// The school's own word is not overwritten at the next sign-in, and demotes as
// well as it promotes.
func TestAffiliationOverride(t *testing.T) {
	const staff, nothing = `{"affiliation":"staff@mq.edu.au"}`, `{}`
	broken := errors.New("the table cannot be reached")
	tests := map[string]struct {
		claims string
		says   grimoireauth.Role
		has    bool
		err    error
		want   grimoireauth.Role
	}{
		"none: the derived role":              {staff, 0, false, nil, grimoireauth.RoleInstructor},
		"only a tutor here":                   {staff, grimoireauth.RoleTutor, true, nil, grimoireauth.RoleTutor},
		"only a student here":                 {staff, grimoireauth.RoleNone, true, nil, grimoireauth.RoleStudent},
		"promoted without an affiliation":     {nothing, grimoireauth.RoleCoordinator, true, nil, grimoireauth.RoleCoordinator},
		"could not find out":                  {staff, grimoireauth.RoleCoordinator, true, broken, grimoireauth.RoleNone},
		"a role that it does not claim to be": {nothing, grimoireauth.RoleCoordinator, false, nil, grimoireauth.RoleStudent},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			withOverride := macquarie
			withOverride.Override = func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, bool, error) {
				return test.says, test.has, test.err
			}
			role, err := withOverride.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
			require.NoError(t, err)
			got, err := role(t.Context(), claiming(t, test.claims), "contracts")
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.want, got)

			got, err = role(t.Context(), claiming(t, test.claims), "torts")
			require.NoError(t, err)
			require.Equal(t, grimoireauth.RoleNone, got, "not even the override opens another class")
		})
	}
}

func TestAffiliationKeepsWhatBaseSays(t *testing.T) {
	broken := errors.New("the table cannot be reached")
	for name, test := range map[string]struct {
		role grimoireauth.Role
		err  error
		want grimoireauth.Role
	}{
		"higher than derived": {grimoireauth.RoleCoordinator, nil, grimoireauth.RoleCoordinator},
		"could not find out":  {grimoireauth.RoleStudent, broken, grimoireauth.RoleNone},
	} {
		t.Run(name, func(t *testing.T) {
			role, err := macquarie.Raise(func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
				return test.role, test.err
			})
			require.NoError(t, err)
			got, err := role(t.Context(), claiming(t, `{"affiliation":"staff@mq.edu.au"}`), "contracts")
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestAffiliationFaults(t *testing.T) {
	_, err := affiliation.Rule{
		Home: "Macquarie University",
		Grants: map[string]grimoireauth.Role{
			"employee": grimoireauth.RoleInstructor, "Staff": grimoireauth.RoleInstructor, "alum": grimoireauth.RoleNone,
		},
	}.Raise(nil)
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	for _, fault := range []string{"Claim", "Home", "employee", "Staff", "alum", "RoleFunc"} {
		require.ErrorContains(t, err, fault, "every fault at once")
	}
	_, err = affiliation.Rule{Claim: "a", HomeClaim: "a", Home: "mq.edu.au"}.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
	require.ErrorContains(t, err, "one claim")
	for _, home := range []string{"", "mq", ".edu.au", "mq..au", "mq.edu.au.", "*.edu.au", "a@mq.edu.au"} {
		_, err = affiliation.Rule{Claim: "a", Home: home}.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
		require.ErrorContains(t, err, "Home", home)
	}
}

// The same lecturer is an instructor however she signed in, and stops being one
// when the institution stops saying so, at the next refresh.
func TestAffiliationWhateverTheSignIn(t *testing.T) {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	require.NoError(t, err)
	class := stytch.AddClass("Contracts").ID
	lecturer := stytch.AddStudent(class, "lena@mq.edu.au")
	role, err := macquarie.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
	require.NoError(t, err)
	for _, how := range []grimoireauth.Factor{
		{Type: "magic_link", DeliveryMethod: "email"}, {Type: "sso", DeliveryMethod: "sso_oidc"}, {Type: "password", DeliveryMethod: "knowledge"},
	} {
		t.Run(how.Type, func(t *testing.T) {
			credentials := stytch.SignIn(lecturer, mock.WithFactors(how), mock.WithClaims(map[string]any{"affiliation": "staff@mq.edu.au"}))
			for _, refreshed := range []grimoireauth.Credentials{credentials, stytch.Stale(credentials)} {
				signedIn, err := client.Sessions.Authenticate(t.Context(), refreshed)
				require.NoError(t, err)
				got, err := role(t.Context(), signedIn.Session, class)
				require.NoError(t, err)
				require.Equal(t, grimoireauth.RoleInstructor, got)
			}
		})
	}
}

func ExampleRule() {
	role, err := affiliation.Rule{
		Claim: "eduperson_scoped_affiliation", Home: "mq.edu.au",
		// One lecturer takes a class as a student, and is only that in it.
		Override: func(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, bool, error) {
			return grimoireauth.RoleNone, session.Member() == "lena" && class == "french", nil
		},
	}.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, class := range []grimoireauth.OrganizationID{"contracts", "french"} {
		session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
			ID: "session", Member: "lena", Organization: class, Roles: []string{"stytch_member"},
			CustomClaims: json.RawMessage(`{"eduperson_scoped_affiliation":"staff@mq.edu.au;member@mq.edu.au"}`),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		explained, err := grimoireauth.ExplainRole(context.Background(), role, session, grimoireauth.ClassID(class))
		fmt.Println(explained, err)
	}
	// Output:
	// lena is instructor in contracts
	//   granted student by Stytch role "stytch_member": the session carries it
	//   granted instructor by affiliation "staff@mq.edu.au": said by the home institution
	//   affiliation "member@mq.edu.au": this value grants nothing <nil>
	// lena is student in french
	//   granted student by Stytch role "stytch_member": the session carries it
	//   withheld instructor by affiliation "staff@mq.edu.au": the override stands in its place
	//   affiliation "member@mq.edu.au": the override stands in its place
	//   override "none": the school's own word for this person in this class <nil>
}
