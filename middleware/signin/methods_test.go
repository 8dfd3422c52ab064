package signin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware/signin"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

var wayOut = regexp.MustCompile(`class="way" href="([^"]+)">(?:<svg.*?</svg>)?[^<]* with ([^<]+)<`)

// links returns where the buttons of a page lead, by name.
func links(page string) map[string]string {
	out := make(map[string]string)
	for _, match := range wayOut.FindAllStringSubmatch(page, -1) {
		out[match[2]] = strings.ReplaceAll(match[1], "&amp;", "&")
	}
	return out
}

// Each provider, there and back.
func TestProvidersWholeWay(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddSSO(w.law.ID, "saml", nil)
	w.stytch.AddSSO(w.law.ID, "oidc", nil)
	connections, err := w.client.Connections.List(t.Context(), w.law.ID)
	require.NoError(t, err)
	page := "/classes/" + string(w.law.ID) + "?week=3"
	offered := links(w.browser().get("/auth/?" + url.Values{"class": {w.law.Slug}, "return_to": {page}}.Encode()).body)
	names := []string{"Google", "Microsoft"}
	for _, connection := range connections {
		names = append(names, connection.Name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			w.t = t
			b := w.browser()
			require.Contains(t, offered, name)
			start := b.leave(offered[name])
			require.Empty(t, b.who())
			res := b.get(w.provider(start, "mock_persona", "ada@example.edu"))
			require.Equal(t, http.StatusSeeOther, res.status, res.body)
			require.Equal(t, page, res.at)
			require.Equal(t, "no-store", res.header.Get("Cache-Control"))
			require.Equal(t, "no-referrer", res.header.Get("Referrer-Policy"))
			require.Equal(t, string(w.ada), b.who())
			require.Empty(t, b.kept(), "cleared on use")
		})
	}
	w.t = t
	require.Len(t, offered, 7, "%v", offered)
}

// The other three do not vouch for addresses: the sign-in is not finished.
func TestProvidersThatDoNotVouch(t *testing.T) {
	w := newFixture(t, signin.Config{})
	for _, name := range []string{"github", "slack", "hubspot"} {
		b := w.browser()
		b.get(w.provider(b.leave("/auth/oauth/"+name+"?class="+w.law.Slug), "mock_persona", "ada@example.edu"))
		require.Empty(t, b.who())
		require.Empty(t, b.cookie("__Host-stytch_session"))
	}
	require.Equal(t, 3, w.calls(oauthRedeemed))
}

const (
	oauthRedeemed = "POST /v1/b2b/oauth/authenticate"
	ssoRedeemed   = "POST /v1/b2b/sso/authenticate"
)

func TestPageOffersWhatTheClassAllows(t *testing.T) {
	only := func(methods ...string) mock.Settings {
		return mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": methods}
	}
	tests := []struct {
		name     string
		settings mock.Settings
		config   signin.Config
		want     string
	}{
		{"everything", nil, signin.Config{}, "link code password Google Microsoft GitHub Slack HubSpot"},
		{"links", only("magic_link"), signin.Config{}, "link"},
		{"codes and Google", only("email_otp", "google_oauth"), signin.Config{}, "code Google"},
		{"passwords", only("password"), signin.Config{}, "password"},
		{"SSO, and there is no connection", only("sso"), signin.Config{}, ""},
		{"fewer here", nil, signin.Config{Methods: []grimoireauth.SignInMethod{grimoireauth.MethodEmailCode, grimoireauth.MethodSlack}}, "code Slack"},
		{"nothing that both want", only("password"), signin.Config{Methods: []grimoireauth.SignInMethod{grimoireauth.MethodEmailCode}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newFixture(t, tt.config)
			class := w.stytch.AddClass("Contracts", tt.settings)
			for _, name := range []string{class.Slug, string(class.ID)} {
				res := w.browser().get("/auth/?class=" + name)
				require.Equal(t, http.StatusOK, res.status)
				require.Equal(t, tt.want, strings.Join(offered(res.body), " "))
				require.NotContains(t, res.body, "Contracts", "the name is for those who are in the class")
				require.Equal(t, tt.want == "", strings.Contains(res.body, "Please ask your instructor how"))
			}
		})
	}
}

// offered reads a page.
func offered(page string) []string {
	var out []string
	for _, way := range []struct{ word, button string }{
		{"link", `value="magic_link"`}, {"code", `value="email_otp"`}, {"password", `value="password"`},
	} {
		if strings.Contains(page, way.button) {
			out = append(out, way.word)
		}
	}
	for _, match := range wayOut.FindAllStringSubmatch(page, -1) {
		out = append(out, match[2])
	}
	return out
}

// The default connection comes first; one that is not complete is not offered.
func TestPageOffersConnections(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddSSO(w.law.ID, "saml", nil)
	oidc := w.stytch.AddSSO(w.law.ID, "oidc", nil)
	_, err := w.client.Connections.CreateSAML(t.Context(), w.law.ID, stytchclient.NewConnection{Name: "Half a connection"})
	require.NoError(t, err)
	_, err = w.client.Connections.SetDefault(t.Context(), w.law.ID, stytchclient.ConnectionID(oidc))
	require.NoError(t, err)
	page := w.browser().get("/auth/?class=" + w.law.Slug).body
	require.NotContains(t, page, "Half a connection")
	ways := wayOut.FindAllStringSubmatch(page, -1)
	require.Len(t, ways, 7)
	require.Contains(t, ways[0][1], "/auth/sso/"+oidc)
}

