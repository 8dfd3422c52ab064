package mock_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"
	sdk "github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

const sdkTable = "../docs/sdks.md"

// Each method of stytch-go is called once, with the values of its recipe, and its answer
// is complete. docs/sdks.md is the result.
// go generate ./mock writes the table anew.
func TestW01_EveryMethodOfStytchGo(t *testing.T) {
	var table strings.Builder
	counts := make(map[string]int)
	for _, m := range allMethods(reflect.TypeFor[b2bstytchapi.API](), "") {
		endpoint, answer := callOnce(t, m)
		kind, _, _ := strings.Cut(answer, ":")
		counts[kind]++
		if endpoint != "" {
			endpoint = "`" + endpoint + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", m, endpoint, answer)
	}
	for line := range strings.Lines(table.String()) {
		require.NotContains(t, line, "| unreadable: ")
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`stytch-go/v16 (v\S+)`).FindSubmatch(module)
	require.NotNil(t, version)
	want := fmt.Sprintf("Version %s has %d methods: %d answered 200, %d answered 501 with the name of the endpoint, %d that work in process, 0 answers that the SDK could not read.\n\n"+
		"| Method | Request | Answer |\n| --- | --- | --- |\n%s", version[1], total, counts["200"], counts["501"], counts["in process"], table.String())

	raw, err := os.ReadFile(sdkTable)
	require.NoError(t, err)
	const begin, end = "<!-- stytch-go: written by go generate ./mock -->\n\n", "\n<!-- end of stytch-go -->"
	before, rest, ok := strings.Cut(string(raw), begin)
	require.True(t, ok, "%s lacks %s", sdkTable, begin)
	got, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "%s lacks %s", sdkTable, end)
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(sdkTable, []byte(before+begin+want+end+after), 0o644))
		return
	}
	wanted, found := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(wanted), len(found)) { // the first difference, not two tables
		require.Equal(t, wanted[i], found[i], "go generate ./mock writes %s anew", sdkTable)
	}
	require.Len(t, found, len(wanted), "go generate ./mock writes %s anew", sdkTable)
}

// allMethods lists the SDK's methods that take a context, by the names of its fields.
func allMethods(of reflect.Type, path string) []string {
	var out []string
	for i := range of.NumField() {
		field := of.Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Pointer || !strings.HasSuffix(field.Type.Elem().Name(), "Client") {
			continue
		}
		for m := range field.Type.NumMethod() {
			method := field.Type.Method(m)
			if method.Type.NumIn() > 1 && method.Type.In(1) == reflect.TypeFor[context.Context]() {
				out = append(out, path+field.Name+"."+method.Name)
			}
		}
		out = append(out, allMethods(field.Type.Elem(), path+field.Name+".")...)
	}
	return out
}

// inProcess are the methods that check a token without a call.
var inProcess = map[string]func(*room, *b2bstytchapi.API) error{
	"Sessions.AuthenticateJWT": func(r *room, api *b2bstytchapi.API) error {
		_, err := api.Sessions.AuthenticateJWT(r.t.Context(), &sdk.AuthenticateJWTParams{
			Body: &sdk.AuthenticateParams{SessionJWT: r.adas.JWT.Reveal()}, MaxTokenAge: 5 * time.Minute,
		})
		return err
	},
	"Sessions.AuthenticateJWTWithClaims": func(r *room, api *b2bstytchapi.API) error {
		_, err := api.Sessions.AuthenticateJWTWithClaims(r.t.Context(), 5*time.Minute, &sdk.AuthenticateParams{SessionJWT: r.adas.JWT.Reveal()}, map[string]any{})
		return err
	},
	"Sessions.AuthenticateJWTLocal": func(r *room, api *b2bstytchapi.API) error {
		_, err := api.Sessions.AuthenticateJWTLocal(r.t.Context(), r.adas.JWT.Reveal(), 5*time.Minute, nil)
		return err
	},
	// The mock issues no tokens of these kinds.
	"IDP.IntrospectTokenLocal": nil,
	"M2M.AuthenticateToken":    nil,
}

// callOnce calls a method, and returns the endpoint of its request and what came of it.
func callOnce(t *testing.T, name string) (endpoint, answer string) {
	made, ok := recipeOfMethod(strings.TrimSuffix(name, "WithClaims"))
	r := newRoom(t, made.crossOrg)
	if check, local := inProcess[name]; local {
		return "", checkInProcess(r, name, check)
	}
	record := &recorder{next: r.stytch}
	method := method(t, connect(t, r.stytch.ProjectID(), r.stytch.Secret().Reveal(), record), name)
	signature := method.Type()
	params := reflect.New(signature.In(1).Elem())
	if ok {
		s := made.make(r)
		for _, part := range []any{s.Body, s.Path, s.Query} {
			encoded, err := json.Marshal(part)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(encoded, params.Interface()), name)
		}
	} else {
		for i := range params.Elem().NumField() { // so that the path has no empty segment
			if f := params.Elem().Field(i); f.Kind() == reflect.String {
				f.SetString("abc")
			}
		}
	}
	args := []reflect.Value{reflect.ValueOf(t.Context()), params}
	claims := make(map[string]any)
	if strings.HasSuffix(name, "WithClaims") {
		args = append(args, reflect.ValueOf(&claims))
	}
	out := method.Call(args)
	journal := r.stytch.Journal()
	endpoint = journal[len(journal)-1].Endpoint
	err, _ := out[1].Interface().(error)
	var refused stytcherror.Error
	var oauth stytcherror.OAuth2Error
	switch {
	case err == nil:
		require.True(t, ok || name == "Debug.Whoami", name)
		var raw any
		require.NoError(t, json.Unmarshal(record.body, &raw))
		mayLackSometimes(signature.Out(0))
		complete(t, raw, signature.Out(0), name)
		if ok {
			require.Equal(t, made.endpoint, endpoint, name)
		}
		return endpoint, "200"
	case errors.As(err, &refused) && refused.StatusCode == http.StatusNotImplemented:
		return endpoint, "501: outside B2B"
	case errors.As(err, &oauth) && oauth.StatusCode == http.StatusNotImplemented:
		return endpoint, "501: outside B2B"
	}
	return endpoint, "unreadable: " + err.Error()
}

// checkInProcess calls a method that makes no call besides that for the key set.
func checkInProcess(r *room, name string, check func(*room, *b2bstytchapi.API) error) string {
	if check == nil {
		return "in process: the mock issues no such token"
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel() // ends the goroutine that the SDK starts for its key set
	api, err := b2bstytchapi.NewClient(r.stytch.ProjectID(), r.stytch.Secret().Reveal(),
		b2bstytchapi.WithHTTPClient(&http.Client{Transport: r.stytch}), b2bstytchapi.WithInitializationContext(ctx))
	require.NoError(r.t, err)
	require.NoError(r.t, check(r, api), name)
	for _, entry := range r.stytch.Journal() {
		require.NotEqual(r.t, "POST /v1/b2b/sessions/authenticate", entry.Endpoint, name)
	}
	return "in process: a `session_jwt` of the mock is good"
}

func recipeOfMethod(name string) (recipe, bool) {
	for _, r := range recipes {
		if strings.EqualFold(r.sdk, name) {
			return r, true
		}
	}
	return recipe{}, false
}
