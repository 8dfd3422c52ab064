package mock

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"
	"github.com/stytchauth/stytch-go/v16/stytch/stytcherror"
)

// inProcess are methods of the SDK that check a token or a policy in process, or repeat
// another method with a further argument.
var inProcess = regexp.MustCompile(`WithClaims$|JWT|Local$|M2M.AuthenticateToken$`)

// sdkMethods returns the methods of stytch-go's B2B client by the endpoint that they call.
// Each is called once, with arguments that are mostly wrong.
func sdkMethods(t *testing.T) map[string][]string {
	t.Helper()
	s := new(Stytch)
	client, err := b2bstytchapi.NewClient(s.ProjectID(), s.Secret().Reveal(),
		b2bstytchapi.WithHTTPClient(&http.Client{Transport: s}), b2bstytchapi.WithSkipJWKSInitialization())
	require.NoError(t, err)
	out := make(map[string][]string)
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			field, value := v.Type().Field(i), v.Field(i)
			if !field.IsExported() || value.Kind() != reflect.Pointer || !strings.HasSuffix(field.Type.Elem().Name(), "Client") {
				continue
			}
			at := path + field.Name + "."
			for m := range value.NumMethod() {
				name := at + value.Type().Method(m).Name
				if signature := value.Method(m).Type(); signature.NumIn() == 0 || signature.In(0) != reflect.TypeFor[context.Context]() || inProcess.MatchString(name) {
					continue
				}
				before := len(s.Journal())
				requireReadable(t, name, callSDK(t, value.Method(m)))
				journal := s.Journal()
				if len(journal) != before+1 {
					t.Fatalf("%s made %d calls", name, len(journal)-before)
				}
				endpoint := journal[before].Endpoint
				require.NotEmpty(t, endpoint, "%s calls %s, which the mock does not know", name, journal[before].Path)
				out[endpoint] = append(out[endpoint], name)
			}
			walk(value.Elem(), at)
		}
	}
	walk(reflect.ValueOf(client).Elem(), "")
	return out
}

// requireReadable fails unless the SDK has understood the answer.
func requireReadable(t *testing.T, name string, err error) {
	t.Helper()
	var refusal stytcherror.Error
	var byOAuth2 stytcherror.OAuth2Error
	if err != nil && !(errors.As(err, &refusal) && refusal.ErrorType != "") && !(errors.As(err, &byOAuth2) && byOAuth2.ErrorType != "") {
		t.Fatalf("%s: %v", name, err)
	}
}

// callSDK calls a method with "x" for each text, and returns its error.
func callSDK(t *testing.T, method reflect.Value) error {
	args := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < method.Type().NumIn(); i++ {
		if method.Type().IsVariadic() && i == method.Type().NumIn()-1 {
			break
		}
		arg := reflect.New(method.Type().In(i).Elem())
		for f := range arg.Elem().NumField() {
			if field := arg.Elem().Field(f); field.Kind() == reflect.String {
				field.SetString("x")
			}
		}
		args = append(args, arg)
	}
	out := method.Call(args)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}
