package docs_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"

	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// direct hands the requests of an http.Client to a handler, without a network.
type direct struct{ app http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), r.Body)
	in.Host, in.Header, in.RemoteAddr = r.URL.Host, r.Header.Clone(), "203.0.113.1:50000"
	w := httptest.NewRecorder()
	d.app.ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

func TestSignInByThePagesAndAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := new(mock.Stytch)
		server, err := newService(stytchclient.Config{
			ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		}, "https://classes.example.edu", nil)
		require.NoError(t, err)
		class := stytch.AddClass("Contracts")
		stytch.AddStudent(class.ID, "sam@example.edu")
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		browser := &http.Client{Jar: jar, Transport: direct{server.Handler}}
		const site = "https://classes.example.edu" // a jar sends Secure cookies to https only

		page, err := browser.PostForm(site+"/auth/start", url.Values{
			"method": {"email_otp"}, "class": {class.Slug}, "email": {"sam@example.edu"}, "return_to": {"/me"},
		})
		require.NoError(t, err)
		require.Equal(t, "/auth/code", page.Request.URL.Path) // the jar has the attempt's cookie
		sent := stytch.Outbox()
		page, err = browser.PostForm(site+"/auth/code", url.Values{
			"attempt": {page.Request.URL.Query().Get("attempt")}, "code": {sent[len(sent)-1].Code},
		})
		require.NoError(t, err)
		require.Equal(t, "/me", page.Request.URL.Path)
		require.Equal(t, http.StatusOK, page.StatusCode)

		visit := func() int {
			page, err := browser.Get(site + "/me")
			require.NoError(t, err)
			return page.StatusCode
		}
		stytch.Fail(mock.Fault{Status: http.StatusServiceUnavailable})
		time.Sleep(time.Hour) // the session_jwt has expired; the service has an OutageGrace of two hours
		require.Equal(t, http.StatusOK, visit())
		time.Sleep(2 * time.Hour) // and now the grace is over
		require.Equal(t, http.StatusServiceUnavailable, visit())
		stytch.ClearFaults()
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusOK, visit(), "the cookies are still in the jar")
	})
}
