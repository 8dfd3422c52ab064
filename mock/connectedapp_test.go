package mock_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/idp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/idp/oauth"
	orgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	memberapps "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members/connectedapps"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations/members"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

const (
	authorizeStart = "/v1/b2b/idp/oauth/authorize/start"
	authorize      = "/v1/b2b/idp/oauth/authorize"
	callback       = "https://app.example/oauth/callback?tenant=7"
)

// appWorld is a class with a student who is signed in, and two Connected Apps.
type appWorld struct {
	wire
	class         grimoireauth.ClassID
	student       grimoireauth.MemberID
	session       grimoireauth.Credentials
	theirs, owned string // client ids: third party and first party
}

func newAppWorld(t *testing.T) appWorld {
	t.Helper()
	stytch := &mock.Stytch{Scopes: []mock.Scope{
		{Scope: "class:read", Description: "See the class", Permissions: []mock.Permission{{Resource: "class", Actions: []string{"read"}}}},
		{Scope: "class:all", Description: "Everything in the class", Permissions: []mock.Permission{{Resource: "class", Actions: []string{"*"}}}},
	}}
	w := appWorld{wire: wire{t: t, stytch: stytch}, class: stytch.AddClass("LAWS1100").ID}
	w.student = stytch.AddMember(w.class, "ada@example.edu", "tutor")
	w.session = stytch.SignIn(w.student)
	w.theirs = stytch.AddConnectedApp(mock.ConnectedApp{Name: "Notes", Description: "Takes notes", LogoURL: "https://app.example/logo.png", RedirectURLs: []string{callback}})
	w.owned = stytch.AddConnectedApp(mock.ConnectedApp{Name: "Grades", Type: "first_party", FullAccess: true, RedirectURLs: []string{callback}})
	return w
}

