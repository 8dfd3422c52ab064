package mock_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// transcript writes down every exchange that comes through it.
type transcript struct {
	next http.RoundTripper
	text strings.Builder
}

func (tr *transcript) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := tr.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := httputil.DumpResponse(res, true)
	fmt.Fprintf(&tr.text, "%s %s\n%s\n", req.Method, req.URL.RequestURI(), answer)
	return res, err
}

// everything returns what a Stytch of this seed answers to every flow of the
// conformance suite, which calls every method of stytch-go, and to what there is
// besides the API. Each flow begins with a Stytch of its own.
func everything(t *testing.T, seed uint64) map[string]string {
	out := make(map[string]string)
	for _, f := range readSuite(t) {
		synctest.Test(t, func(t *testing.T) {
			stytch := &mock.Stytch{CrossOrgPasswords: f.CrossOrgPasswords, RandomSeed: seed}
			tr := &transcript{next: stytch}
			fmt.Fprintln(&tr.text, stytch.ProjectID(), stytch.Secret().Reveal(), stytch.PublicToken())
			playAgainstMock(t, f, stytch, tr, make(map[string]bool))
			saw(t, tr, stytch)
			out[f.Name] = tr.text.String()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		stytch := &mock.Stytch{RandomSeed: seed}
		tr := &transcript{next: stytch}
		besides(tr, stytch)
		saw(t, tr, stytch)
		out["besides the API"] = tr.text.String()
	})
	return out
}

// besides uses what a test has and Stytch's API does not.
func besides(tr *transcript, stytch *mock.Stytch) {
	class := stytch.AddClass("LAWS1100")
	ada := stytch.AddInstructor(class.ID, "ada@example.edu")
	for _, c := range []grimoireauth.Credentials{
		stytch.SignIn(ada, mock.WithFactors(
			grimoireauth.Factor{Type: "totp"}, grimoireauth.Factor{Type: "recovery_codes"}, grimoireauth.Factor{Type: "impersonated"}, grimoireauth.Factor{Type: "trusted_auth_token"},
			grimoireauth.Factor{Type: "sso", DeliveryMethod: "sso_saml"}, grimoireauth.Factor{Type: "oauth", DeliveryMethod: "oauth_google"}),
			mock.WithClaims(map[string]any{"b": 1, "a": 2, "c": 3})),
		stytch.Stale(stytch.SignIn(ada)), stytch.Revoked(ada), stytch.Expired(ada), stytch.Skewed(ada, time.Second), stytch.Forged(ada),
	} {
		fmt.Fprintln(&tr.text, c.Token.Reveal(), c.JWT.Reveal())
	}
	for _, kind := range []string{mock.AccessToken, mock.TrustedAuthToken, mock.ExternalSession} {
		fmt.Fprintln(&tr.text, stytch.ForeignToken(ada, kind).Reveal())
	}
	// Two keys of a mapping for one of the metadata, and two claims that are refused.
	connection := stytch.AddSSO(class.ID, "saml", map[string]string{"trusted_metadata.unit": "department", "unit": "faculty"})
	stytch.AddIdPUser(mock.IdPUser{Email: "ada@example.edu", Attributes: map[string]any{"department": "Law", "faculty": "HASS"}})
	tr.call(stytch, http.MethodGet, "/v1/public/sso/start?mock_persona=ada@example.edu&public_token="+stytch.PublicToken()+"&connection_id="+connection, "")
	_, token, _ := strings.Cut(tr.text.String(), "&token=")
	token, _, _ = strings.Cut(token, "\r")
	token, _ = url.QueryUnescape(token)
	tr.call(stytch, http.MethodPost, "/v1/b2b/sso/authenticate", `{"sso_token":"`+token+`","session_custom_claims":{"iss":1,"https://stytch.com/x":1}}`)
	tr.call(stytch, http.MethodPost, "/v1/b2b/sso/authenticate", `{"sso_token":"`+token+`"}`)
	stytch.RotateKeys(true)
}

// call makes a request as the project.
func (tr *transcript) call(stytch *mock.Stytch, method, path, body string) {
	r := newRequest(method, stytch.BaseURL()+path)
	r.Body = io.NopCloser(strings.NewReader(body))
	r.SetBasicAuth(stytch.ProjectID(), stytch.Secret().Reveal())
	res, err := tr.RoundTrip(r)
	if err == nil {
		err = res.Body.Close()
	}
	if err != nil {
		panic(err)
	}
}

func newRequest(method, url string) *http.Request {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		panic(err)
	}
	return r
}

// saw writes down what the Stytch remembers: messages, requests, keys, state and
// the page for people.
func saw(t *testing.T, tr *transcript, stytch *mock.Stytch) {
	for _, path := range []string{"/fake/outbox", "/fake/journal", "/fake/state", "/"} {
		w := newPanel(t, stytch).send(http.MethodGet, path, "", nil)
		require.Equal(t, http.StatusOK, w.Code)
		fmt.Fprintln(&tr.text, path, w.Body)
	}
	res, err := tr.RoundTrip(newRequest(http.MethodGet, stytch.BaseURL()+"/v1/b2b/sessions/jwks/"+stytch.ProjectID()))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
}

func TestW12_OneSeedGivesTheSameBytes(t *testing.T) {
	once, again, other := everything(t, 7), everything(t, 7), everything(t, 8)
	require.Contains(t, once["besides the API"], `"trusted_metadata":{"unit":"HASS"}`, "the flow reaches its end")
	for name, text := range once {
		require.Empty(t, firstDifference(text, again[name]), name)
		require.NotEmpty(t, firstDifference(text, other[name]), name)
	}
}

