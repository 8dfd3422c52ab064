package jwtlocal

import (
	"encoding/json"
	"errors"
	"hash/maphash"
	"log/slog"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/claims"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// FuzzToken: whatever text is presented, only the tokens that were signed pass, in
// the one spelling in which they were signed.
func FuzzToken(f *testing.F) {
	now := time.Now()
	genuine := map[string]bool{}
	for i, header := range []string{goodHeader, `{"alg":"RS256","kid":"` + testKID + `"}`} {
		token := sign(mainKey(), header, goodClaims(now).with("aud", []string{testProject, testAudience}[:1+i]).json())
		genuine[token] = true
		f.Add(token)
		segments := strings.Split(token, ".")
		f.Add(segments[0] + "." + segments[1] + ".")
		f.Add(segments[0] + ".." + segments[2])
		f.Add(token + "." + segments[2])
		f.Add(token + "\n")
		f.Add(token[:len(token)-1] + "B")
		f.Add(encode(`{"alg":"none"}`) + "." + segments[1] + ".")
	}
	f.Add(sign(otherKey(), goodHeader, goodClaims(now).json()))
	f.Add(strings.Repeat(".", 100))
	f.Add(`{"payload":""}`)
	v, err := New(Config{ProjectID: testProject, Audiences: []string{testAudience}, Transport: newKeyServer(), KeyCooldown: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	ctx := f.Context()
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(ctx, grimoireauth.NewSecret(token))
		// A long run outlasts the genuine tokens, which then are stale.
		switch accepted := err == nil || errors.Is(err, grimoireauth.ErrExpired); {
		case accepted && !genuine[token]:
			t.Fatalf("accepted %q", token)
		case !accepted && genuine[token]:
			t.Fatalf("refused a genuine token: %v", err)
		case !accepted && !errors.Is(err, grimoireauth.ErrUnauthenticated):
			t.Fatalf("%q: %v", token, err)
		}
	})
}

// FuzzAccept: claims that would pass, were they signed, also pass golang-jwt with
// every check it has; and the session made of them has the ids that it should have.
func FuzzAccept(f *testing.F) {
	now := time.Now().Truncate(time.Second)
	f.Add([]byte(goodClaims(now).json()))
	for _, o := range []object{
		goodClaims(now).with("aud", testProject),
		goodClaims(now).with("aud", []string{testProject, testAudience}),
		goodClaims(now).with("aud", []string{testAudience, testProject, testAudience}),
		goodClaims(now).with("aud", []string{testProject, "https://other.example.edu"}),
		goodClaims(now).without("nbf"),
		goodClaims(now).with("exp", number("1e400")),
		goodClaims(now).with("iat", now.Unix()+100),
		goodClaims(now.Add(-time.Hour)),
		goodClaims(now).with("iss", []string{"x"}),
	} {
		f.Add([]byte(o.json()))
	}
	rules := newRules(testProject, "test", "", Config{ProjectID: testProject, Audiences: []string{testAudience}})
	reference := validator(testProject, now)
	share := &interner{seed: maphash.MakeSeed()}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := claims.Read(payload, share.intern)
		if err != nil || rules.checkClaims(&c) != 0 {
			return
		}
		session, err := sessionOf(&c, share, SlidingSession{})
		if err != nil || session.ID() == "" || session.Member() == "" || session.Organization() == "" {
			t.Fatalf("%q: accepted as %v, %v", payload, session, err)
		}
		if e := entryOf(digest{}, &c, session); e != nil && e.times() != timesOf(&c) {
			t.Fatalf("%q: remembered with other times: %+v, %+v", payload, e.times(), timesOf(&c))
		}
		if rules.checkTimes(timesOf(&c), now) != 0 {
			return
		}
		var theirs jwt.RegisteredClaims
		var all jwt.MapClaims // which reads every number as a float64
		if err := errors.Join(json.Unmarshal(payload, &theirs), json.Unmarshal(payload, &all)); err != nil {
			t.Fatalf("%q: %v", payload, err)
		}
		if err := reference.Validate(theirs); err != nil {
			t.Fatalf("%q: accepted, and refused by golang-jwt: %v", payload, err)
		}
		seen := map[string]bool{}
		for _, audience := range theirs.Audience {
			if seen[audience] || audience != testProject && audience != testAudience {
				t.Fatalf("%q: accepted with an audience that is repeated or not listed", payload)
			}
			seen[audience] = true
		}
	})
}

// validator is golang-jwt with every check it has.
func validator(project string, now time.Time) *jwt.Validator {
	return jwt.NewValidator(jwt.WithAudience(project), jwt.WithIssuer("stytch.com/"+project), jwt.WithIssuedAt(),
		jwt.WithExpirationRequired(), jwt.WithLeeway(defaultLeeway), jwt.WithTimeFunc(func() time.Time { return now }))
}

// FuzzKeys: whatever a key set says, only sound RSA keys come out of it, under an id
// and with the material that encoding/json finds there too.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(mainJWKS()))
	for _, s := range badAnswers() {
		if len(s) < 4000 {
			f.Add([]byte(s))
		}
	}
	for _, k := range badKeys() {
		f.Add([]byte(`{"keys":[` + k + `,` + jwkOf(otherKID, &otherKey().PublicKey).json() + `]}`))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := keys.Parse(document)
		if err != nil {
			return
		}
		var set struct {
			Keys []json.RawMessage `json:"keys"`
		}
		if err := json.Unmarshal(document, &set); err != nil {
			t.Fatalf("%q: accepted, but %v", document, err)
		}
		for id, k := range p.Keys {
			if _, err := keys.Parse([]byte(jwks(jwkOf(id, k.Public)))); err != nil || id == "" || k.ID != id {
				t.Fatalf("%q: key %q: %v", document, id, err)
			}
			found := false
			for _, raw := range set.Keys {
				var m map[string]any
				if json.Unmarshal(raw, &m) != nil || m["kid"] != id {
					continue
				}
				n, _ := m["n"].(string)
				octets, err := strict.DecodeString(n)
				found = found || err == nil && new(big.Int).SetBytes(octets).Cmp(k.Public.N) == 0 && m["d"] == nil && m["kty"] == "RSA"
			}
			if !found {
				t.Fatalf("%q: key %q is not in it", document, id)
			}
		}
	})
}
