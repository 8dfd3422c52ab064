package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

const policyEndpoint = "GET /v1/b2b/rbac/policy"

func holder(t testing.TB, roles ...string) grimoireauth.Session {
	t.Helper()
	s, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: "o", Roles: roles})
	require.NoError(t, err)
	return s
}

// asked counts the requests that arrived at an endpoint.
func asked(stytch *mock.Stytch, endpoint string) int {
	n := 0
	for _, request := range stytch.Journal() {
		if request.Endpoint == endpoint {
			n++
		}
	}
	return n
}

func TestCan(t *testing.T) {
	stytch, client := school(t, nil)
	tests := map[string]struct {
		session          grimoireauth.Session
		resource, action string
		want             error
	}{
		"granted":                     {holder(t, "stytch_member", "tutor"), "class", "mark", nil},
		"not granted":                 {holder(t, "stytch_member", "tutor"), "class", "release", grimoireauth.ErrForbidden},
		"by any action":               {holder(t, "coordinator"), "class", "whatever comes", nil},
		"own account":                 {holder(t, "stytch_member"), "stytch.self", "delete", nil},
		"admin of members":            {holder(t, "stytch_admin"), "stytch.member", "create", nil},
		"admin is not everything":     {holder(t, "stytch_admin"), "class", "read", grimoireauth.ErrForbidden},
		"any action is no role":       {holder(t, "*"), "class", "read", grimoireauth.ErrForbidden},
		"any action is no resource":   {holder(t, "coordinator"), "*", "read", grimoireauth.ErrForbidden},
		"any action must be granted":  {holder(t, "tutor"), "class", "*", grimoireauth.ErrForbidden},
		"other case":                  {holder(t, "Tutor"), "class", "read", grimoireauth.ErrForbidden},
		"other case of the resource":  {holder(t, "tutor"), "Class", "read", grimoireauth.ErrForbidden},
		"part of a resource":          {holder(t, "tutor"), "cla", "read", grimoireauth.ErrForbidden},
		"unknown role":                {holder(t, "janitor"), "class", "read", grimoireauth.ErrForbidden},
		"no role":                     {holder(t), "class", "read", grimoireauth.ErrForbidden},
		"empty role":                  {holder(t, ""), "class", "read", grimoireauth.ErrForbidden},
		"nobody":                      {grimoireauth.Session{}, "class", "read", grimoireauth.ErrForbidden},
		"a forgotten resource":        {holder(t, "coordinator"), "", "read", grimoireauth.ErrInvalid},
		"a forgotten action":          {holder(t, "coordinator"), "class", " ", grimoireauth.ErrInvalid},
		"a resource with a separator": {holder(t, "tutor"), "class\x00read", "mark", grimoireauth.ErrForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := client.Can(t.Context(), test.session, "", test.resource, test.action)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.want)
			require.NotErrorIs(t, err, grimoireauth.ErrUnavailable)
		})
	}
	require.Equal(t, 1, asked(stytch, policyEndpoint), "the policy is fetched once")
}

// Whatever the policy, the local answer is the one that Stytch gives.
func TestCanAgreesWithStytch(t *testing.T) {
	random := rand.New(rand.NewPCG(20, 26))
	pick := func(list []string) string { return list[random.IntN(len(list))] }
	roles := []string{"tutor", "marker", "observer", "instructor"}
	resources := []string{"class", "essay", "grade", "stytch.member", "stytch.self"}
	actions := map[string][]string{
		"stytch.member": {"create", "search", "delete", "*"},
		"stytch.self":   {"delete", "revoke-sessions", "*"},
	}
	own := []string{"read", "write", "release", "*"}
	granted, refused := 0, 0
	for range 25 {
		stytch := new(mock.Stytch)
		stytch.Roles = []mock.Role{}
		for _, id := range roles {
			role := mock.Role{ID: id}
			for range random.IntN(4) {
				resource := pick(resources)
				from, ok := actions[resource]
				if !ok {
					from = own
				}
				role.Permissions = append(role.Permissions, mock.Permission{Resource: resource, Actions: []string{pick(from)}})
			}
			stytch.Roles = append(stytch.Roles, role)
		}
		client, err := stytchclient.New(stytchclient.Config{
			ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		})
		require.NoError(t, err)
		class := stytch.AddClass("Contracts")
		for i := range 4 {
			var held []string
			for _, id := range append(roles, "stytch_admin") {
				if random.IntN(3) == 0 {
					held = append(held, id)
				}
			}
			member := stytch.AddMember(class.ID, fmt.Sprintf("m%d@example.edu", i), held...)
			signedIn, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(member))
			require.NoError(t, err)
			for range 12 {
				resource := pick(append(resources, "nowhere"))
				action := pick([]string{"read", "write", "release", "create", "search", "delete", "*"})
				_, remote := client.Stytch().Sessions.Authenticate(t.Context(), &sessions.AuthenticateParams{
					SessionToken: signedIn.Token.Reveal(),
					AuthorizationCheck: &sessions.AuthorizationCheck{
						OrganizationID: string(class.ID), ResourceID: resource, Action: action,
					},
				})
				local := client.Can(t.Context(), signedIn.Session, "", resource, action)
				var no stytcherror.Error
				if errors.As(remote, &no) {
					require.Equal(t, "session_authorization_error", string(no.ErrorType))
					require.ErrorIs(t, local, grimoireauth.ErrForbidden, "%v on %s.%s", held, resource, action)
					refused++
					continue
				}
				require.NoError(t, remote)
				require.NoError(t, local, "%v on %s.%s", held, resource, action)
				granted++
			}
		}
	}
	require.Greater(t, granted, 100, "both answers must occur")
	require.Greater(t, refused, 100)
}

// Many classes at once, with refreshes in between: for the race detector.
func TestCanForManyClasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := school(t, nil)
		var all sync.WaitGroup
		for i := range 50 {
			session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
				ID: "s", Member: "m", Organization: grimoireauth.OrganizationID(fmt.Sprint("class-", i)),
				Roles: []string{[]string{"tutor", "stytch_member"}[i%2]},
			})
			require.NoError(t, err)
			all.Go(func() {
				for range 20 {
					err := client.Can(t.Context(), session, "", "class", "mark")
					if (err == nil) != session.HasRole("tutor") {
						t.Errorf("class %d: %v", i, err)
					}
					time.Sleep(time.Duration(i+1) * time.Second)
				}
			})
		}
		all.Wait()
	})
}

func ExampleClient_Can() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	class := stytch.AddClass("LAWS1100")
	ctx := context.Background()
	tutor, err := client.Sessions.Authenticate(ctx, stytch.SignIn(stytch.AddMember(class.ID, "tove@example.edu", "tutor")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("mark:", client.Can(ctx, tutor.Session, "", "class", "mark"))
	err = client.Can(ctx, tutor.Session, "", "class", "release")
	fmt.Println("release:", errors.Is(err, grimoireauth.ErrForbidden))
	// Output:
	// mark: <nil>
	// release: true
}
