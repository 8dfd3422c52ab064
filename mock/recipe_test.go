package mock_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock"
)

// recipe is how an operation comes to answer 200: it makes what the request needs in a
// new room, and returns the request.
type recipe struct {
	endpoint string // as [contract.Operation.Endpoint] writes it
	sdk      string // the method of stytch-go, as testdata/conformance.json writes it
	crossOrg bool   // with CrossOrgPasswords
	make     func(r *room) contract.Sample
}

// recipes are one for each operation, by family.
var recipes = concat(
	organizationRecipes, memberRecipes, linkRecipes, codeRecipes, passwordRecipes,
	sessionRecipes, ssoRecipes, directoryRecipes, appRecipes, otherRecipes,
)

func concat(families ...[]recipe) (out []recipe) {
	for _, f := range families {
		out = append(out, f...)
	}
	return out
}

// recipeOf returns the recipe of an operation.
func recipeOf(o *contract.Operation) (recipe, bool) {
	for _, r := range recipes {
		if r.endpoint == o.Endpoint() {
			return r, true
		}
	}
	return recipe{}, false
}

const ada = "ada@example.edu"

// room is a new Stytch with one organization, in which Ada is a member whose address is
// proven, and in which another member may do everything.
type room struct {
	wire
	org    string // the id of the organization
	ada    string // her member id
	adas   grimoireauth.Credentials
	admin  string // the other's member id
	admins grimoireauth.Credentials
	theirs string // the client id of a Connected App of a third party
	owned  string // that of one of the project's owner
}

func newRoom(t *testing.T, crossOrg bool) *room {
	r := &room{wire: wire{t: t, stytch: &mock.Stytch{CrossOrgPasswords: crossOrg}}}
	class := r.stytch.AddClass("LAWS1100")
	id, admin := r.stytch.AddStudent(class.ID, ada), r.stytch.AddMember(class.ID, "dean@example.edu", "stytch_admin")
	r.org, r.ada, r.admin = string(class.ID), string(id), string(admin)
	r.adas, r.admins = r.stytch.SignIn(id), r.stytch.SignIn(admin)
	r.theirs = r.stytch.AddConnectedApp(mock.ConnectedApp{Name: "Notes", Description: "Takes notes", LogoURL: "https://app.example/logo.png", RedirectURLs: []string{callback}})
	r.owned = r.stytch.AddConnectedApp(mock.ConnectedApp{Name: "Grades", Type: "first_party", RedirectURLs: []string{callback}})
	return r
}

// sample is a request with this body, and values of its own for optional fields.
func (r *room) sample(body, values object) contract.Sample {
	all := r.values()
	maps.Copy(all, values)
	return contract.Sample{Body: body, Values: all, With: map[string]map[string]any{
		// One credential at a time.
		"session_jwt":                {"session_token": nil, "intermediate_session_token": nil},
		"session_token":              {"session_jwt": nil, "intermediate_session_token": nil},
		"intermediate_session_token": {"session_token": nil, "session_jwt": nil},
	}}
}

// to is a request without a body, or with an empty one.
func (r *room) to(path map[string]string) contract.Sample {
	s := r.sample(nil, nil)
	s.Path = path
	return s
}

// under is a sample with these parameters of the path.
func under(path map[string]string, s contract.Sample) contract.Sample {
	s.Path = path
	return s
}

// when is a sample that changes more than one name if it has a field.
func when(s contract.Sample, field string, changes object) contract.Sample {
	with := maps.Clone(s.With)
	with[field] = changes
	s.With = with
	return s
}

func (r *room) organization() map[string]string { return map[string]string{"organization_id": r.org} }

func (r *room) member() map[string]string {
	return map[string]string{"organization_id": r.org, "member_id": r.ada}
}

