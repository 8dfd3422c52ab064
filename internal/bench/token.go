package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"sync"
	"time"
)

const (
	project = "project-test-11111111-2222-4333-8444-555555555555"
	kid     = "jwk-test-dddddddd-1111-4222-8333-444444444444"
)

// minter makes tokens as Stytch does.
type minter struct{ key *rsa.PrivateKey }

func newMinter() (minter, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return minter{key}, err
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// claims are those of a realistic session_jwt, of the n-th of many members in
// classes of three hundred. It lives for an hour, the longest that is accepted, so
// that it outlasts the measurements.
func claims(n int, issued time.Time, life time.Duration) map[string]any {
	at := func(d time.Duration) string { return issued.Add(d).UTC().Format("2006-01-02T15:04:05Z") }
	return map[string]any{
		"iss": "stytch.com/" + project,
		"aud": []string{project},
		"sub": fmt.Sprintf("member-test-bbbbbbbb-1111-4222-8333-%012d", n),
		"iat": issued.Unix(), "nbf": issued.Unix(), "exp": issued.Add(life).Unix(),
		"https://stytch.com/session": map[string]any{
			"id":         fmt.Sprintf("member-session-test-aaaaaaaa-1111-4222-8333-%012d", n),
			"started_at": at(-10 * time.Minute), "last_accessed_at": at(0), "expires_at": at(8 * time.Hour),
			"attributes": map[string]any{
				"user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
				"ip_address": "203.0.113.17",
			},
			"authentication_factors": []map[string]any{{
				"type": "magic_link", "delivery_method": "email",
				"last_authenticated_at": at(-10 * time.Minute), "created_at": at(-10 * time.Minute), "updated_at": at(-10 * time.Minute),
				"email_factor": map[string]any{"email_id": "email-test-11111111-2222-4333-8444-555555555555", "email_address": "student@example.edu"},
			}},
			"roles": []string{"stytch_member"},
		},
		"https://stytch.com/organization": map[string]any{
			"organization_id": fmt.Sprintf("organization-test-cccccccc-1111-4222-8333-%012d", n/300), "slug": "laws1100-2025-s2",
		},
		"tutorial": "T3",
	}
}

func (m minter) token(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := encode([]byte(`{"alg":"RS256","kid":"`+kid+`","typ":"JWT"}`)) + "." + encode(payload)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, m.key, crypto.SHA256, sum[:])
	return input + "." + encode(signature), err
}

// tokens makes n different tokens, on all processors.
func (m minter) tokens(n int) ([]string, error) {
	out, errs := make([]string, n), make([]error, n)
	now := time.Now()
	var all sync.WaitGroup
	for worker := range 2 {
		all.Go(func() {
			for i := worker; i < n; i += 2 {
				out[i], errs[i] = m.token(claims(i, now, time.Hour))
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// jwks is the key set that goes with the tokens.
func (m minter) jwks() string {
	return fmt.Sprintf(`{"keys":[{"kty":"RSA","use":"sig","key_ops":["verify"],"alg":"RS256","kid":%q,"n":%q,"e":%q}]}`,
		kid, encode(m.key.N.Bytes()), encode(big.NewInt(int64(m.key.E)).Bytes()))
}
