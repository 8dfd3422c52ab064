package grimoireauth_test

import (
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestRoleAtLeast(t *testing.T) {
	ordered := []grimoireauth.Role{
		grimoireauth.RoleNone, grimoireauth.RoleStudent, grimoireauth.RoleTutor,
		grimoireauth.RoleInstructor, grimoireauth.RoleCoordinator,
	}
	for i, has := range ordered {
		for j, least := range ordered {
			// Nobody fulfils "none": a guard with a forgotten role is closed.
			want := i >= j && j > 0
			require.Equal(t, want, has.AtLeast(least), "%v.AtLeast(%v)", has, least)
		}
	}
	require.False(t, grimoireauth.Role(-1).AtLeast(-1))
}

func TestT07RolesCompareExactly(t *testing.T) {
	var table grimoireauth.RoleTable // zero: the default table
	tests := map[string]struct {
		ids  []string
		want grimoireauth.Role
	}{
		"nothing":           {nil, grimoireauth.RoleNone},
		"member":            {[]string{"stytch_member"}, grimoireauth.RoleStudent},
		"highest counts":    {[]string{"stytch_member", "instructor", "tutor"}, grimoireauth.RoleInstructor},
		"admin":             {[]string{"stytch_admin"}, grimoireauth.RoleCoordinator},
		"prefix":            {[]string{"stytch_admin2", "instr", "tutor "}, grimoireauth.RoleNone},
		"case":              {[]string{"Instructor", "STYTCH_ADMIN"}, grimoireauth.RoleNone},
		"glob":              {[]string{"*", "stytch_*"}, grimoireauth.RoleNone},
		"several in one id": {[]string{"stytch_member,instructor", "tutor instructor"}, grimoireauth.RoleNone},
		"empty id":          {[]string{""}, grimoireauth.RoleNone},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, table.Role(test.ids...))
		})
	}
}

func TestOrgPerClass(t *testing.T) {
	session := func(org grimoireauth.OrganizationID, roles ...string) grimoireauth.Session {
		s, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: org, Roles: roles})
		require.NoError(t, err)
		return s
	}
	tests := map[string]struct {
		session grimoireauth.Session
		class   grimoireauth.ClassID
		want    grimoireauth.Role
	}{
		"own class":                   {session("org-a", "stytch_member", "instructor"), "org-a", grimoireauth.RoleInstructor},
		"T01 another class":           {session("org-a", "stytch_admin"), "org-b", grimoireauth.RoleNone},
		"T02 in another case":         {session("org-a", "stytch_admin"), "ORG-A", grimoireauth.RoleNone},
		"T03 empty class":             {session("org-a", "stytch_admin"), "", grimoireauth.RoleNone},
		"T03 nobody in an empty one":  {grimoireauth.Session{}, "", grimoireauth.RoleNone},
		"nobody":                      {grimoireauth.Session{}, "org-a", grimoireauth.RoleNone},
		"a member with no known role": {session("org-a", "observer"), "org-a", grimoireauth.RoleNone},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			role, err := grimoireauth.DefaultRoleTable().OrgPerClass(t.Context(), test.session, test.class)
			require.NoError(t, err)
			require.Equal(t, test.want, role)
		})
	}
}