// values are good ones for the fields of many operations.
func (r *room) values() map[string]any {
	return map[string]any{
		"X-Stytch-Member-Session":    r.admins.Token.Reveal(),
		"X-Stytch-Member-SessionJWT": r.admins.JWT.Reveal(),

		"session_token":              r.adas.Token.Reveal(),
		"session_jwt":                r.adas.JWT.Reveal(),
		"intermediate_session_token": r.discoveryIST(ada),
		"session_duration_minutes":   30,
		"session_custom_claims":      object{"seat": "A4"},
		"telemetry_id":               "00000000-0000-4000-8000-000000000000",
		"set_mfa_enrollment":         "enroll",
		"set_default_mfa":            true,

		"locale":                            "fr",
		"pkce_code_challenge":               challenge,
		"code_challenge":                    challenge,
		"login_redirect_url":                "https://grimoire.example.edu/auth",
		"signup_redirect_url":               "https://grimoire.example.edu/auth",
		"invite_redirect_url":               "https://grimoire.example.edu/auth",
		"discovery_redirect_url":            "https://grimoire.example.edu/auth",
		"reset_password_redirect_url":       "https://grimoire.example.edu/auth",
		"login_expiration_minutes":          10,
		"signup_expiration_minutes":         10,
		"invite_expiration_minutes":         10,
		"discovery_expiration_minutes":      10,
		"reset_password_expiration_minutes": 10,
		"expiration_minutes":                10,
		"login_template_id":                 "login-en",
		"signup_template_id":                "signup-en",
		"invite_template_id":                "invite-en",
		"reset_password_template_id":        "reset-en",
		"verify_email_template_id":          "verify-en",

		"name":                     "Ada Lovelace",
		"roles":                    []string{"tutor"},
		"trusted_metadata":         object{"student_number": 42},
		"untrusted_metadata":       object{"pronouns": "she"},
		"external_id":              "s4123456",
		"mfa_phone_number":         "+15005550006",
		"mfa_enrolled":             true,
		"is_breakglass":            true,
		"create_member_as_pending": true,
		"include_deleted":          "true",
		"include_refresh_token":    "true",

		"organization_name":                       "HIST2200",
		"organization_slug":                       "hist2200",
		"organization_external_id":                "hist-2200",
		"organization_logo_url":                   "https://grimoire.example.edu/logo.png",
		"auth_methods":                            "ALL_ALLOWED",
		"allowed_auth_methods":                    []string{"magic_link", "password"},
		"mfa_methods":                             "ALL_ALLOWED",
		"allowed_mfa_methods":                     []string{"totp"},
		"mfa_policy":                              "REQUIRED_FOR_ALL",
		"email_invites":                           "ALL_ALLOWED",
		"email_jit_provisioning":                  "NOT_ALLOWED",
		"email_allowed_domains":                   []string{"example.edu"},
		"claimed_email_domains":                   []string{"example.edu"},
		"sso_jit_provisioning":                    "ALL_ALLOWED",
		"oauth_tenant_jit_provisioning":           "NOT_ALLOWED",
		"allowed_oauth_tenants":                   object{"slack": []string{"T0123"}},
		"rbac_email_implicit_role_assignments":    []object{{"domain": "example.edu", "role_id": "tutor"}},
		"first_party_connected_apps_allowed_type": "RESTRICTED",
		"third_party_connected_apps_allowed_type": "RESTRICTED",
		"allowed_first_party_connected_apps":      []string{r.owned},
		"allowed_third_party_connected_apps":      []string{r.theirs},
		"display_name":                            "School",
		"identity_provider":                       "okta",
		"preserve_existing_sessions":              true,
	}
}

// A verifier and its challenge (RFC 7636).
const verifier = "0123456789abcdefghijklmnopqrstuvwxyz-._~ABCDEF"

var challenge = func() string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}()

// sent is the newest message to an address or a number.
func (r *room) sent(to string) mock.Message { return r.lastMessage(to) }

// post calls an operation that the recipe needs.
func (r *room) post(path string, body object) object { return r.ok(http.MethodPost, path, body) }

// adaLink is a link to Ada, with a challenge or without.
func (r *room) adaLink(challenge string) string {
	body := object{"organization_id": r.org, "email_address": ada}
	if challenge != "" {
		body["pkce_code_challenge"] = challenge
	}
	r.post(links+"/email/login_or_signup", body)
	return r.sent(ada).Token
}

// withPassword gives Ada a password, and returns its id.
func (r *room) withPassword() string {
	r.post(passwordPath+"/email/reset", object{"password_reset_token": r.resetToken(r.org, ada, nil), "password": goodPassword})
	// A reset ends all sessions.
	r.adas = r.stytch.SignIn(grimoireauth.MemberID(r.ada))
	return r.ok(http.MethodGet, organizations+"/"+r.org+"/member?member_id="+r.ada, nil).text("member", "member_password_id")
}

// withTOTP gives Ada an authenticator app that has proven itself, and returns what its
// creation returned. The code of this half minute is spent.
func (r *room) withTOTP() object {
	made := r.post("/v1/b2b/totp", r.credential(nil))
	code := r.stytch.TOTPCode(grimoireauth.MemberID(r.ada))
	r.post("/v1/b2b/totp/authenticate", r.credential(object{"code": code}))
	return made
}

// credential names Ada by her session.
func (r *room) credential(more object) object {
	body := object{"organization_id": r.org, "member_id": r.ada, "session_token": r.adas.Token.Reveal()}
	maps.Copy(body, more)
	return body
}

// connection is a new active connection of the organization, "saml" or "oidc".
func (r *room) connection(kind string) string {
	return r.stytch.AddSSO(grimoireauth.ClassID(r.org), kind, nil)
}

// registered signs Ada in through a provider, and then by a code, which some providers
// ask for since they do not prove the address.
func (r *room) registered(provider string) {
	out := r.oauth(provider, r.org, ada)
	if ist := out.text("intermediate_session_token"); ist != "" {
		r.post(otps+"/email/login_or_signup", object{"organization_id": r.org, "email_address": ada})
		r.post(otps+"/email/authenticate", object{
			"organization_id": r.org, "email_address": ada, "code": r.sent(ada).Code, "intermediate_session_token": ist,
		})
	}
}

func TestW01_EveryOperationHasARecipe(t *testing.T) {
	known := make(map[string]bool)
	for _, o := range contract.Operations() {
		_, ok := recipeOf(o)
		require.True(t, ok, "%s has no recipe", o.Endpoint())
		known[o.Endpoint()] = true
	}
	seen := make(map[string]bool)
	for _, r := range recipes {
		require.True(t, known[r.endpoint], r.endpoint)
		require.False(t, seen[r.endpoint], "two recipes for %s", r.endpoint)
		seen[r.endpoint] = true
	}
}