// A class that does not exist, or was never looked up, looks like any class.
func TestUnknownClassLooksLikeAnyOther(t *testing.T) {
	w := newFixture(t, signin.Config{})
	page := func(class string) string {
		res := w.browser().get("/auth/?class=" + class)
		require.Equal(t, http.StatusOK, res.status)
		return strings.ReplaceAll(res.body, class, "CLASS")
	}
	require.Equal(t, page(w.law.Slug), page("no-such-class"))
	require.Equal(t, page(string(w.law.ID)), page("organization-test-00000000-0000-0000-0000-000000000000"))
}

func TestWithoutAPublicToken(t *testing.T) {
	w := newFixture(t, signin.Config{})
	client, err := stytchclient.New(stytchclient.Config{ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), Transport: w.stytch})
	require.NoError(t, err)
	_, err = signin.New(w.guard, client, signin.Config{BaseURL: home, Methods: []grimoireauth.SignInMethod{"magic_link", "google_oauth"}})
	require.ErrorContains(t, err, "PublicToken")
	w.pages, err = signin.New(w.guard, client, signin.Config{BaseURL: home})
	require.NoError(t, err)
	w.app = w.pages
	require.Equal(t, "link code password", strings.Join(offered(w.browser().get("/auth/?class="+w.law.Slug).body), " "))
	require.Equal(t, http.StatusNotFound, w.browser().get("/auth/oauth/google?class="+w.law.Slug).status)
	require.Equal(t, http.StatusNotFound, w.browser().get("/auth/sso/saml-connection-test-1?class="+w.law.Slug).status)
}

// A method that is not served is not served by its address either.
func TestMethodsAreHeld(t *testing.T) {
	w := newFixture(t, signin.Config{Methods: []grimoireauth.SignInMethod{grimoireauth.MethodGoogle}})
	form := url.Values{"class": {w.law.Slug}, "email": {"ada@example.edu"}, "password": {"x"}, "code": {"123456"}}
	for _, method := range []string{"", "magic_link", "email_otp", "password", "reset", "nonsense"} {
		form.Set("method", method)
		require.Equal(t, http.StatusBadRequest, w.browser().post("/auth/start", form).status, method)
	}
	require.Equal(t, http.StatusBadRequest, w.browser().post("/auth/code", form).status)
	require.Equal(t, http.StatusNotFound, w.browser().get("/auth/oauth/github?class="+w.law.Slug).status)
	require.Empty(t, w.stytch.Outbox())
}

// The class allows another way: the page says which.
func TestMethodThatTheClassDoesNotAllow(t *testing.T) {
	w := newFixture(t, signin.Config{})
	class := w.stytch.AddClass("Contracts", mock.Settings{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso", "email_otp"}})
	w.stytch.AddStudent(class.ID, "ada@example.edu")
	b := w.browser()
	res := b.get(w.provider(b.leave("/auth/oauth/google?class="+class.Slug), "mock_persona", "ada@example.edu"))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "wants you to sign in in another way")
	require.Equal(t, "code", strings.Join(offered(res.body), " "))
	require.Empty(t, b.who())

	// It has changed its mind since its page was last looked at.
	require.Contains(t, b.get("/auth/?class="+class.Slug).body, "E-mail me a code")
	_, err := w.client.Classes.Update(t.Context(), class.ID, stytchclient.ClassChange{Methods: stytchclient.Set([]grimoireauth.SignInMethod{grimoireauth.MethodPassword})})
	require.NoError(t, err)
	res = b.get(w.provider(b.leave("/auth/oauth/google?class="+class.Slug), "mock_persona", "ada@example.edu"))
	require.Equal(t, "password", strings.Join(offered(res.body), " "))
}

// A person whom the class does not know is told so only after a provider has identified
// them.
func TestNotInvited(t *testing.T) {
	w := newFixture(t, signin.Config{})
	b := w.browser()
	res := b.get(w.provider(b.leave("/auth/oauth/google?class="+w.law.Slug), "mock_persona", "eve@example.edu"))
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, "This class does not know you")
	require.Empty(t, b.kept())
}

// An application that shows its classes to everybody gives their names to the pages.
func TestClassName(t *testing.T) {
	w := newFixture(t, signin.Config{ClassName: func(class string) string {
		if class == "laws1100" || strings.HasPrefix(class, "organization-") {
			return "Contracts, semester 1"
		}
		return ""
	}})
	for class, title := range map[string]string{"laws1100": "Contracts, semester 1", string(w.law.ID): "Contracts, semester 1", "other": "other"} {
		require.Contains(t, w.browser().get("/auth/?class="+class).body, "Sign in to "+title)
	}
}

// The school's own sign-in stands before the e-mail, the e-mail before other accounts, and
// more than three of those are folded.
func TestMostCommonMethodFirst(t *testing.T) {
	w := newFixture(t, signin.Config{})
	w.stytch.AddSSO(w.law.ID, "saml", nil)
	page := w.browser().get("/auth/?class=" + w.law.Slug).body
	last := 0
	for _, next := range []string{"/auth/sso/", `value="magic_link"`, "Use a password instead", "Use an account elsewhere: Google, Microsoft, GitHub, Slack, HubSpot", "/auth/oauth/google"} {
		at := strings.Index(page, next)
		require.Greater(t, at, last, next)
		last = at
	}
}
