package jwtlocal

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// An encoder of tokens and key sets that shares nothing with the reader under
// test, so that tokens of any shape can be made and correctly signed.

const (
	testUUID     = "11111111-2222-4333-8444-555555555555"
	testProject  = "project-test-" + testUUID
	testSession  = "member-session-test-aaaaaaaa-1111-4222-8333-444444444444"
	testMember   = "member-test-bbbbbbbb-1111-4222-8333-444444444444"
	testClass    = "organization-test-cccccccc-1111-4222-8333-444444444444"
	testKID      = "jwk-test-dddddddd-1111-4222-8333-444444444444"
	otherKID     = "jwk-test-eeeeeeee-1111-4222-8333-444444444444"
	sessionClaim = "https://stytch.com/session"
	classClaim   = "https://stytch.com/organization"
	testToken    = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q"
)

// rsaKey returns one key per name and process: making them takes longer than all
// tests that use them.
func rsaKey(name string, bits int) *rsa.PrivateKey {
	rsaKeys.Lock()
	defer rsaKeys.Unlock()
	if k := rsaKeys.m[name]; k != nil {
		return k
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	rsaKeys.m[name] = k
	return k
}

var rsaKeys = struct {
	sync.Mutex
	m map[string]*rsa.PrivateKey
}{m: map[string]*rsa.PrivateKey{}}

func mainKey() *rsa.PrivateKey  { return rsaKey("main", 2048) }
func otherKey() *rsa.PrivateKey { return rsaKey("other", 2048) }

// object is a JSON object whose members a test can change one by one.
type object map[string]any

func (o object) with(name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	return o
}

func (o object) without(name string) object {
	o = maps.Clone(o)
	delete(o, name)
	return o
}

func (o object) json() string { return mustJSON(o) }

func mustJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// goodClaims are the claims of a realistic session_jwt issued at that moment.
func goodClaims(issued time.Time) object {
	at := func(d time.Duration) string { return issued.Add(d).UTC().Format("2006-01-02T15:04:05Z") }
	return object{
		"iss": "stytch.com/" + testProject,
		"aud": []string{testProject},
		"sub": testMember,
		"iat": issued.Unix(),
		"nbf": issued.Unix(),
		"exp": issued.Unix() + 300,
		sessionClaim: object{
			"id":               testSession,
			"started_at":       at(-10 * time.Minute),
			"last_accessed_at": at(0),
			"expires_at":       at(50 * time.Minute),
			"attributes": object{
				"user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
				"ip_address": "203.0.113.17",
			},
			"authentication_factors": []object{{
				"type": "magic_link", "delivery_method": "email",
				"last_authenticated_at": at(-10 * time.Minute), "created_at": at(-10 * time.Minute), "updated_at": at(-10 * time.Minute),
				"email_factor": object{"email_id": "email-test-" + testUUID, "email_address": "student@example.edu"},
			}},
			"roles": []string{"stytch_member", "tutor"},
		},
		classClaim: object{"organization_id": testClass, "slug": "laws1100-2025-s2"},
		"tutorial": "T3",
	}
}

const goodHeader = `{"alg":"RS256","kid":"` + testKID + `","typ":"JWT"}`

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign makes a token of any header and payload with a genuine signature.
func sign(k *rsa.PrivateKey, header, payload string) string {
	return signEncoded(k, encode(header)+"."+encode(payload))
}

func signEncoded(k *rsa.PrivateKey, input string) string {
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func goodToken(issued time.Time) string {
	return sign(mainKey(), goodHeader, goodClaims(issued).json())
}

// jwkOf is the public JWK as Stytch publishes it.
func jwkOf(kid string, k *rsa.PublicKey) object {
	return object{
		"kty": "RSA", "use": "sig", "key_ops": []string{"verify"}, "alg": "RS256", "kid": kid,
		"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
	}
}

func jwks(keys ...object) string {
	return object{"keys": keys, "request_id": "request-id-test-" + testUUID, "status_code": 200}.json()
}

func mainJWKS() string { return jwks(jwkOf(testKID, &mainKey().PublicKey)) }

// keyServer is the key set endpoint, in process.
type keyServer struct {
	mu     sync.Mutex // guards what follows
	body   string
	status int
	err    error
	delay  time.Duration
	calls  int
	paths  []string
}

func (s *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.calls++
	s.paths = append(s.paths, r.URL.String())
	body, status, err, delay := s.body, s.status, s.err, s.delay
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if err != nil {
		return nil, err
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *keyServer) set(f func(*keyServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *keyServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func newKeyServer() *keyServer { return &keyServer{body: mainJWKS()} }

// newVerifier returns a Verifier for the test project, with a key server of its
// own unless one is configured.
func newVerifier(t testing.TB, configure ...func(*Config)) *Verifier {
	t.Helper()
	c := Config{ProjectID: testProject, Transport: newKeyServer(), Logger: slog.New(slog.DiscardHandler)}
	for _, f := range configure {
		f(&c)
	}
	v, err := New(c)
	require.NoError(t, err)
	return v
}

func verify(t testing.TB, v *Verifier, token string) (grimoireauth.Session, error) {
	t.Helper()
	return v.Verify(t.Context(), grimoireauth.NewSecret(token))
}

// judged returns why a token does not pass, ReasonNone if it does.
func reasonOf(t testing.TB, v *Verifier, token string) Reason {
	t.Helper()
	return v.verify(t.Context(), token).reason
}

func requireRefused(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
	require.NotErrorIs(t, err, grimoireauth.ErrUnavailable)
}

func printed(v any) string { return fmt.Sprintf("%v %+v %#v", v, v, v) }

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

func errorsAs[T error](err error, target *T) bool { return errors.As(err, target) }

var quiet = log.New(io.Discard, "", 0)
