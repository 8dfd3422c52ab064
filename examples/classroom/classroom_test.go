package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// visitor is a browser without a screen.
type visitor struct {
	t      *testing.T
	client *http.Client
	home   string

	attempt  string // that of the page that was read last
	provider string // where Stytch and the identity providers are played
}

// open starts the classroom with the in-memory Stytch behind it.
func open(t *testing.T) (*classroom, func() *visitor) {
	t.Helper()
	var room *classroom
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		room.handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	options, err := optionsFromEnvironment(func(string) string { return "" }, server.URL, nil)
	require.NoError(t, err)
	t.Cleanup(options.start())
	room, err = newClassroom(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = room.verifier.Wait(context.Background()) })
	return room, func() *visitor {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		return &visitor{t: t, client: &http.Client{Jar: jar}, home: server.URL, provider: options.stytchURL}
	}
}

func (v *visitor) do(r *http.Request) (status int, path, page string) {
	v.t.Helper()
	r.Header.Set("Accept", "text/html")
	res, err := v.client.Do(r)
	require.NoError(v.t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, res.Body.Close())
	v.attempt = ""
	if field := attemptField.FindSubmatch(body); field != nil {
		v.attempt = string(field[1])
	}
	return res.StatusCode, res.Request.URL.Path, string(body)
}

func (v *visitor) get(path string) (status int, at, page string) {
	v.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.home + path
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, path, nil)
	require.NoError(v.t, err)
	return v.do(r)
}

func (v *visitor) post(path string, form url.Values) (status int, at, page string) {
	v.t.Helper()
	if v.attempt != "" && strings.HasPrefix(path, "/auth/") && !form.Has("attempt") {
		form = maps.Clone(form)
		if form == nil {
			form = make(url.Values)
		}
		form.Set("attempt", v.attempt) // as the form on the page does
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.home+path, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

func (v *visitor) cookie(name string) string {
	home, err := url.Parse(v.home)
	require.NoError(v.t, err)
	for _, cookie := range v.client.Jar.Cookies(home) {
		if cookie.Name == name {
			value, _, _ := strings.Cut(cookie.Value, "~") // the session_token's names its session
			return value
		}
	}
	return ""
}

// attemptField names the attempt to sign in that a page belongs to.
var attemptField = regexp.MustCompile(`name="attempt" value="([^"]+)"`)

// signIn signs a person in, from the page of the class.
func (v *visitor) signIn(stytch *mock.Stytch, class grimoireauth.ClassID, email string) {
	v.t.Helper()
	status, _, _ := v.post("/auth/start", url.Values{"class": {string(class)}, "email": {email}, "return_to": {"/classes/" + string(class)}})
	require.Equal(v.t, http.StatusOK, status)
	outbox := stytch.Outbox()
	require.NotEmpty(v.t, outbox)
	newest := outbox[len(outbox)-1]
	require.Equal(v.t, email, newest.To)
	status, at, _ := v.confirm(newest.Link)
	require.Equal(v.t, http.StatusOK, status)
	require.Equal(v.t, "/classes/"+string(class), at)
}

func TestInstructorAndStudent(t *testing.T) {
	room, arrive := open(t)
	contracts, prompts := room.rooms[0].ID, room.rooms[1].ID
	stytch := room.demo.stytch

	iris := arrive()
	status, at, _ := iris.get("/classes/" + string(contracts))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "/auth/", at, "strangers are sent to sign in")
	iris.signIn(stytch, contracts, "iris@example.edu")
	status, _, page := iris.get("/classes/" + string(contracts) + "/roster")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "sam@example.edu")
	status, _, page = iris.post("/classes/"+string(contracts)+"/invitations", url.Values{"email": {"noor@example.edu"}, "name": {"Noor"}, "role": {"student"}})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "An invitation is on its way to")
	for problem, form := range map[string]url.Values{
		"in the class already": {"email": {"sam@example.edu"}, "role": {"student"}},
		"not an e-mail":        {"email": {"sam"}, "role": {"student"}},
		"student or tutor":     {"email": {"x@example.edu"}, "role": {"coordinator"}},
	} {
		_, _, page = iris.post("/classes/"+string(contracts)+"/invitations", form)
		require.Contains(t, page, problem)
	}

	sam := arrive()
	sam.signIn(stytch, contracts, "sam@example.edu")
	status, _, _ = sam.get("/classes/" + string(contracts) + "/roster")
	require.Equal(t, http.StatusForbidden, status, "a student is refused the roster")
	status, _, _ = sam.post("/classes/"+string(contracts)+"/invitations", url.Values{"email": {"x@example.edu"}, "role": {"student"}})
	require.Equal(t, http.StatusForbidden, status, "and the invitations")
	status, _, _ = sam.get("/classes/" + string(prompts))
	require.Equal(t, http.StatusNotFound, status, "a member of one class is refused the other")
	status, _, _ = sam.get("/classes/laws1100-s1")
	require.Equal(t, http.StatusNotFound, status, "T02: a slug is no class id")
}

