package mock_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestControlPage(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS<1100>", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL"})
	w.stytch.SignIn(w.stytch.AddInstructor(class.ID, "ada@example.edu"))
	w.stytch.AddStudent(class.ID, "bob@example.edu")
	token := w.link(string(class.ID), "bob@example.edu", nil)
	p := newPanel(t, w.stytch)
	p.ok("POST", "/fake/faults", `{"endpoint":"POST /v1/b2b/sessions/authenticate","status":500}`)
	w.send("GET", "/nowhere", nil)

	res := p.send("GET", "/", "", nil)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "text/html; charset=utf-8", res.Header().Get("Content-Type"))
	require.Equal(t, "no-store", res.Header().Get("Cache-Control"))
	require.Contains(t, res.Header().Get("Content-Security-Policy"), "default-src 'none'")
	body := res.Body.String()
	for _, want := range []string{"LAWS&lt;1100&gt;", "ada@example.edu", "instructor", "1 session", "second factor for all", "answers 500", "GET /nowhere", "route_not_found"} {
		require.Contains(t, body, want)
	}
	require.NotContains(t, body, "<script")
	require.NotContains(t, body, w.stytch.Secret().Reveal())
	require.Regexp(t, `<a class="button" href="http://stytch.localhost/v1/b2b/magic_links/redirect\?[^"]*`+strings.ReplaceAll(token, "=", "%3D")[:40], body)
	style := p.send("GET", "/fake/style.css", "", nil)
	require.Equal(t, "text/css; charset=utf-8", style.Header().Get("Content-Type"))
}

// The page is for people: with a hundred thousand of them it is still a page.
func TestControlPageIsBounded(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	for i := range 120 {
		w.stytch.AddStudent(class.ID, fmt.Sprintf("s%d@example.edu", i))
	}
	body := newPanel(t, w.stytch).send("GET", "/", "", nil).Body
	out, err := io.ReadAll(body)
	require.NoError(t, err)
	require.Equal(t, 100, strings.Count(string(out), `class="who"`))
	require.Contains(t, string(out), "and 20 more members")
}
