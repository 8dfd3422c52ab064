package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// headers keeps what was sent, and passes it on.
type headers struct {
	next  http.RoundTripper
	sent  []http.Header
	paths []string
}

func (h *headers) RoundTrip(req *http.Request) (*http.Response, error) {
	h.sent, h.paths = append(h.sent, req.Header.Clone()), append(h.paths, req.URL.Path)
	return h.next.RoundTrip(req)
}

// manager is a role that may manage members, as a school might give it to its
// instructors.
func manager(actions ...string) []mock.Role {
	role := mock.Role{ID: "instructor"}
	for _, action := range actions {
		resource, action, ok := strings.Cut(action, ": ")
		if !ok {
			resource, action = "stytch.member", resource
		}
		role.Permissions = append(role.Permissions, mock.Permission{Resource: resource, Actions: []string{action}})
	}
	return []mock.Role{{ID: "tutor"}, {ID: "coordinator"}, role}
}

func TestActing(t *testing.T) {
	ctx := t.Context()
	// Each call with a member who has just the permission, and what it needs.
	calls := map[string]struct {
		needs []string
		do    func(stytchclient.Acting, grimoireauth.Person) error
	}{
		"enroll": {[]string{"create"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Roster.Enroll(ctx, who.Class, stytchclient.NewMember{Email: "new@example.edu"})
			return err
		}},
		"invite": {[]string{"create"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Roster.Invite(ctx, who.Class, stytchclient.Invitation{NewMember: stytchclient.NewMember{Email: "new@example.edu"}})
			return err
		}},
		"set role": {[]string{"update.settings.roles", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Roster.SetRole(ctx, who.Class, who.Member, grimoireauth.RoleTutor)
			return err
		}},
		"remove": {[]string{"delete", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			return as.Roster.Remove(ctx, who.Class, who.Member)
		}},
		"rename": {[]string{"update.info.name", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Roster.Update(ctx, who.Class, who.Member, stytchclient.MemberChange{Name: stytchclient.Set("Vic")})
			return err
		}},
		"reenroll": {[]string{"create", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Roster.Reenroll(ctx, who.Class, who.Member)
			return err
		}},
		"find": {[]string{"search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			for _, err := range as.Roster.Find(ctx, stytchclient.MemberQuery{Email: "vic@example.edu"}, who.Class) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		"rename class": {[]string{"stytch.organization: update.info.name", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			_, err := as.Classes.Update(ctx, who.Class, stytchclient.ClassChange{Name: stytchclient.Set("Contracts II")})
			return err
		}},
		"delete class": {[]string{"stytch.organization: delete", "search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			return as.Classes.Delete(ctx, who.Class)
		}},
		"members": {[]string{"search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			for _, err := range as.Roster.Members(ctx, who.Class) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		"get class": {[]string{"search"}, func(as stytchclient.Acting, who grimoireauth.Person) error {
			class, err := as.Classes.Get(ctx, who.Class)
			if err == nil && class.ID != who.Class {
				return errors.New("another class")
			}
			return err
		}},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			stytch := &mock.Stytch{Roles: manager(call.needs...)}
			kept := &headers{next: stytch}
			client, err := stytchclient.New(stytchclient.Config{
				ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: kept,
			})
			require.NoError(t, err)
			class, other := stytch.AddClass("Contracts").ID, stytch.AddClass("Torts").ID
			instructor := stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu"))
			foreign := stytch.SignIn(stytch.AddInstructor(other, "omar@example.edu"))
			student := stytch.SignIn(stytch.AddStudent(class, "sam@example.edu"))
			ended := stytch.SignIn(stytch.AddInstructor(class, "una@example.edu"))
			stytch.EndSession(ended)
			victim := grimoireauth.Person{Member: stytch.AddStudent(class, "vic@example.edu"), Class: class}

			require.ErrorIs(t, call.do(client.As(student), victim), grimoireauth.ErrForbidden, "no permission")
			require.ErrorIs(t, call.do(client.As(foreign), victim), grimoireauth.ErrForbidden, "another class")
			require.ErrorIs(t, call.do(client.As(ended), victim), grimoireauth.ErrUnauthenticated, "a session that is over")
			kept.sent, kept.paths = nil, nil
			require.ErrorIs(t, call.do(client.As(grimoireauth.Credentials{}), victim), grimoireauth.ErrNoCredentials)
			require.ErrorIs(t, call.do(stytchclient.Acting{}, victim), grimoireauth.ErrNoCredentials, "the zero Acting")
			require.Empty(t, kept.sent, "without a session nothing is sent, since it would have the project's power")

			require.NoError(t, call.do(client.As(instructor), victim))
			require.NotEmpty(t, kept.sent)
			if strings.Contains(kept.paths[0], "/sessions/authenticate") {
				// Who acts is asked before a change, by the project.
				kept.sent = kept.sent[1:]
			}
			for _, header := range kept.sent {
				require.Equal(t, instructor.Token.Reveal(), header.Get("X-Stytch-Member-Session"))
				require.Empty(t, header.Get("X-Stytch-Member-SessionJWT"), "one of the two only")
			}
		})
	}
}

