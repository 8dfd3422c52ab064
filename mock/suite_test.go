package mock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery"
	discoveryorgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/discovery/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/oauth"
	orgs "github.com/stytchauth/stytch-go/v16/stytch/b2b/organizations"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords"
	passwordemail "github.com/stytchauth/stytch-go/v16/stytch/b2b/passwords/email"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/scim"
	scimconnection "github.com/stytchauth/stytch-go/v16/stytch/b2b/scim/connection"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"

	"github.com/promptgrimoire/auth/mock"
)

// The conformance suite is testdata/conformance.json: flows of steps, each a
// call of an SDK by the name that all of Stytch's SDKs share, with its arguments
// and what has to come of it. This file runs it through stytch-go, by
// reflection; internal/node runs it through the Node SDK.
//
// A step is one of
//
//	call     an SDK method; params are its arguments by their names on the wire
//	outbox   the last message to an address or a number
//	browse   a start URL, followed until it leaves for the project's own page
//	totp     the code of an authenticator app with this secret
//	foreign  a token of somebody else's (mock.ForeignToken)
//
// save keeps values of the answer, by their path in it, for ${name} in later
// steps; expect compares values; error says that the step fails, and how. as is
// the session token of the member on whose behalf the call is made. A flow with
// real needs no mailbox and runs against Stytch itself, without its steps that
// have mock. A step with node is for that SDK only, which is newer.
type flow struct {
	Name              string `json:"flow"`
	Real              bool   `json:"real"`
	Mock              bool   `json:"mock"` // needs what only the mock has
	CrossOrgPasswords bool   `json:"cross_org_passwords"`
	Steps             []step `json:"steps"`
}

type step struct {
	Call    string            `json:"call"`
	Outbox  string            `json:"outbox"`
	Browse  string            `json:"browse"`
	TOTP    string            `json:"totp"`
	Foreign string            `json:"foreign"`
	Member  string            `json:"member"`
	As      string            `json:"as"`
	Params  json.RawMessage   `json:"params"`
	Save    map[string]string `json:"save"`
	Expect  map[string]any    `json:"expect"`
	Error   *struct {
		Status int    `json:"status"`
		Type   string `json:"type"`
	} `json:"error"`
	Mock bool `json:"mock"`
	Node bool `json:"node"`
}

func readSuite(t *testing.T) []flow {
	t.Helper()
	raw, err := os.ReadFile("testdata/conformance.json")
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var out []flow
	require.NoError(t, decoder.Decode(&out))
	return out
}

func init() {
	// What Stytch may leave out, besides what shape_test.go says.
	optional[reflect.TypeFor[discovery.DiscoveredOrganization]()] = []string{"organization", "membership", "primary_required", "mfa_required"}
	optional[reflect.TypeFor[discoveryorgs.ListResponse]()] = []string{"organization_id_hint"}
	optional[reflect.TypeFor[discovery.Membership]()] = []string{"details", "member"}
	optional[reflect.TypeFor[passwords.StrengthCheckResponse]()] = []string{"luds_feedback", "zxcvbn_feedback"}
	optional[reflect.TypeFor[passwordemail.RequireResetResponse]()] = []string{"member_id", "member", "organization"}
	optional[reflect.TypeFor[orgs.OAuthRegistration]()] = []string{"profile_picture_url", "locale"}
	optional[reflect.TypeFor[orgs.SSORegistration]()] = []string{"sso_attributes"}
	optional[reflect.TypeFor[oauth.AuthenticateResponse]()] = []string{"provider_values"}
	optional[reflect.TypeFor[scim.SCIMConnection]()] = []string{"next_bearer_token_expires_at"}
	optional[reflect.TypeFor[scimconnection.GetGroupsResponse]()] = []string{"next_cursor"}
}

// sometimes are the fields that the answer of a sign-in may lack; the SDK has
// them as pointers.
var sometimes = []string{"member_session", "mfa_required", "primary_required", "member_device"}

// mayLackSometimes notes them for an answer's type.
func mayLackSometimes(of reflect.Type) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if of.Field(i).Type.Kind() == reflect.Pointer && slices.Contains(sometimes, name) && !slices.Contains(optional[of], name) {
			optional[of] = append(optional[of], name)
		}
	}
}

// recorder keeps the last body that came through.
type recorder struct {
	next http.RoundTripper
	body []byte
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r.body, err = io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(r.body))
	return res, nil
}