// ask is an authorization request of an app, by the student's session.
func (w appWorld) ask(app string, with object) object {
	out := object{"client_id": app, "redirect_uri": callback, "response_type": "code", "scopes": []string{"openid", "class:read"}, "session_token": w.session.Token.Reveal()}
	for name, value := range with {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

// sentTo returns the query with which a browser comes back to the app.
func sentTo(t *testing.T, out object) url.Values {
	t.Helper()
	u, err := url.Parse(out.text("redirect_uri"))
	require.NoError(t, err)
	require.Equal(t, "https://app.example/oauth/callback", u.Scheme+"://"+u.Host+u.Path)
	require.Equal(t, "7", u.Query().Get("tenant"), "the app's own query is kept")
	return u.Query()
}

// The unmodified SDK lets an app in, lists it and throws it out.
func TestConnectedAppsWithStytchGo(t *testing.T) {
	w := newAppWorld(t)
	ctx := t.Context()
	api := connect(t, w.stytch.ProjectID(), w.stytch.Secret().Reveal(), w.stytch)
	params := &oauth.AuthorizeStartParams{
		ClientID: w.theirs, RedirectURI: callback, ResponseType: "code", Scopes: []string{"openid", "class:read", "class:all"},
		OrganizationID: string(w.class), MemberID: string(w.student),
	}
	start, err := api.IDP.OAuth.AuthorizeStart(ctx, params)
	require.NoError(t, err)
	require.True(t, start.ConsentRequired)
	require.Equal(t, string(w.student), start.MemberID)
	require.Equal(t, "ada@example.edu", start.Member.EmailAddress)
	require.Equal(t, string(w.class), start.Organization.OrganizationID)
	require.Equal(t, "Notes", start.Client.ClientName)
	require.Equal(t, "third_party", start.Client.ClientType)
	require.Equal(t, []idp.ScopeResult{
		{Scope: "openid", IsGrantable: true},
		{Scope: "class:read", Description: "See the class", IsGrantable: true},
		{Scope: "class:all", Description: "Everything in the class"},
	}, start.ScopeResults)

	done, err := api.IDP.OAuth.Authorize(ctx, &oauth.AuthorizeParams{
		ConsentGranted: true, Scopes: params.Scopes, ClientID: w.theirs, RedirectURI: callback, ResponseType: "code",
		SessionToken: w.session.Token.Reveal(), State: "a b&c", Nonce: "n",
	})
	require.NoError(t, err)
	require.NotEmpty(t, done.AuthorizationCode)
	back := sentTo(t, object{"redirect_uri": done.RedirectURI})
	require.Equal(t, done.AuthorizationCode, back.Get("code"))
	require.Equal(t, "a b&c", back.Get("state"))

	listed, err := api.Organizations.ConnectedApps(ctx, &orgs.ConnectedAppsParams{OrganizationID: string(w.class)})
	require.NoError(t, err)
	require.Len(t, listed.ConnectedApps, 1)
	require.Equal(t, orgs.OrganizationConnectedApp{
		ConnectedAppID: w.theirs, Name: "Notes", Description: "Takes notes", ClientType: "third_party", LogoURL: "https://app.example/logo.png",
	}, listed.ConnectedApps[0])
	app, err := api.Organizations.GetConnectedApp(ctx, &orgs.GetConnectedAppParams{OrganizationID: string(w.class), ConnectedAppID: w.theirs})
	require.NoError(t, err)
	require.Equal(t, []orgs.OrganizationConnectedAppActiveMember{{MemberID: string(w.student), GrantedScopes: []string{"openid", "class:read"}}}, app.ActiveMembers)
	mine, err := api.Organizations.Members.GetConnectedApps(ctx, &members.GetConnectedAppsParams{OrganizationID: string(w.class), MemberID: string(w.student)})
	require.NoError(t, err)
	require.Len(t, mine.ConnectedApps, 1)
	require.Equal(t, "openid class:read", mine.ConnectedApps[0].ScopesGranted)

	_, err = api.Organizations.Members.ConnectedApps.Revoke(ctx, &memberapps.RevokeParams{OrganizationID: string(w.class), MemberID: string(w.student), ConnectedAppID: w.theirs})
	require.NoError(t, err)
	listed, err = api.Organizations.ConnectedApps(ctx, &orgs.ConnectedAppsParams{OrganizationID: string(w.class)})
	require.NoError(t, err)
	require.Empty(t, listed.ConnectedApps)
	require.NotContains(t, state(w.wire), "authorization_codes", "its code is gone as well")
}

// state is the snapshot of a Stytch.
func state(w wire) object {
	w.t.Helper()
	var out object
	require.NoError(w.t, json.Unmarshal([]byte(snapshotOf(w)), &out))
	return out
}

func snapshotOf(w wire) string {
	w.t.Helper()
	return newPanel(w.t, w.stytch).send(http.MethodGet, "/fake/state", "", nil).Body.String()
}

// Stytch's page of consent sends false where no consent is required, and the SDK of Go
// leaves false out.
func TestConnectedAppConsent(t *testing.T) {
	w := newAppWorld(t)
	required := func(app string, with object) bool {
		t.Helper()
		return w.ok(http.MethodPost, authorizeStart, w.ask(app, with)).at("consent_required").(bool)
	}
	letIn := func(app string, with object) url.Values {
		t.Helper()
		return sentTo(t, w.ok(http.MethodPost, authorize, w.ask(app, with)))
	}

	require.False(t, required(w.owned, nil), "an app of the project's owner is trusted")
	require.NotEmpty(t, letIn(w.owned, nil).Get("code"))
	require.True(t, required(w.owned, object{"prompt": "consent"}))
	offline := object{"scopes": []string{"openid", "offline_access"}}
	require.True(t, required(w.owned, offline), "a refresh_token needs consent")
	trusted := w.stytch.AddConnectedApp(mock.ConnectedApp{Type: "first_party", BypassConsent: true, RedirectURLs: []string{callback}})
	require.False(t, required(trusted, offline))

	require.True(t, required(w.theirs, nil))
	refused := letIn(w.theirs, object{"consent_granted": false, "state": "s"})
	require.Equal(t, "access_denied", refused.Get("error"))
	require.Equal(t, "s", refused.Get("state"))
	require.NotContains(t, refused, "code")
	require.True(t, required(w.theirs, nil), "a refusal lets nothing in")
	require.NotEmpty(t, letIn(w.theirs, object{"consent_granted": true}).Get("code"))
	require.False(t, required(w.theirs, nil), "it asks for the same again")
	require.False(t, required(w.theirs, object{"scopes": []string{"class:read", "openid", "openid"}}), "in another order")
	require.True(t, required(w.theirs, object{"scopes": []string{"openid"}}))
	require.True(t, required(w.theirs, object{"prompt": "consent"}))
	require.NotEmpty(t, letIn(w.theirs, object{}).Get("code"))
	require.Equal(t, "access_denied", letIn(w.theirs, object{"prompt": "consent"}).Get("error"))

	_, err := connect(t, w.stytch.ProjectID(), w.stytch.Secret().Reveal(), w.stytch).IDP.OAuth.Authorize(t.Context(), &oauth.AuthorizeParams{
		Scopes: []string{"openid"}, ClientID: w.theirs, RedirectURI: callback, ResponseType: "code", SessionToken: w.session.Token.Reveal(),
	})
	require.NoError(t, err)
}

// A member grants what they may do themselves, and no more.
func TestConnectedAppScopes(t *testing.T) {
	w := newAppWorld(t)
	grantable := func(app string, who object, scopes ...string) []string {
		t.Helper()
		who["scopes"] = scopes
		var out []string
		for _, result := range list(w.ok(http.MethodPost, authorizeStart, w.ask(app, who))["scope_results"]) {
			if r := object(result.(map[string]any)); r["is_grantable"] == true {
				out = append(out, r.text("scope"))
			}
		}
		return out
	}
	all := []string{"class:read", "class:all", "full_access", "phone"}
	byID := func(role string) object {
		id := w.stytch.AddMember(w.class, role+"@example.edu", role)
		return object{"session_token": nil, "organization_id": string(w.class), "member_id": string(id)}
	}
	require.Equal(t, []string{"class:read", "phone"}, grantable(w.theirs, byID("tutor"), all...))
	require.Equal(t, []string{"class:read", "class:all", "full_access", "phone"}, grantable(w.owned, byID("coordinator"), all...))
	student := object{"session_token": nil, "organization_id": string(w.class), "member_id": string(w.stytch.AddStudent(w.class, "bob@example.edu"))}
	require.Equal(t, []string{"phone"}, grantable(w.theirs, student, all...))

	student["scopes"], student["consent_granted"] = []string{"class:read"}, true
	require.Equal(t, "invalid_scope", sentTo(t, w.ok(http.MethodPost, authorize, w.ask(w.owned, student))).Get("error"))
	w.refuses(400, "oauth_invalid_scope_requested", http.MethodPost, authorizeStart, w.ask(w.theirs, object{"scopes": []string{"class:nothing"}}))
}

func TestConnectedAppErrors(t *testing.T) {
	w := newAppWorld(t)
	pending := w.ok(http.MethodPost, organizations+"/"+string(w.class)+"/members", object{"email_address": "new@example.edu", "create_member_as_pending": true}).text("member_id")
	public := w.stytch.AddConnectedApp(mock.ConnectedApp{Type: "third_party_public", RedirectURLs: []string{callback}})
	digest := sha256.Sum256([]byte("verifier"))
	challenge := base64.RawURLEncoding.EncodeToString(digest[:])
	for _, tt := range []struct {
		name   string
		status int
		kind   string
		with   object
	}{
		{"no client", 400, "invalid_client_id", object{"client_id": nil}},
		{"no client id", 400, "invalid_client_id", object{"client_id": "notes"}},
		{"unknown client", 404, "connected_app_not_found", object{"client_id": "connected-app-test-" + uuid}},
		{"no redirect", 400, "connected_app_invalid_redirect_url", object{"redirect_uri": nil}},
		{"relative redirect", 400, "connected_app_invalid_redirect_url", object{"redirect_uri": "/callback"}},
		{"redirect to a script", 400, "connected_app_invalid_redirect_url", object{"redirect_uri": "javascript:alert(1)"}},
		{"another redirect", 401, "connected_app_supplied_redirect_url_not_found_in_client", object{"redirect_uri": callback + "&x=1"}},
		{"no response type", 400, "invalid_argument", object{"response_type": nil}},
		{"implicit", 400, "invalid_argument", object{"response_type": "token"}},
		{"no scopes", 400, "invalid_argument", object{"scopes": nil}},
		{"no scope", 400, "invalid_argument", object{"scopes": []string{}}},
		{"scopes as a text", 400, "bad_request", object{"scopes": "openid"}},
		{"prompt", 400, "invalid_argument", object{"prompt": "login"}},
		{"no member", 400, "no_session_arguments", object{"session_token": nil}},
		{"two members", 400, "too_many_session_arguments", object{"organization_id": string(w.class), "member_id": string(w.student)}},
		{"two sessions", 400, "too_many_session_arguments", object{"session_jwt": w.session.JWT.Reveal()}},
		{"no session", 404, "session_not_found", object{"session_token": strings.Repeat("A", 44)}},
		{"member without an organization", 404, "organization_not_found", object{"session_token": nil, "member_id": string(w.student)}},
		{"organization without a member", 404, "member_not_found", object{"session_token": nil, "organization_id": string(w.class)}},
		{"pending member", 400, "action_available_only_for_active_members", object{"session_token": nil, "organization_id": string(w.class), "member_id": pending}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := appWorld{wire: wire{t: t, stytch: w.stytch}, session: w.session, theirs: w.theirs}
			w.refuses(tt.status, tt.kind, http.MethodPost, authorizeStart, w.ask(w.theirs, tt.with))
			w.refuses(tt.status, tt.kind, http.MethodPost, authorize, w.ask(w.theirs, tt.with))
		})
	}
	consent := object{"consent_granted": true}
	w.refuses(400, "pkce_required_for_idp_authorization_flow", http.MethodPost, authorize, w.ask(public, consent))
	w.ok(http.MethodPost, authorizeStart, w.ask(public, nil))
	consent["code_challenge"] = "plain"
	w.refuses(400, "invalid_pkce_code_challenge", http.MethodPost, authorize, w.ask(public, consent))
	consent["code_challenge"] = challenge
	require.NotEmpty(t, sentTo(t, w.ok(http.MethodPost, authorize, w.ask(public, consent))).Get("code"))
	w.ok(http.MethodPost, authorizeStart, w.ask(w.theirs, object{"session_token": nil, "session_jwt": w.session.JWT.Reveal()}))
	expired := w.stytch.SignIn(w.student, mock.WithJWTAge(6*time.Minute))
	w.refuses(401, "jwt_invalid_claims", http.MethodPost, authorizeStart, w.ask(w.theirs, object{"session_token": nil, "session_jwt": expired.JWT.Reveal()}))
}

// An organization decides which apps its members may let in, and takes back what it no
// longer allows.
func TestConnectedAppsOfOrganization(t *testing.T) {
	w := newAppWorld(t)
	at := organizations + "/" + string(w.class)
	apps := func() []any { return list(w.ok(http.MethodGet, at+"/connected_apps", nil)["connected_apps"]) }
	letIn := w.ask(w.theirs, object{"consent_granted": true})
	w.ok(http.MethodPost, authorize, letIn)
	w.ok(http.MethodPost, authorize, w.ask(w.owned, nil))
	require.Len(t, apps(), 2)

	w.ok(http.MethodPut, at, object{"third_party_connected_apps_allowed_type": "RESTRICTED", "allowed_third_party_connected_apps": []string{w.theirs}})
	require.Len(t, apps(), 2)
	w.ok(http.MethodPut, at, object{"third_party_connected_apps_allowed_type": "NOT_ALLOWED"})
	require.Len(t, apps(), 1)
	w.refuses(400, "connected_app_not_allowed_for_org", http.MethodPost, authorize, letIn)
	w.refuses(400, "connected_app_not_allowed_for_org", http.MethodPost, authorizeStart, letIn)
	w.ok(http.MethodPut, at, object{"third_party_connected_apps_allowed_type": "ALL_ALLOWED"})
	require.Len(t, apps(), 1, "it has to be let in again")
	w.ok(http.MethodPut, at, object{"first_party_connected_apps_allowed_type": "RESTRICTED"})
	require.Empty(t, apps())

	w.ok(http.MethodPost, authorize, letIn)
	w.refuses(404, "connected_app_not_found", http.MethodGet, at+"/connected_apps/connected-app-test-"+uuid, nil)
	member := at + "/members/" + string(w.student)
	w.refuses(404, "connected_app_not_found", http.MethodPost, member+"/connected_apps/"+w.owned+"/revoke", nil)
	other := w.as(w.stytch.SignIn(w.stytch.AddStudent(w.class, "bob@example.edu")))
	other.refuses(403, "session_authorization_error", http.MethodPost, member+"/connected_apps/"+w.theirs+"/revoke", nil)
	require.Len(t, apps(), 1)
	w.ok(http.MethodDelete, member, nil)
	require.Empty(t, apps())
	require.NotContains(t, state(w.wire), "authorization_codes")
}

// What a member has let in survives a snapshot, and a file that names an app that is not
// there is refused.
func TestConnectedAppsInSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newAppWorld(t)
		code := w.ok(http.MethodPost, authorize, w.ask(w.theirs, object{"consent_granted": true, "nonce": "n", "resources": []string{"https://api.example"}})).text("authorization_code")
		before := snapshotOf(w.wire)
		record := state(w.wire).at("authorization_codes", code).(map[string]any)
		require.Equal(t, []any{"openid", "class:read"}, record["scopes"])
		require.Equal(t, []any{"https://api.example"}, record["resources"])
		require.Equal(t, "n", record["nonce"])
		require.NotEmpty(t, record["member_session_id"])
		expires, err := time.Parse(time.RFC3339Nano, record["expires_at"].(string))
		require.NoError(t, err)
		require.Equal(t, 10*time.Minute, expires.Sub(time.Now().UTC().Truncate(time.Microsecond)))

		w.ok(http.MethodPost, organizations+"/"+string(w.class)+"/members/"+string(w.student)+"/connected_apps/"+w.theirs+"/revoke", nil)
		require.NotEqual(t, before, snapshotOf(w.wire))
		p := newPanel(t, w.stytch)
		p.ok(http.MethodPut, "/fake/state", before)
		require.Equal(t, before, snapshotOf(w.wire))
		require.False(t, w.ok(http.MethodPost, authorizeStart, w.ask(w.theirs, nil)).at("consent_required").(bool))

		w.stytch.Age(time.Hour)
		aged := state(w.wire).at("authorization_codes", code, "expires_at").(string)
		at, err := time.Parse(time.RFC3339Nano, aged)
		require.NoError(t, err)
		require.Equal(t, time.Hour, expires.Sub(at))

		for from, to := range map[string]string{
			`"client_id": "` + w.theirs: `"client_id": "connected-app-test-` + uuid,
			`"client_type": "third_`:    `"client_type": "second_`,
		} {
			p.refused(http.StatusBadRequest, http.MethodPut, "/fake/state", strings.ReplaceAll(before, from, to), nil)
		}
	})
}

