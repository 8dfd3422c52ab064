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
	require.Equal(t, 50, strings.Count(string(out), `class="who"`))
	require.Contains(t, string(out), `href="/?class=laws1100#classes">All 120 members`)
}

// Lists have pages of 50 rows, and one filter for all of them.
func TestControlPageLists(t *testing.T) {
	w := newWire(t)
	for i := range 60 {
		w.stytch.AddClass(fmt.Sprintf("LAWS%02d", i))
	}
	class := w.stytch.AddClass("HIST2200")
	for i := range 60 {
		w.stytch.AddStudent(class.ID, fmt.Sprintf("s%02d@example.edu", i))
		w.ok("POST", links+"/email/login_or_signup", object{"organization_id": class.ID, "email_address": fmt.Sprintf("s%02d@example.edu", i)})
	}
	p := newPanel(t, w.stytch)
	for _, tt := range []struct {
		query                      string
		cards, members, mail, rows int
		has                        []string
	}{
		{"", 50, 0, 50, 50, []string{"1 to 50 of 61", "1 to 50 of 60", `href="/?classes=2#classes"`, `href="/?outbox=2#outbox"`}},
		{"?classes=2&outbox=2", 11, 50, 10, 50, []string{"51 to 61 of 61", "51 to 60 of 60", `href="/?classes=1&amp;outbox=2#classes"`, `href="/?class=hist2200#classes">All 60 members`}},
		{"?class=hist2200&members=2", 1, 10, 50, 50, []string{"51 to 60 of 60", `href="/?class=hist2200&amp;members=1#classes"`, `<a href="/">Show all</a>`}},
		{"?q=S07@Example", 1, 1, 1, 0, []string{"HIST2200", "s07@example.edu", "No call matches."}},
		{"?q=laws", 50, 0, 0, 0, []string{"1 to 50 of 60", `href="/?q=laws&amp;classes=2#classes"`, "No message matches."}},
		{"?q=nothing", 0, 0, 0, 0, []string{"No class and no member matches.", `value="nothing"`}},
		{"?q=%22%3E%3Cscript%3E", 0, 0, 0, 0, []string{`value="&#34;&gt;&lt;script&gt;"`}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			body := p.send("GET", "/"+tt.query, "", nil).Body.String()
			require.Equal(t, tt.cards, strings.Count(body, `<article class="card">`))
			require.Equal(t, tt.members, strings.Count(body, `<span class="who">`))
			require.Equal(t, tt.mail, strings.Count(body, `<article class="mail">`))
			require.Equal(t, tt.rows, strings.Count(body, `data-name="Endpoint"`))
			for _, want := range tt.has {
				require.Contains(t, body, want)
			}
		})
	}
}

func TestControlPageShowsWebhooks(t *testing.T) {
	w, to := withReceiver(t)
	to.status.Store(http.StatusTeapot)
	p := newPanel(t, w.stytch)
	w.stytch.AddClass("LAWS1100")
	require.Contains(t, p.send("GET", "/", "", nil).Body.String(), "None was sent yet.")
	require.Error(t, w.stytch.DeliverWebhooks(t.Context()))
	body := p.send("GET", "/", "", nil).Body.String()
	require.Contains(t, body, "dashboard.organization.create")
	require.Contains(t, body, "the endpoint answered 418")
}