// runner runs the steps of one flow.
type runner struct {
	t      *testing.T
	api    *b2bstytchapi.API
	wire   *recorder
	stytch *mock.Stytch // nil: the real one
	vars   map[string]string
	called map[string]bool
}

func (r *runner) run(s step) {
	t := r.t
	var answer any
	switch {
	case s.Call != "":
		answer = r.call(s)
	case s.Outbox != "":
		answer = r.outbox(r.fill(s.Outbox))
	case s.Browse != "":
		answer = r.browse(s)
	case s.TOTP != "":
		answer = map[string]any{"code": authenticatorCode(t, r.fill(s.TOTP))}
	case s.Foreign != "":
		answer = map[string]any{"token": r.stytch.ForeignToken(memberID(r.fill(s.Member)), s.Foreign).Reveal()}
	}
	for path, want := range s.Expect {
		encoded, err := json.Marshal(want)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(r.fill(string(encoded))), &want))
		require.Equal(t, want, at(answer, path), path)
	}
	for name, path := range s.Save {
		value, ok := at(answer, path).(string)
		require.True(t, ok && value != "", "%s is no text: %v", path, at(answer, path))
		r.vars[name] = value
	}
}

var variable = regexp.MustCompile(`\$\{[a-z_]+\}`)

func (r *runner) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := r.vars[name[2:len(name)-1]]
		require.True(r.t, ok, "%s is not known yet", name)
		return value
	})
}

// at follows a path such as "member.roles.0.role_id".
func at(v any, path string) any {
	for _, name := range strings.Split(path, ".") {
		switch within := v.(type) {
		case map[string]any:
			v = within[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(within) {
				return nil
			}
			v = within[i]
		default:
			return nil
		}
	}
	return v
}

// call finds the SDK's method and calls it, and holds every answer to the shape
// of its type.
func (r *runner) call(s step) any {
	t := r.t
	method := method(t, r.api, s.Call)
	r.called[strings.ToLower(s.Call)] = true
	signature := method.Type()
	args := []reflect.Value{reflect.ValueOf(t.Context())}
	if signature.NumIn() > 1 {
		params := reflect.New(signature.In(1).Elem())
		decoder := json.NewDecoder(strings.NewReader(r.fill(string(s.Params))))
		decoder.DisallowUnknownFields() // so that a name that is no argument is noticed
		require.NoError(t, decoder.Decode(params.Interface()))
		args = append(args, params)
	}
	if s.As != "" {
		options := reflect.New(signature.In(2).Elem().Elem())
		options.Elem().FieldByName("Authorization").FieldByName("SessionToken").SetString(r.fill(s.As))
		args = append(args, options)
	}
	out := method.Call(args)
	err, _ := out[1].Interface().(error)
	if s.Error != nil {
		var refusal stytcherror.Error
		require.True(t, errors.As(err, &refusal), "%v", err)
		require.EqualValues(t, s.Error.Type, refusal.ErrorType, refusal.ErrorMessage)
		require.Equal(t, s.Error.Status, refusal.StatusCode)
		return nil
	}
	require.NoError(t, err)
	var raw any
	require.NoError(t, json.Unmarshal(r.wire.body, &raw))
	if r.stytch != nil {
		mayLackSometimes(signature.Out(0))
		complete(t, raw, signature.Out(0), s.Call)
	}
	return raw
}

// method returns the SDK's method of a name such as
// "organizations.members.create", whose capitals differ from Go's.
func method(t *testing.T, api *b2bstytchapi.API, name string) reflect.Value {
	t.Helper()
	parts := strings.Split(name, ".")
	v := reflect.ValueOf(api).Elem()
	for _, part := range parts[:len(parts)-1] {
		v = v.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, part) })
		require.True(t, v.IsValid(), "the SDK has no %s in %s", part, name)
		v = v.Elem()
	}
	v = v.Addr()
	for i := range v.NumMethod() {
		if strings.EqualFold(v.Type().Method(i).Name, parts[len(parts)-1]) {
			return v.Method(i)
		}
	}
	require.Fail(t, "the SDK has no method", name)
	return reflect.Value{}
}

func (r *runner) outbox(to string) any {
	sent := r.stytch.Outbox()
	for _, message := range slices.Backward(sent) {
		if message.To == to {
			return map[string]any{"token": message.Token, "code": message.Code, "link": message.Link}
		}
	}
	require.Fail(r.t, "nothing was sent", to)
	return nil
}

