package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The page of fakestytch, with uncommon names in it, is right on every screen.
func TestFakestytchPage(t *testing.T) {
	refuses := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	stytch := &mock.Stytch{Webhooks: []mock.Webhook{{Handler: refuses, Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}}}}
	class := stytch.AddClass(longName)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	for _, one := range uncommon {
		member := stytch.AddStudent(class.ID, one.email)
		_, err := client.Roster.Update(t.Context(), class.ID, member, stytchclient.MemberChange{Name: stytchclient.Set(one.name)})
		require.NoError(t, err)
		stytch.SignIn(member)
		require.NoError(t, client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class.ID, Email: one.email, RedirectURL: "http://localhost:3000/authenticate"}))
	}
	require.Error(t, stytch.DeliverWebhooks(t.Context()))
	for i := range 60 {
		stytch.AddStudent(class.ID, fmt.Sprintf("student%02d@example.edu", i))
	}
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Status: http.StatusTooManyRequests})
	server := httptest.NewServer(stytch.Control())
	t.Cleanup(server.Close)
	p := arriveAt(t, server.URL, time.Minute)
	c := p.listen()
	require.EqualValues(t, http.StatusOK, p.open("/"))
	p.looks("fakestytch")
	p.follow("All 63 members")
	p.looks("fakestytch-class")
	p.follow("Next")
	p.do(chromedp.SetValue("#q", "student59"), chromedp.Submit("#q"), chromedp.WaitVisible(`//a[text()="Show all"]`))
	require.EqualValues(t, http.StatusOK, p.open("/?q=student59"))
	p.looks("fakestytch-filtered")
	c.isEmpty(t)
}

// What is not there, and what has gone wrong at the identity provider, is a page as well.
func TestFakestytchRefusals(t *testing.T) {
	stytch := new(mock.Stytch)
	control := stytch.Control()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/mock/") {
			stytch.ServeHTTP(w, r)
		} else {
			control.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	p := arriveAt(t, server.URL, time.Minute)
	for path, want := range map[string]int{
		"/fake/nothing": http.StatusNotFound, "/fake/login": http.StatusMethodNotAllowed,
		"/mock/nothing": http.StatusNotFound, "/mock/idp?state=old": http.StatusBadRequest,
	} {
		require.EqualValues(t, want, p.open(path), path)
		p.looks("fakestytch-refusal" + strings.ReplaceAll(strings.ReplaceAll(path, "/", "-"), "?", "-"))
	}
}