func TestExpiredJWTIsRefreshedOnce(t *testing.T) {
	room, arrive := open(t)
	sam := arrive()
	sam.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	class := "/classes/" + string(room.rooms[0].ID)
	_, _, page := sam.get(class)
	require.Contains(t, page, `data-source="local"`)
	before := sam.cookie(grimoireauth.SessionJWTCookie)

	_, at, page := sam.post("/stytch/stale", url.Values{"return_to": {class}})
	require.Equal(t, class, at)
	require.Contains(t, page, `data-source="refreshed"`)
	require.NotEqual(t, before, sam.cookie(grimoireauth.SessionJWTCookie))
	_, _, page = sam.get(class)
	require.Contains(t, page, `data-source="local"`)
}

func TestLogoutEndsTheSessionHereAndAtStytch(t *testing.T) {
	room, arrive := open(t)
	sam := arrive()
	sam.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	credentials := grimoireauth.NewCredentials(sam.cookie(grimoireauth.SessionJWTCookie), sam.cookie(grimoireauth.SessionTokenCookie))
	_, err := room.verifier.Authenticate(t.Context(), credentials)
	require.NoError(t, err)

	status, _, page := sam.post("/auth/logout", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "You are signed out")
	require.Empty(t, sam.cookie(grimoireauth.SessionTokenCookie))
	_, err = room.verifier.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "here")
	_, err = room.client.Sessions.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded, "at Stytch")
}

// An outage is no logout: people who are signed in stay signed in, and a page that
// needs Stytch says to wait.
func TestStytchUnreachable(t *testing.T) {
	room, arrive := open(t)
	stytch := room.demo.stytch
	sam := arrive()
	sam.signIn(stytch, room.rooms[0].ID, "sam@example.edu")
	class := "/classes/" + string(room.rooms[0].ID)
	for _, endpoint := range []string{
		"POST /v1/b2b/sessions/authenticate", "POST /v1/b2b/magic_links/email/login_or_signup",
		"POST /v1/b2b/magic_links/authenticate", "GET /v1/b2b/organizations/{organization_id}",
		"POST /v1/b2b/organizations/members/search", "POST /v1/b2b/sessions/revoke",
	} {
		stytch.Fail(mock.Fault{Endpoint: endpoint, Drop: true})
	}
	status, _, _ := sam.get(class)
	require.Equal(t, http.StatusOK, status, "a good session_jwt needs nobody")

	token, jwt := sam.cookie(grimoireauth.SessionTokenCookie), ""
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sam.home+"/stytch/stale", strings.NewReader("return_to="+url.QueryEscape(class)))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	res, err := sam.client.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	require.Equal(t, token, sam.cookie(grimoireauth.SessionTokenCookie), "nobody is signed out")
	jwt = sam.cookie(grimoireauth.SessionJWTCookie)
	require.NotEmpty(t, jwt)

	stranger := arrive()
	status, _, page := stranger.post("/auth/start", url.Values{"class": {string(room.rooms[0].ID)}, "email": {"priya@example.edu"}})
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, page, "does not work at the moment")

	stytch.ClearFaults()
	require.NoError(t, room.verifier.Wait(t.Context()))
	status, _, page = stranger.post("/auth/start", url.Values{"class": {string(room.rooms[0].ID)}, "email": {"priya@example.edu"}})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "Look into your mail")
}

func TestWrongTokenInTheCallback(t *testing.T) {
	room, arrive := open(t)
	sam := arrive()
	for name, query := range map[string]string{
		"unknown":       "stytch_token_type=multi_tenant_magic_links&token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&slug=laws1100-s1",
		"nothing":       "",
		"another kind":  "stytch_token_type=sso&token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D",
		"given twice":   "stytch_token_type=multi_tenant_magic_links&token=a&token=b",
		"script inside": "stytch_token_type=multi_tenant_magic_links&token=%3Cscript%3E",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, page := sam.get("/auth/callback?" + query)
			if sam.attempt != "" {
				_, _, page = sam.post("/auth/callback", nil)
			}
			require.Regexp(t, `[Aa]sk for a new one|begin again`, page)
			require.NotContains(t, page, "<script>")
			require.Empty(t, sam.cookie(grimoireauth.SessionTokenCookie))
		})
	}
	_ = room
}

func TestForeignFormsAreRefused(t *testing.T) {
	room, arrive := open(t)
	sam := arrive()
	sam.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sam.home+"/auth/logout", nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	status, _, _ := sam.do(r)
	require.Equal(t, http.StatusForbidden, status)
	require.NotEmpty(t, sam.cookie(grimoireauth.SessionTokenCookie))
}
