package stytchclient_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/stretchr/testify/require"
)

// heard is everything that was said while the tests ran, and the secrets that went
// over the wire meanwhile.
var heard = wiretap{secrets: make(map[string]bool)}

type wiretap struct {
	mu      sync.Mutex // guards what follows
	secrets map[string]bool
	said    bytes.Buffer
}

// secretFields are the names under which secrets go to Stytch and come from it.
var secretFields = []string{
	"session_token", "session_jwt", "intermediate_session_token", "token",
	"magic_links_token", "discovery_magic_links_token", "password_reset_token", "oauth_token", "discovery_oauth_token",
	"sso_token", "impersonation_token", "access_token", "refresh_token", "id_token",
	"password", "existing_password", "new_password", "code", "recovery_code", "recovery_codes", "secret", "client_secret",
	"pkce_code_verifier", "code_verifier",
}

// learn notes the secrets in a body.
func (w *wiretap) learn(body []byte) {
	var value any
	if json.Unmarshal(body, &value) == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.learnFrom("", value)
	}
}

func (w *wiretap) learnFrom(field string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			w.learnFrom(name, inner)
		}
	case []any:
		for _, inner := range v {
			w.learnFrom(field, inner)
		}
	case string:
		if slices.Contains(secretFields, field) && len(v) >= 6 {
			w.secrets[v] = true
		}
	}
}

// say notes values in every way in which a program prints them.
func (w *wiretap) say(values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := slog.New(slog.NewJSONHandler(&w.said, nil))
	for _, v := range values {
		fmt.Fprintf(&w.said, "%v\n%+v\n%#v\n%s\n", v, v, v, v)
		log.Info("said", "value", v)
	}
}

// leaks returns the secrets of which eight bytes in a row stand in the text. A code
// of six digits counts if it stands there as a word. The text is many megabytes
// long, so its windows are only marked in a bitmap, and looked up for certain when
// a mark is met.
func leaks(text []byte, secrets []string) []string {
	marks := make([]uint64, 1<<20)
	mark := func(window []byte) (word int, bit uint64) {
		h := binary.LittleEndian.Uint64(window) * 0x9E3779B97F4A7C15 >> 38
		return int(h >> 6), 1 << (h & 63)
	}
	for i := 0; i+8 <= len(text); i++ {
		word, bit := mark(text[i:])
		marks[word] |= bit
	}
	short := make(map[string]bool)
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '.' || r == '-')
	}) {
		if len(word) < 8 {
			short[string(word)] = true
		}
	}
	var out []string
	for _, secret := range secrets {
		leaked := short[secret]
		for i := 0; i+8 <= len(secret) && !leaked; i++ {
			window := []byte(secret[i : i+8])
			word, bit := mark(window)
			leaked = marks[word]&bit != 0 && bytes.Contains(text, window)
		}
		if leaked {
			out = append(out, secret)
		}
	}
	return out
}

// RoundTrip returns a transport that listens.
func (w *wiretap) around(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		w.say(r.URL.String())
		if r.Body != nil {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			if err := r.Body.Close(); err != nil {
				return nil, err
			}
			w.learn(body)
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		res, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		if err := res.Body.Close(); err != nil {
			return nil, err
		}
		w.learn(body)
		res.Body = io.NopCloser(bytes.NewReader(body))
		return res, nil
	})
}

// secretsFile is the variable that makes this process write down what was secret,
// for the process that started it.
const secretsFile = "GRIMOIREAUTH_TEST_SECRETS"

func TestMain(m *testing.M) {
	code := contract.Run(m, contract.Client)
	heard.mu.Lock()
	secrets := make([]string, 0, len(heard.secrets))
	for secret := range heard.secrets {
		secrets = append(secrets, secret)
	}
	if found := leaks(heard.said.Bytes(), secrets); len(found) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: %d of %d secrets stand in errors, events or URLs\n", len(found), len(secrets))
		code = max(code, 1)
	}
	if path := os.Getenv(secretsFile); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(secrets, "\n")), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// The tests of signing in print no secret either. They run once more in a process
// whose output, all of it, is read: eight bytes of a secret in a row are a leak.
func TestNoSecretInTheOutputOfTests(t *testing.T) {
	if os.Getenv(secretsFile) != "" {
		t.Skip("this is the process whose output is read")
	}
	path := t.TempDir() + "/secrets"
	again := exec.Command(os.Args[0], "-test.run=^TestSignIn", "-test.v", "-test.count=1")
	again.Env = append(os.Environ(), secretsFile+"="+path)
	output, err := again.CombinedOutput()
	require.NoError(t, err, "the tests of signing in fail: run them by themselves")
	require.Contains(t, string(output), "PASS")
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	secrets := strings.Split(string(written), "\n")
	require.Greater(t, len(secrets), 100, "hardly anything secret went over the wire: is anybody listening?")
	require.Empty(t, len(leaks(output, secrets)), "secrets stand in the output of the tests")
}

// The scanner finds what it is there to find.
func TestLeaks(t *testing.T) {
	secrets := []string{"mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q", "123456"}
	for text, want := range map[string]int{
		"nothing":                              0,
		"the middle: UlZ_Ad9U":                 1,
		"seven are no window: UlZ_Ad9":         0,
		"code 123456!":                         1,
		"request-id-test-00123456-7-123456789": 0,
	} {
		require.Len(t, leaks([]byte(text), secrets), want, text)
	}
}

// What a handler has in its hands prints no secret either.
func TestSignInInputsDoNotPrint(t *testing.T) {
	secret := grimoireauth.NewSecret(confidential)
	intermediate := grimoireauth.Intermediate{Token: secret}
	more := stytchclient.SignInOptions{Continue: intermediate}
	for _, value := range []any{
		stytchclient.MagicLink{SameBrowser: secret}, stytchclient.MagicLinkSignIn{Token: secret, Verifier: secret, SignInOptions: more},
		stytchclient.EmailCodeSignIn{Code: secret, SignInOptions: more},
		stytchclient.Discovered{Intermediate: intermediate}, stytchclient.ChosenClass{Intermediate: intermediate},
		stytchclient.CreatedClass{Intermediate: intermediate}, stytchclient.PasswordSignIn{Password: secret},
		stytchclient.PasswordChange{Old: secret, New: secret}, stytchclient.NewPassword{Token: secret, Verifier: secret, Password: secret},
		stytchclient.OAuthSignIn{Token: secret, Verifier: secret}, stytchclient.SSOSignIn{Token: secret, Verifier: secret},
		stytchclient.ProviderTokens{Access: secret, Refresh: secret, ID: secret}, stytchclient.Start{Verifier: secret},
		stytchclient.FactorOwner{Proof: intermediate}, stytchclient.FactorCode{Code: secret},
		stytchclient.AppEnrollment{Secret: secret, URI: secret, RecoveryCodes: []grimoireauth.Secret{secret}},
		stytchclient.OIDCChange{ClientSecret: stytchclient.Set(secret)},
		stytchclient.TrustedToken{Token: secret, To: grimoireauth.Credentials{Token: secret}}, stytchclient.OtherSession{Token: secret},
		stytchclient.AccessToken{Token: secret}, &stytchclient.StepUpError{Intermediate: intermediate},
	} {
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		for _, out := range []string{fmt.Sprintf("%v", value), fmt.Sprintf("%+v", value), fmt.Sprintf("%#v", value), string(encoded)} {
			require.Empty(t, leaks([]byte(out), []string{confidential}), "%T", value)
		}
	}
}
