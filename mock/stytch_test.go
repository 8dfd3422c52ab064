package mock_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

const uuid = "01234567-89ab-4cde-8f01-23456789abcd"

func TestZeroValue(t *testing.T) {
	stytch := new(mock.Stytch)
	require.Regexp(t, `^project-test-`, stytch.ProjectID())
	require.Regexp(t, `^secret-test-[A-Za-z0-9_-]{32}=$`, stytch.Secret().Reveal())
	require.Regexp(t, `^public-token-test-`, stytch.PublicToken())
	require.Equal(t, "http://stytch.localhost", stytch.BaseURL())
	require.NotEqual(t, stytch.ProjectID(), new(mock.Stytch).ProjectID(), "two Stytches are two projects")
	require.Empty(t, stytch.Outbox())
	require.Empty(t, stytch.Journal())
}

func TestFieldsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stytch *mock.Stytch
		says   string
	}{
		{"live project", &mock.Stytch{Project: "project-live-" + uuid}, "DangerouslyLive"},
		{"live secret", &mock.Stytch{ProjectSecret: grimoireauth.NewSecret("secret-live-0123456789abcdef")}, "DangerouslyLive"},
		{"project of another form", &mock.Stytch{Project: "project-test-1"}, "Project"},
		{"secret of another form", &mock.Stytch{ProjectSecret: grimoireauth.NewSecret("hunter2")}, "ProjectSecret"},
		{"URL without a host", &mock.Stytch{URL: "localhost:3000"}, "URL"},
		{"custom domain with a slash", &mock.Stytch{CustomDomain: "https://login.example.edu/"}, "CustomDomain"},
		{"a project as audience", &mock.Stytch{CustomAudience: "project-test-" + uuid}, "CustomAudience"},
		{"an invisible audience", &mock.Stytch{CustomAudience: "https://x\u200b"}, "CustomAudience"},
		{"half a second", &mock.Stytch{JWTLife: time.Second / 2}, "JWTLife"},
		{"negative life", &mock.Stytch{JWTLife: -time.Second}, "JWTLife"},
		{"redirect URL", &mock.Stytch{RedirectURLs: []string{"javascript:alert(1)"}}, "RedirectURLs"},
		{"Stytch's own role", &mock.Stytch{Roles: []mock.Role{{ID: "stytch_admin"}}}, "stytch_admin"},
		{"role twice", &mock.Stytch{Roles: []mock.Role{{ID: "a"}, {ID: "a"}}}, "twice"},
		{"permission without actions", &mock.Stytch{Roles: []mock.Role{{ID: "a", Permissions: []mock.Permission{{Resource: "class"}}}}}, "Actions"},
		{"unknown resource of Stytch's", &mock.Stytch{Roles: []mock.Role{{ID: "a", Permissions: []mock.Permission{{Resource: "stytch.class", Actions: []string{"*"}}}}}}, "stytch.class"},
		{"unknown action of Stytch's", &mock.Stytch{Roles: []mock.Role{{ID: "a", Permissions: []mock.Permission{{Resource: "stytch.member", Actions: []string{"promote"}}}}}}, "promote"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // a mistake is not noticed once only
				said := fmt.Sprint(panicOf(func() { tt.stytch.ProjectID() }))
				require.Contains(t, said, tt.says)
				require.NotContains(t, said, "hunter2")
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		said := fmt.Sprint(panicOf(func() { (&mock.Stytch{URL: "x", JWTLife: -1, Project: "y"}).BaseURL() }))
		for _, field := range []string{"URL", "JWTLife", "Project"} {
			require.Contains(t, said, field)
		}
	})
}

func panicOf(f func()) (said any) {
	defer func() { said = recover() }()
	f()
	return nil
}

func TestLiveIfTold(t *testing.T) {
	stytch := &mock.Stytch{Project: "project-live-" + uuid, DangerouslyLive: true}
	class := stytch.AddClass("LAWS1100")
	require.Regexp(t, `^organization-live-`, class.ID)
	require.Regexp(t, `^secret-live-`, stytch.Secret().Reveal())
}

func TestPrintsNoSecret(t *testing.T) {
	stytch := new(mock.Stytch)
	credentials := stytch.SignIn(stytch.AddStudent(stytch.AddClass("LAWS1100").ID, "ada@example.edu"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		printed := fmt.Sprintf(verb, stytch)
		require.Contains(t, printed, stytch.ProjectID())
		require.NotContains(t, printed, stytch.Secret().Reveal())
		require.NotContains(t, printed, credentials.Token.Reveal())
	}
}

func TestStart(t *testing.T) {
	t.Run("sets an empty URL", func(t *testing.T) {
		stytch := new(mock.Stytch)
		url, stop := stytch.Start()
		defer stop()
		require.Equal(t, url, stytch.BaseURL())
		require.Equal(t, url, stytch.URL)
		res, err := http.Get(url + "/v1/b2b/sessions/jwks/" + stytch.ProjectID())
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
	})
	t.Run("leaves another alone", func(t *testing.T) {
		stytch := &mock.Stytch{URL: "https://stytch.example.edu/"}
		_, stop := stytch.Start()
		defer stop()
		require.Equal(t, "https://stytch.example.edu", stytch.BaseURL())
	})
}
