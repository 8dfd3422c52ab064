package middleware_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// TestW02_CustomAudienceTravels: a project whose JWT template has a custom audience is
// served as any other, with either mapping of a school, by cookie and by bearer token,
// fresh and refreshed. Without Config.Audiences all are asked to sign in, no cookie is
// deleted, and one alarm names the setting.
func TestW02_CustomAudienceTravels(t *testing.T) {
	const audience = "https://classes.example.edu"
	for _, mapping := range []string{"an organization per class", "classes in tables"} {
		for _, listed := range []bool{true, false} {
			name := mapping + ", unlisted"
			if listed {
				name = mapping + ", listed"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					stytch := &mock.Stytch{CustomAudience: audience}
					var alarms []grimoireauth.OperatorAlarm
					config := jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: stytch, Revocations: new(jwtlocal.MemoryRevocations), Observe: func(_ context.Context, event grimoireauth.Event) {
						if alarm, ok := event.(grimoireauth.OperatorAlarm); ok {
							alarms = append(alarms, alarm)
						}
					}}
					if listed {
						config.Audiences = []string{audience}
					}
					client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
					require.NoError(t, err)
					config.Refresh = client.Sessions.Authenticate
					verifier, err := jwtlocal.New(config)
					require.NoError(t, err)
					defer func() { require.NoError(t, verifier.Wait(t.Context())) }()

					class := stytch.AddClass("LAWS1100").ID
					member := stytch.AddStudent(class, "sam@example.edu")
					guarding := middleware.Config{Fresh: verifier.Refresh, CredentialSource: middleware.BearerOrCookies}
					if mapping == "classes in tables" {
						class = "contracts"
						guarding.Role = func(_ context.Context, session grimoireauth.Session, asked grimoireauth.ClassID) (grimoireauth.Role, error) {
							if session.Member() == member && asked == class {
								return grimoireauth.RoleStudent, nil
							}
							return grimoireauth.RoleNone, nil
						}
					}
					guard := newGuard(t, verifier.Authenticate, guarding)
					mux := http.NewServeMux()
					students := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)
					mux.Handle("GET /classes/{class}", students(whoami))
					mux.Handle("GET /classes/{class}/fresh", students(guard.Fresh(whoami)))
					app := guard.Protect(mux)
					visit := func(path string, credentials grimoireauth.Credentials) *http.Response {
						r := httptest.NewRequest("GET", "/classes/"+string(class)+path, nil)
						require.NoError(t, guard.Attach(r, credentials))
						return serve(app, r)
					}

					credentials := stytch.SignIn(member, mock.WithDuration(8*time.Hour))
					bearer := httptest.NewRequest("GET", "/classes/"+string(class), nil)
					bearer.Header.Set("Authorization", "Bearer "+credentials.JWT.Reveal())
					if !listed {
						for _, res := range []*http.Response{visit("", credentials), serve(app, bearer)} {
							require.Equal(t, http.StatusUnauthorized, res.StatusCode)
							require.Empty(t, res.Cookies())
						}
						require.Len(t, alarms, 1)
						require.Contains(t, alarms[0].Problem, "Config.Audiences")
						require.ErrorContains(t, alarms[0].Err, audience)
						return
					}
					require.Equal(t, string(member), body(t, visit("", credentials)))
					require.Equal(t, string(member), body(t, serve(app, bearer)))
					require.Equal(t, string(member), body(t, visit("/fresh", credentials)))

					res := visit("", stytch.Stale(credentials))
					require.Equal(t, string(member), body(t, res))
					require.Len(t, res.Cookies(), 1, "the refreshed session_jwt, whose dates the guard reads as well")
					payload, err := base64.RawURLEncoding.DecodeString(strings.Split(res.Cookies()[0].Value, ".")[1])
					require.NoError(t, err)
					require.Contains(t, string(payload), audience)
					require.Empty(t, alarms)

					forged := stytch.Forged(member)
					forged.Token = grimoireauth.Secret{}
					require.Equal(t, http.StatusUnauthorized, visit("", forged).StatusCode)
				})
			})
		}
	}
}

// TestW02_ClaimsOfATemplateGiveNoRole: a JWT template can write roles and actions into
// claims of its own. They open no route.
func TestW02_ClaimsOfATemplateGiveNoRole(t *testing.T) {
	x := newReal(t)
	student := x.stytch.AddStudent(x.class.ID, "sam@example.edu")
	claims := map[string]any{
		"roles": []string{"stytch_admin", "instructor"}, "role": "instructor", "class": map[string]any{"actions": []string{"*"}},
		"organization_id": string(x.class.ID), "session": map[string]any{"roles": []string{"instructor"}},
	}
	credentials := x.stytch.SignIn(student, mock.WithClaims(claims))
	require.Equal(t, http.StatusForbidden, x.visit(t, credentials).StatusCode)
	require.Equal(t, http.StatusForbidden, x.visit(t, x.stytch.Stale(credentials)).StatusCode)
}