// browse opens a start URL as a browser does, and returns what the project's
// page is opened with.
func (r *runner) browse(s step) any {
	t := r.t
	w := wire{t: t, stytch: r.stytch}
	path := r.fill(s.Browse)
	if s.Error != nil {
		w.refuses(s.Error.Status, s.Error.Type, http.MethodGet, path, nil)
		return nil
	}
	res := w.send(http.MethodGet, path, nil)
	require.Equal(t, http.StatusFound, res.StatusCode)
	to, err := url.Parse(res.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, r.vars["callback"], to.Scheme+"://"+to.Host+to.Path)
	out := make(map[string]any)
	for name := range to.Query() {
		out[name] = to.Query().Get(name)
	}
	return out
}

func TestConformance(t *testing.T) {
	called := make(map[string]bool)
	for _, f := range readSuite(t) {
		t.Run(f.Name, func(t *testing.T) {
			stytch := &mock.Stytch{CrossOrgPasswords: f.CrossOrgPasswords}
			playAgainstMock(t, f, stytch, stytch, called)
		})
	}
	t.Run("every method of the SDK is called", func(t *testing.T) {
		for _, name := range methodsOf(reflect.TypeFor[b2bstytchapi.API](), "") {
			require.True(t, called[strings.ToLower(name)], "no step calls %s", name)
		}
	})
}

// playAgainstMock runs the steps of a flow against a Stytch that transport leads to.
func playAgainstMock(t *testing.T, f flow, stytch *mock.Stytch, transport http.RoundTripper, called map[string]bool) {
	record := &recorder{next: transport}
	r := &runner{t: t, wire: record, stytch: stytch, called: called, vars: map[string]string{
		"run": "r1", "callback": "https://app.example.edu/auth", "public_token": stytch.PublicToken(), "project": stytch.ProjectID(),
	}}
	r.api = connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), record)
	for _, s := range f.Steps {
		if !s.Node {
			r.run(s)
		}
	}
}

func connect(t *testing.T, id, secret string, transport http.RoundTripper) *b2bstytchapi.API {
	t.Helper()
	api, err := b2bstytchapi.NewClient(id, secret,
		b2bstytchapi.WithHTTPClient(&http.Client{Transport: transport}),
		b2bstytchapi.WithSkipJWKSInitialization(),
	)
	require.NoError(t, err)
	return api
}

// apart are the parts of the SDK that are not Stytch B2B's sign-in: the mock
// answers 501 there, or the calls go elsewhere.
var apart = []string{"ConnectedApp", "Debug", "Fraud", "IDP", "Impersonation", "M2M", "Project"}

// local are methods that check a JWT or a policy in process, or repeat another
// method with a further argument.
var local = regexp.MustCompile(`WithClaims$|^sessions\.AuthenticateJWT|Local$`)

// methodsOf lists the SDK's methods that make a call.
func methodsOf(of reflect.Type, path string) []string {
	var out []string
	for i := range of.NumField() {
		field := of.Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Pointer || slices.Contains(apart, field.Name) || !strings.HasSuffix(field.Type.Elem().Name(), "Client") {
			continue
		}
		at := path + strings.ToLower(field.Name[:1]) + field.Name[1:] + "."
		for m := range field.Type.NumMethod() {
			method := field.Type.Method(m)
			if takes := method.Type; takes.NumIn() > 1 && takes.In(1) == reflect.TypeFor[context.Context]() && !local.MatchString(at+method.Name) {
				out = append(out, at+method.Name)
			}
		}
		out = append(out, methodsOf(field.Type.Elem(), at)...)
	}
	return out
}

// Against Stytch itself, to see that the suite says what is so. It needs a test
// project with B2B authentication.
func TestConformanceOfStytch(t *testing.T) {
	id, secret := os.Getenv("STYTCH_PROJECT_ID"), os.Getenv("STYTCH_SECRET")
	if id == "" || secret == "" {
		t.Skip("STYTCH_PROJECT_ID and STYTCH_SECRET are not set")
	}
	require.True(t, strings.HasPrefix(id, "project-test-"), "only against a test project")
	for _, f := range readSuite(t) {
		if !f.Real {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			record := &recorder{next: http.DefaultTransport}
			r := &runner{t: t, wire: record, called: make(map[string]bool), vars: map[string]string{
				"run": strings.ToLower(newWire(t).unique()), "callback": "http://localhost:3000/authenticate", "project": id,
			}}
			r.api = connect(t, id, secret, record)
			for _, s := range f.Steps {
				if !s.Mock && !s.Node {
					r.run(s)
				}
			}
		})
	}
}
