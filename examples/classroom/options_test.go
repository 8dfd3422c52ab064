package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestOptionsFromEnvironment(t *testing.T) {
	env := func(id, secret string) func(string) string {
		return func(name string) string {
			return map[string]string{"STYTCH_PROJECT_ID": id, "STYTCH_SECRET": secret}[name]
		}
	}
	_, err := optionsFromEnvironment(env("project-test-00000000-0000-4000-8000-000000000000", ""), "http://127.0.0.1:1", nil)
	require.ErrorContains(t, err, "STYTCH_SECRET is not")
	_, err = optionsFromEnvironment(env("", "secret-test-abcdefghijklmnopqrstuvwxyz012345="), "http://127.0.0.1:1", nil)
	require.ErrorContains(t, err, "STYTCH_PROJECT_ID is not")
	_, err = optionsFromEnvironment(env("", ""), "http://127.0.0.1:1", []string{"organization-test-1"})
	require.ErrorContains(t, err, "-classes is for the real Stytch")

	options, err := optionsFromEnvironment(env("project-test-00000000-0000-4000-8000-000000000000", "secret-test-abcdefghijklmnopqrstuvwxyz012345="), "http://127.0.0.1:1", []string{"organization-test-1"})
	require.NoError(t, err)
	require.Nil(t, options.demo, "the real Stytch")
	require.Empty(t, options.stytchURL)
	room, err := newClassroom(t.Context(), options)
	require.NoError(t, err, "it starts without asking Stytch")
	w := httptest.NewRecorder()
	room.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/outbox", nil))
	require.NotEqual(t, http.StatusOK, w.Code, "there is no outbox with the real Stytch")
}

func TestCheckup(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("LAWS1100")
	stytch.AddInstructor(class.ID, "iris@example.edu")
	o := options{
		projectID: stytch.ProjectID(), secret: stytch.Secret(), publicToken: stytch.PublicToken(), transport: stytch,
		classes: []grimoireauth.ClassID{class.ID},
	}
	var out strings.Builder
	require.NoError(t, o.checkup(t.Context(), &out), &out)
	require.Contains(t, out.String(), string(class.ID))

	wrong := o
	wrong.classes = []grimoireauth.ClassID{"organization-test-00000000-0000-4000-8000-000000000000"}
	require.ErrorIs(t, wrong.checkup(t.Context(), io.Discard), grimoireauth.ErrInvalid, "nobody could sign in to a class that is not there")

	stytch.Fail(mock.Fault{Status: http.StatusServiceUnavailable})
	require.NoError(t, o.checkup(t.Context(), io.Discard), "it starts while Stytch is down")
}
