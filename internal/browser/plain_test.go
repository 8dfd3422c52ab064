package browser

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// plain is a service with nothing of its own: the built-in frame of the sign-in pages, and
// the guard's own refusals.
type plain struct {
	stytch *mock.Stytch
	client *stytchclient.Client
	url    string
}

func newPlain(t *testing.T) plain {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s := plain{stytch: &mock.Stytch{RedirectURLs: []string{server.URL + "/auth/callback"}}, url: server.URL}
	base, stop := s.stytch.Start()
	t.Cleanup(stop)
	var err error
	s.client, err = stytchclient.New(stytchclient.Config{ProjectID: s.stytch.ProjectID(), Secret: s.stytch.Secret(), PublicToken: s.stytch.PublicToken(), BaseURL: base})
	require.NoError(t, err)
	guard, err := middleware.New(s.client.Sessions.Authenticate, middleware.Config{SignInURL: "/auth/", InsecureCookies: true, SessionMarks: s.client.SessionMarks()})
	require.NoError(t, err)
	pages, err := signin.New(guard, s.client, signin.Config{BaseURL: server.URL, Discovery: true})
	require.NoError(t, err)
	mux.Handle("/auth/", pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>First page</title><link rel="icon" href="data:,"><main><h1>First page</h1></main>`))
	})
	// A page with a form that every kind of refusal answers.
	mux.HandleFunc("GET /form/{refusal}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><title>A form</title><link rel="icon" href="data:,"><main><form method="post" action="/refused/` + r.PathValue("refusal") + `"><button>Send</button></form></main>`))
	})
	mux.HandleFunc("/refused/{refusal}", func(w http.ResponseWriter, r *http.Request) {
		guard.Respond(w, r, refusalsToShow[r.PathValue("refusal")])
	})
	return s
}

// refusalsToShow has an error for each of the ways on that the guard's page offers, and
// the one with the longest text.
var refusalsToShow = map[string]error{
	"unavailable": grimoireauth.ErrUnavailable, "forbidden": grimoireauth.ErrForbidden, "share": grimoireauth.ErrOverShare,
	"session": grimoireauth.ErrSessionEnded, "form": middleware.ErrOtherPersonsForm, "fault": errors.New("x"),
}

// TestPlainPages opens the pages that an application has before it has its own: they are
// right on every screen, with uncommon names, and the console is empty.
func TestPlainPages(t *testing.T) {
	s := newPlain(t)
	come := func() *person {
		p := arriveAt(t, s.url, 150*time.Second)
		c := p.listen()
		t.Cleanup(func() { c.isEmpty(t) })
		return p
	}
	newest := func(to string) mock.Message {
		outbox := s.stytch.Outbox()
		require.NotEmpty(t, outbox)
		require.Equal(t, to, outbox[len(outbox)-1].To)
		return outbox[len(outbox)-1]
	}
	first, err := s.client.Classes.Create(t.Context(), stytchclient.NewClass{Name: longName, Slug: strings.Repeat("long-slug-", 10)})
	require.NoError(t, err)
	strict, err := s.client.Classes.Create(t.Context(), stytchclient.NewClass{Name: "Prompt writing", Slug: "prompts", Settings: grimoireauth.ClassSettings{SecondFactorForAll: true}})
	require.NoError(t, err)
	school := stytchclient.ConnectionID(s.stytch.AddSSO(first.ID, "saml", nil))
	_, err = s.client.Connections.UpdateSAML(t.Context(), first.ID, school, stytchclient.SAMLChange{Name: stytchclient.Set(longName)})
	require.NoError(t, err)
	s.stytch.AddStudent(first.ID, longAddress)
	s.stytch.AddStudent(strict.ID, longAddress)
	phoned := s.stytch.AddStudent(strict.ID, "phone@example.edu")
	_, err = s.client.Roster.Update(t.Context(), strict.ID, phoned, stytchclient.MemberChange{Phone: stytchclient.Set("+61491570156")})
	require.NoError(t, err)
	atClass := func(p *person, class grimoireauth.Class) {
		p.open("/auth/?" + url.Values{"class": {class.Slug}, "return_to": {"/"}}.Encode())
	}

	long := come()
	long.open("/auth/")
	long.looks("plain-which-class")
	atClass(long, first)
	long.looks("plain-sign-in")
	long.openPassword()
	long.typesPassword(longAddress, "not-the-one")
	long.follow("Sign in")
	long.looks("plain-wrong-password")
	long.follow("Forgotten, or no password yet?")
	long.looks("plain-sent-reset")
	long.open(newest(longAddress).Link)
	long.looks("plain-new-password")
	long.types("password", "password")
	long.follow("Set it and sign in")
	long.looks("plain-weak-password")
	atClass(long, first)
	long.follow("Continue with " + longName)
	long.looks("plain-school")
	long.follow("Cancel")
	long.looks("plain-school-cancelled")
	atClass(long, first)
	long.types("email", longAddress)
	long.follow("E-mail me a link")
	long.looks("plain-sent-link")
	link := newest(longAddress).Link
	long.open(link)
	long.looks("plain-confirm")
	elsewhere := come()
	elsewhere.open(link)
	elsewhere.looks("plain-confirm-elsewhere")
	elsewhere.follow("Sign in")
	elsewhere.looks("plain-account")
	long.open("/auth/")
	long.types("email", longAddress)
	long.follow("E-mail me a code")
	long.looks("plain-code")
	long.types("code", "000000")
	long.follow("Sign in")
	long.looks("plain-wrong-code")
	long.types("code", newest(longAddress).Code)
	long.follow("Sign in")
	long.looks("plain-choose-class")
	long.follow("Prompt writing")
	long.looks("plain-factor")
	long.follow("Set up an authenticator app")
	long.looks("plain-enrol")

	phone := come()
	atClass(phone, strict)
	phone.types("email", "phone@example.edu")
	phone.follow("E-mail me a code")
	phone.types("code", newest("phone@example.edu").Code)
	phone.follow("Sign in")
	phone.looks("plain-factor-text")
	phone.types("code", newest("+61491570156").Code)
	phone.follow("Sign in")
	phone.open("/auth/switch")
	phone.looks("plain-switch")
	phone.open("/auth/logout")
	phone.looks("plain-sign-out")
	phone.click("main button")
	phone.looks("plain-signed-out")

	stranger := come()
	require.EqualValues(t, http.StatusNotFound, stranger.open("/auth/no-such-page"))
	stranger.looks("plain-not-found")
	stranger.open("/form/x")
	stranger.script(`document.forms[0].action = '/auth/confirm'`)
	require.EqualValues(t, http.StatusMethodNotAllowed, stranger.click("button"))
	stranger.looks("plain-not-allowed")
	for name := range refusalsToShow {
		if name != "session" { // it is redirected
			stranger.open("/refused/" + name)
			stranger.looks("refused-" + name)
		}
		stranger.open("/form/" + name)
		stranger.click("button")
		stranger.looks("refused-form-" + name)
	}
	s.stytch.Fail(mock.Fault{Drop: true})
	atClass(stranger, strict)
	stranger.types("email", "phone@example.edu")
	stranger.follow("E-mail me a link")
	stranger.looks("plain-outage")
}