// firstDifference returns the first line that is not in both, shortened: the
// texts are long.
func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		if i >= len(as) || i >= len(bs) {
			return "one of them is longer"
		}
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d:\n%.300s\n%.300s", i+1, as[i], bs[i])
		}
	}
	return ""
}

// Without a seed no secret is repeated, and with another seed none is either.
func TestW12_AnotherSeedSharesNothingButTheKeys(t *testing.T) {
	minted := func(stytch *mock.Stytch) []string {
		class := stytch.AddClass("LAWS1100")
		ada := stytch.AddStudent(class.ID, "ada@example.edu")
		c := stytch.SignIn(ada)
		return []string{stytch.ProjectID(), stytch.Secret().Reveal(), stytch.PublicToken(), string(class.ID), string(ada), c.Token.Reveal(), c.JWT.Reveal()}
	}
	seen := make(map[string]bool)
	for _, seed := range []uint64{0, 0, 1, 2, 1 << 63} {
		for _, text := range minted(&mock.Stytch{RandomSeed: seed}) {
			require.False(t, seen[text], text)
			seen[text] = true
		}
	}
}

// What one kind of call draws does not change what another gets.
func TestW12_OneKindDoesNotDisturbAnother(t *testing.T) {
	minted := func(disturb func(*mock.Stytch)) (grimoireauth.MemberID, string) {
		stytch := &mock.Stytch{RandomSeed: 7}
		class := stytch.AddClass("LAWS1100")
		disturb(stytch)
		ada := stytch.AddStudent(class.ID, "ada@example.edu")
		disturb(stytch)
		return ada, stytch.SignIn(ada).Token.Reveal()
	}
	ada, token := minted(func(*mock.Stytch) {})
	adaToo, tokenToo := minted(func(stytch *mock.Stytch) {
		for range 3 { // request ids, an organization, a key
			res, err := stytch.RoundTrip(newRequest(http.MethodGet, stytch.BaseURL()+"/v1/b2b/rbac/policy"))
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
		}
		stytch.AddClass("HIST2200")
		stytch.RotateKeys(true)
	})
	require.Equal(t, ada, adaToo)
	require.Equal(t, token, tokenToo)
}

// A snapshot remembers how far the seed's sequences have come: what is drawn after
// it was restored is what would have been drawn, and nothing that is in it.
func TestW12_ARestoredStateGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := &mock.Stytch{RandomSeed: 7}
		class := first.AddClass("LAWS1100")
		first.SignIn(first.AddStudent(class.ID, "ada@example.edu"))
		first.RotateKeys(true)
		state := newPanel(t, first).send(http.MethodGet, "/fake/state", "", nil).Body.String()
		goOn := func(stytch *mock.Stytch) string {
			bob := stytch.AddStudent(class.ID, "bob@example.edu")
			stytch.RotateKeys(true)
			c := stytch.SignIn(bob)
			tr := &transcript{next: stytch}
			fmt.Fprintln(&tr.text, bob, c.Token.Reveal(), c.JWT.Reveal())
			res, err := tr.RoundTrip(newRequest(http.MethodGet, stytch.BaseURL()+"/v1/b2b/sessions/jwks/"+stytch.ProjectID()))
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			return tr.text.String()
		}
		want := goOn(first)
		second := &mock.Stytch{RandomSeed: 7}
		newPanel(t, second).ok(http.MethodPut, "/fake/state", state)
		require.Empty(t, firstDifference(want, goOn(second)), "in another process")
		newPanel(t, first).ok(http.MethodPut, "/fake/state", state)
		require.Empty(t, firstDifference(want, goOn(first)), "in this one, once more")

		t.Log("another seed")
		other := &mock.Stytch{RandomSeed: 8, Project: first.ProjectID(), ProjectSecret: first.Secret()}
		newPanel(t, other).ok(http.MethodPut, "/fake/state", state)
		require.NotEmpty(t, firstDifference(want, goOn(other)))
		require.Len(t, publicKeys(t, other), 3, "no key came twice")
	})
}

func TestW12_SeedFile(t *testing.T) {
	once, again, other := &mock.Stytch{RandomSeed: 7}, new(mock.Stytch), new(mock.Stytch)
	require.NoError(t, once.Seed([]byte(school)))
	require.NoError(t, again.Seed([]byte(strings.Replace(school, "{", `{"random_seed": 7,`, 1))))
	require.NoError(t, other.Seed([]byte(school)))
	require.Equal(t, once.ProjectID(), again.ProjectID())
	require.NotEqual(t, once.ProjectID(), other.ProjectID())
	ids := func(stytch *mock.Stytch) string {
		res, err := stytch.RoundTrip(authorized(stytch, http.MethodGet, "/v1/b2b/organizations/laws1100/member?email_address=ada@example.edu"))
		require.NoError(t, err)
		raw, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		var out object
		require.NoError(t, json.Unmarshal(raw, &out))
		return out.text("member", "organization_id") + out.text("member_id") + out.text("request_id")
	}
	require.Equal(t, ids(once), ids(again))
	require.NotEqual(t, ids(once), ids(other))

	err := (&mock.Stytch{RandomSeed: 8}).Seed([]byte(`{"random_seed": 7}`))
	require.ErrorContains(t, err, "random_seed is 7, and another one was set before: 8")
	require.ErrorContains(t, new(mock.Stytch).Seed([]byte(`{"random_seed": -7}`)), "random_seed")
}

func authorized(stytch *mock.Stytch, method, path string) *http.Request {
	r := newRequest(method, stytch.BaseURL()+path)
	r.SetBasicAuth(stytch.ProjectID(), stytch.Secret().Reveal())
	return r
}
