package mock

import (
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"time"
)

// publishedKey is a key of the project. The newest signs.
type publishedKey struct {
	*signingKey
	kid       string
	retiredAt time.Time // when a newer one took over; zero for the one that signs
}

// keyOverlap is how long a retired key stays in the key set.
// Source: https://stytch.com/docs/b2b/guides/sessions/backend
const keyOverlap = 30 * 24 * time.Hour

// ensureKey makes the first key. The lock must be held.
func (s *server) ensureKey() {
	if len(s.keys) == 0 {
		s.addKey()
	}
}

func (s *server) addKey() {
	key := s.keyNumber(s.nextKey)
	s.nextKey++
	s.keys = append([]publishedKey{{signingKey: key, kid: "jwk-" + s.env + "-" + key.uuid}}, s.keys...)
}

// published returns the keys of the key set, the signing key first.
func (s *server) published(now time.Time) []publishedKey {
	s.ensureKey()
	var out []publishedKey
	for _, k := range s.keys {
		if k.retiredAt.IsZero() || now.Before(k.retiredAt.Add(keyOverlap)) {
			out = append(out, k)
		}
	}
	return out
}

// RotateKeys makes a new signing key. With keepOld the keys before it stay in
// the key set for 30 days, as when Stytch rotates; without it they are gone at
// once, and what they signed is worthless.
func (s *Stytch) RotateKeys(keepOld bool) {
	s.configure()
	s.core.rotateKeys(keepOld)
}

// rotateKeys makes a new signing key, and keeps the others in the key set or not.
func (s *server) rotateKeys(keepOld bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ensureKey()
	if keepOld {
		s.keys[0].retiredAt = time.Now()
	} else {
		s.keys = nil
	}
	s.addKey()
}

// age makes everything that is remembered d older.
func (s *server) age(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.age(d)
	for i := range s.keys {
		if at := &s.keys[i].retiredAt; !at.IsZero() {
			*at = at.Add(-d)
		}
	}
}

// jwksAnswer is the answer of GET /v1/b2b/sessions/jwks/{project_id}.
// Source: https://stytch.com/docs/b2b/api/get-jwks
type jwksAnswer struct {
	envelope
	Keys []jwkJSON `json:"keys"`
}

type jwkJSON struct {
	Kty     string   `json:"kty"`
	Use     string   `json:"use"`
	KeyOps  []string `json:"key_ops"`
	Alg     string   `json:"alg"`
	Kid     string   `json:"kid"`
	X5C     []string `json:"x5c"`
	X5TS256 string   `json:"x5tS256"` // sic: RFC 7517 writes x5t#S256
	N       string   `json:"n"`
	E       string   `json:"e"`
}

// getJWKS needs no credentials, and ignores those it gets.
func getJWKS(c *call) (stamped, error) {
	switch id := c.params["project_id"]; {
	case !projectForm.MatchString(id):
		return nil, refuse("invalid_project_id")
	case id != c.projectID:
		return nil, refuse("project_not_found")
	}
	out := &jwksAnswer{Keys: []jwkJSON{}}
	for _, k := range c.published(c.now) {
		thumbprint := sha256.Sum256(k.certificate)
		out.Keys = append(out.Keys, jwkJSON{
			Kty:     "RSA",
			Use:     "sig",
			KeyOps:  []string{"verify"},
			Alg:     "RS256",
			Kid:     k.kid,
			X5C:     []string{base64.StdEncoding.EncodeToString(k.certificate)}, // RFC 7517, 4.7: not base64url
			X5TS256: base64.RawURLEncoding.EncodeToString(thumbprint[:]),
			N:       base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
			E:       base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
		})
	}
	return out, nil
}
