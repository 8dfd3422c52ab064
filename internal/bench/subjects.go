package main

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/b2bstytchapi"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
)

// keyServer answers every request with the key set.
type keyServer string

func (s keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s))), Request: r}, nil
}

// floor is the work that every verifier of this token has to do.
func (m minter) floor(token string) (func(), error) {
	dot := strings.LastIndexByte(token, '.')
	input := []byte(token[:dot])
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		return nil, err
	}
	return func() {
		sum := sha256.Sum256(input)
		must(rsa.VerifyPKCS1v15(&m.key.PublicKey, crypto.SHA256, sum[:], signature))
	}, nil
}

// verifier returns a verifier of this library.
func (m minter) verifier(cacheSize int, configure ...func(*jwtlocal.Config)) (*jwtlocal.Verifier, error) {
	c := jwtlocal.Config{ProjectID: project, Transport: keyServer(m.jwks()), CacheSize: cacheSize}
	for _, f := range configure {
		f(&c)
	}
	return jwtlocal.New(c)
}

// filled is a verifier that has these tokens in its cache.
func (m minter) filled(tokens []string, configure ...func(*jwtlocal.Config)) (*jwtlocal.Verifier, error) {
	v, err := m.verifier(len(tokens), configure...)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		if _, err := v.Verify(context.Background(), grimoireauth.NewSecret(t)); err != nil {
			return nil, err
		}
	}
	if held := v.Stats().CacheEntries; held < len(tokens)*99/100 {
		return nil, fmt.Errorf("only %d of %d tokens are held", held, len(tokens))
	}
	return v, nil
}

// stytchLocal is the local check of Stytch's SDK.
func (m minter) stytchLocal() (func(token string) error, error) {
	client, err := b2bstytchapi.NewClient(project, "secret-test-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", b2bstytchapi.WithHTTPClient(&http.Client{Transport: keyServer(m.jwks())}))
	if err != nil {
		return nil, err
	}
	return func(token string) error {
		_, err := client.Sessions.AuthenticateJWTLocal(context.Background(), token, 2*time.Hour, nil)
		return err
	}, nil
}

// golangJWT is golang-jwt with keyfunc, and the same claims in typed form.
func (m minter) golangJWT() (func(token string) error, error) {
	keys, err := keyfunc.NewJWKSetJSON(json.RawMessage(m.jwks()))
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(project), jwt.WithIssuer("stytch.com/"+project),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(5*time.Second))
	type sessionClaims struct {
		jwt.RegisteredClaims
		Session struct {
			ID      string    `json:"id"`
			Roles   []string  `json:"roles"`
			Started time.Time `json:"started_at"`
			Expires time.Time `json:"expires_at"`
			Factors []struct {
				Type     string    `json:"type"`
				Delivery string    `json:"delivery_method"`
				Last     time.Time `json:"last_authenticated_at"`
			} `json:"authentication_factors"`
		} `json:"https://stytch.com/session"`
		Organization struct {
			ID   string `json:"organization_id"`
			Slug string `json:"slug"`
		} `json:"https://stytch.com/organization"`
	}
	return func(token string) error {
		_, err := parser.ParseWithClaims(token, &sessionClaims{}, keys.Keyfunc)
		return err
	}, nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
