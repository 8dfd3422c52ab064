package grimoireauth_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/stretchr/testify/require"
)

const confidential = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"

// requireHidden fails if any eight bytes of the secret stand in the output.
func requireHidden(t *testing.T, output string) {
	t.Helper()
	for i := 0; i+8 <= len(confidential); i++ {
		require.NotContains(t, output, confidential[i:i+8])
	}
}

func TestS01SecretsDoNotPrint(t *testing.T) {
	type hiding struct{ credentials grimoireauth.Credentials }
	type showing struct{ Token grimoireauth.Secret }
	secret := grimoireauth.NewSecret(confidential)
	credentials := grimoireauth.Credentials{JWT: secret, Token: secret}
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: "o"})
	require.NoError(t, err)
	values := map[string]any{
		"secret":                      secret,
		"pointer":                     &secret,
		"credentials":                 credentials,
		"in an unexported field":      hiding{credentials},
		"pointer to unexported field": &hiding{credentials},
		"in an exported field":        showing{secret},
		"slice":                       []grimoireauth.Secret{secret},
		"map":                         map[string]grimoireauth.Secret{"k": secret},
		"intermediate":                grimoireauth.Intermediate{Token: secret},
		"authentication":              grimoireauth.Authentication{Session: session, Credentials: credentials},
		"signed in":                   stytchclient.SignedIn{Authentication: grimoireauth.Authentication{Session: session, Credentials: credentials}},
		"step-up error":               &stytchclient.StepUpError{Intermediate: grimoireauth.Intermediate{Token: secret}},
		"config":                      stytchclient.Config{Secret: secret},
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%U"} {
				requireHidden(t, fmt.Sprintf(verb, value))
			}
			for _, encoded := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
				out, err := encoded(value)
				if err == nil {
					requireHidden(t, string(out))
				}
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", value)
			requireHidden(t, log.String())
			requireHidden(t, errors.Join(fmt.Errorf("wrapped: %v", value)).Error())
		})
	}
}

func TestSecret(t *testing.T) {
	secret := grimoireauth.NewSecret(confidential)
	require.Equal(t, confidential, secret.Reveal())
	require.False(t, secret.IsZero())
	require.True(t, secret.Equal(grimoireauth.NewSecret(confidential)))
	require.False(t, secret.Equal(grimoireauth.NewSecret(confidential+"x")))

	var none grimoireauth.Secret
	require.True(t, none.IsZero())
	require.Empty(t, none.Reveal())
	require.True(t, none.Equal(grimoireauth.NewSecret("")))
	require.False(t, none.Equal(secret))
}