func TestActingByJWT(t *testing.T) {
	stytch := &mock.Stytch{Roles: manager("search")}
	kept := &headers{next: stytch}
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: kept,
	})
	require.NoError(t, err)
	class := stytch.AddClass("Contracts")
	credentials := stytch.SignIn(stytch.AddInstructor(class.ID, "ines@example.edu"))
	_, err = client.As(grimoireauth.Credentials{JWT: credentials.JWT}).Classes.Get(t.Context(), class.ID)
	require.NoError(t, err)
	require.Equal(t, credentials.JWT.Reveal(), kept.sent[0].Get("X-Stytch-Member-SessionJWT"))
	require.Empty(t, kept.sent[0].Get("X-Stytch-Member-Session"))

	_, err = client.As(credentials).Classes.Get(t.Context(), "")
	require.ErrorIs(t, err, grimoireauth.ErrInvalid)
	_, err = client.Classes.Get(t.Context(), class.ID)
	require.NoError(t, err)
	require.Empty(t, kept.sent[len(kept.sent)-1].Get("X-Stytch-Member-Session"), "the client itself acts for nobody")
}

// Members may leave by themselves: stytch.self suffices for one's own account.
func TestActingOnOneself(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("Contracts")
	stytch.AddInstructor(class.ID, "ines@example.edu")
	sam := stytch.AddStudent(class.ID, "sam@example.edu")
	tess := stytch.AddStudent(class.ID, "tess@example.edu")
	as := client.As(stytch.SignIn(sam))
	require.ErrorIs(t, as.Roster.Remove(t.Context(), class.ID, tess), grimoireauth.ErrForbidden)
	require.NoError(t, as.Roster.Remove(t.Context(), class.ID, sam))
}

func TestActingPrintsNoCredentials(t *testing.T) {
	stytch, client := school(t, nil)
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("Contracts").ID, "sam@example.edu"))
	as := client.As(credentials)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, as), credentials.Token.Reveal())
		require.NotContains(t, fmt.Sprintf(verb, as.Roster), credentials.JWT.Reveal())
	}
}

func ExampleClient_As() {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "instructor", Permissions: []mock.Permission{
		{Resource: "stytch.member", Actions: []string{"create", "search"}},
	}}}}
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	class := stytch.AddClass("LAWS1100").ID
	instructor := stytch.SignIn(stytch.AddInstructor(class, "ines@example.edu"))
	student := stytch.SignIn(stytch.AddStudent(class, "sam@example.edu"))

	ctx, noor := context.Background(), stytchclient.NewMember{Email: "noor@example.edu", Name: "Noor"}
	_, err = client.As(student).Roster.Enroll(ctx, class, noor)
	fmt.Println("a student enrolls:", errors.Is(err, grimoireauth.ErrForbidden))
	enrolled, err := client.As(instructor).Roster.Enroll(ctx, class, noor)
	fmt.Println("an instructor enrolls:", enrolled.Name, err)
	// Output:
	// a student enrolls: true
	// an instructor enrolls: Noor <nil>
}