// Connected Apps come from a seed file, and from the control plane.
func TestConnectedAppsFromOutside(t *testing.T) {
	stytch := new(mock.Stytch)
	id := "connected-app-test-" + uuid
	require.NoError(t, stytch.Seed([]byte(`{
		"scopes": [{"scope": "class:read", "description": "See the class", "permissions": [{"resource": "class", "actions": ["read"]}]}],
		"connected_apps": [{"client_id": "`+id+`", "client_name": "Notes", "client_type": "third_party", "redirect_urls": ["`+callback+`"]}],
		"organizations": [{"organization_name": "LAWS1100", "organization_slug": "laws1100", "members": [{"email_address": "ada@example.edu"}]}]
	}`)))
	w := wire{t: t, stytch: stytch}
	scopes := w.ok(http.MethodGet, "/v1/b2b/rbac/policy", nil).at("policy", "scopes").([]any)
	require.Len(t, scopes, 1)
	require.Equal(t, "Notes", w.ok(http.MethodGet, organizations+"/laws1100/connected_apps/"+id, nil).text("name"))

	p := newPanel(t, stytch)
	made, _ := p.ok(http.MethodPost, "/fake/connected-apps", `{"client_name":"Grades","client_type":"first_party","redirect_urls":["`+callback+`"],"full_access_allowed":true}`)
	require.Equal(t, "first_party", w.ok(http.MethodGet, organizations+"/laws1100/connected_apps/"+made.text("client_id"), nil).text("client_type"))
	for body, sentence := range map[string]string{
		`{"redirect_urls":[]}`:                                                "redirect_urls is empty",
		`{"redirect_urls":["/callback"]}`:                                     "/callback",
		`{"redirect_urls":["` + callback + `#"]}`:                             "#",
		`{"redirect_urls":["` + callback + `"],"client_type":"second_party"}`: "client_type should be",
		`{"redirect_urls":["` + callback + `"],"full_access_allowed":true}`:   "first-party",
		`{"redirect_urls":["` + callback + `"],"client_id":"notes"}`:          "connected-app-test-",
		`{"redirect_urls":["` + callback + `"],"colour":"blue"}`:              "colour",
	} {
		require.Contains(t, p.refused(http.StatusBadRequest, http.MethodPost, "/fake/connected-apps", body, nil), sentence)
	}
	err := new(mock.Stytch).Seed([]byte(`{"connected_apps": [{"redirect_urls": ["` + callback + `"]}, {"client_type": "x"}], "scopes": [{"scope": "openid"}]}`))
	require.ErrorContains(t, err, "connected_apps[1]")
	require.ErrorContains(t, err, "scopes: ")
	require.ErrorContains(t, new(mock.Stytch).Seed([]byte(`{"scopes": [{"scope": "x"}]}`)), "without Permissions")
}
