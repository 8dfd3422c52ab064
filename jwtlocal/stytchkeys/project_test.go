package stytchkeys_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/jwtlocal"
)

const projectID = "project-test-11111111-2222-4333-8444-555555555555"

// The RSA keys of these tests, made once: that takes longer than all tests that use them.
var keyOf = func() func(name string) *rsa.PrivateKey {
	var mu sync.Mutex // guards keys
	keys := map[string]*rsa.PrivateKey{}
	return func(name string) *rsa.PrivateKey {
		mu.Lock()
		defer mu.Unlock()
		if keys[name] == nil {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			keys[name] = key
		}
		return keys[name]
	}
}()

// project is Stytch as far as these tests need it: it publishes keys and signs tokens, also
// of the kinds that package mock does not issue.
type project struct {
	mu      sync.Mutex // guards what follows
	keys    []string   // what it publishes
	down    bool
	fetches int
}

// RoundTrip answers with the key set.
func (p *project) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fetches++
	if p.down {
		return nil, errors.New("no route to host")
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	for _, name := range p.keys {
		public := &keyOf(name).PublicKey
		set.Keys = append(set.Keys, map[string]any{
			"kty": "RSA", "use": "sig", "key_ops": []string{"verify"}, "alg": "RS256", "kid": "jwk-test-" + name,
			"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
		})
	}
	body, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
}

func (p *project) change(f func(*project)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

func (p *project) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

// m2m are the claims of an M2M client's access token.
// Source: https://stytch.com/docs/b2b/guides/m2m
func m2m(scope string) jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss": "stytch.com/" + projectID, "aud": []string{projectID}, "sub": "m2m-client-test-11111111-2222-4333-8444-555555555555",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "scope": scope,
	}
}

// with returns a copy of claims with another value; nil removes it.
func with(claims jwt.MapClaims, name string, value any) jwt.MapClaims {
	out := jwt.MapClaims{}
	for n, v := range claims {
		out[n] = v
	}
	if out[name] = value; value == nil {
		delete(out, name)
	}
	return out
}

// sign makes a token; header changes its header.
func sign(method jwt.SigningMethod, key any, header map[string]any, claims jwt.Claims) string {
	token := jwt.NewWithClaims(method, claims)
	for name, value := range header {
		if token.Header[name] = value; value == nil {
			delete(token.Header, name)
		}
	}
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

// signed makes a token as Stytch does, with one of its keys.
func signed(key string, claims jwt.Claims) string {
	return sign(jwt.SigningMethodRS256, keyOf(key), map[string]any{"kid": "jwk-test-" + key}, claims)
}

func newVerifier(t testing.TB, stytch *project) *jwtlocal.Verifier {
	t.Helper()
	verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: projectID, Transport: stytch, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return verifier
}
