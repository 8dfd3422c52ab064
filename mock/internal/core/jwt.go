package core

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// The claims in which Stytch keeps its own matters.
const (
	claimSession      = "https://stytch.com/session"
	claimOrganization = "https://stytch.com/organization"
)

// jwtHeader has exactly the members of a real one. typ is there because SDKs
// refuse a token without it.
type jwtHeader struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// Sign returns a session_jwt of the session, issued at this time.
// Source: https://stytch.com/docs/b2b/guides/sessions/using-jwts
func (c *Request) Sign(s *state.Session, issued time.Time) string {
	c.EnsureKey()
	return c.SignWith(s, issued, c.Keys[0])
}

// SignWith is sign with any key, also one that is not the project's.
func (c *Request) SignWith(s *state.Session, issued time.Time, key PublishedKey) string {
	// Whole seconds, rounded down: a JWT is never dated in the future.
	iat := issued.Unix()
	factors := make([]map[string]any, len(s.Factors))
	for i, f := range s.Factors {
		factors[i] = f.Claim()
	}
	// Custom claims first: even if a reserved name had slipped in, Stytch's own
	// claims would replace it.
	claims := make(map[string]any)
	for name, value := range s.Claims {
		claims[name] = value
	}
	claims["iss"] = c.issuer()
	claims["aud"] = c.audiences()
	claims["sub"] = s.MemberID
	claims["iat"] = iat
	claims["nbf"] = iat
	claims["exp"] = iat + int64(c.JWTLife()/time.Second)
	claims[claimSession] = map[string]any{
		"id":                     s.ID,
		"started_at":             wire.ClaimTime(s.StartedAt),
		"last_accessed_at":       wire.ClaimTime(s.LastAccessedAt),
		"expires_at":             wire.ClaimTime(s.ExpiresAt),
		"attributes":             map[string]string{"user_agent": "", "ip_address": ""},
		"authentication_factors": factors,
		"roles":                  c.State.SessionRoles(s),
	}
	claims[claimOrganization] = map[string]any{
		"organization_id": c.State.Member(s.MemberID).OrganizationID,
		"slug":            c.State.Org(c.State.Member(s.MemberID).OrganizationID).Slug,
	}
	return signClaims(claims, key)
}

// audiences are the values of aud: the project, and the custom audience of its session JWT
// template. That the template adds to the project and does not replace it is deduced:
// Stytch's SDKs reject a session_jwt without the project.
// Source: https://stytch.com/docs/api-reference/pwa/api/v3/jwt-templates/set-jwt-template
func (c *Request) audiences() []string {
	if c.CustomAudience == "" {
		return []string{c.ProjectID}
	}
	return []string{c.ProjectID, c.CustomAudience}
}

func signClaims(claims map[string]any, key PublishedKey) string {
	input := encodePart(jwtHeader{Alg: "RS256", Kid: key.Kid, Typ: "JWT"}) + "." + encodePart(claims)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, key.Private, crypto.SHA256, digest[:])
	if err != nil {
		panic("mock: cannot sign a JWT: " + err.Error())
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encodePart(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic("mock: cannot encode a JWT: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// jwtClaims are the claims that sessions/authenticate looks at.
type jwtClaims struct {
	Issuer   string   `json:"iss"`
	Audience []string `json:"aud"`
	Subject  string   `json:"sub"`
	Expires  int64    `json:"exp"`
	NotYet   int64    `json:"nbf"`
	Session  struct {
		ID string `json:"id"`
	} `json:"https://stytch.com/session"`
	Organization struct {
		ID string `json:"organization_id"`
	} `json:"https://stytch.com/organization"`
}

// readJWT checks a session_jwt's signature, issuer and audience, but not whether it
// has expired. A key that is not published any more verifies nothing.
// The error types are Stytch's; their meanings are deduced from the names.
func (c *Request) readJWT(jwt string) (jwtClaims, error) {
	rawClaims, _, ok := c.verify(jwt)
	if !ok {
		return jwtClaims{}, wire.Error("unable_to_parse_session_jwt")
	}
	var claims jwtClaims
	if json.Unmarshal(rawClaims, &claims) != nil {
		return jwtClaims{}, wire.Error("jwt_invalid_claims")
	}
	switch {
	case claims.Issuer != c.issuer():
		return jwtClaims{}, wire.Error("jwt_invalid_issuer")
	case !slices.Contains(claims.Audience, c.ProjectID): // the template may have changed since
		return jwtClaims{}, wire.Error("jwt_invalid_audience")
	case claims.Subject == "" || claims.Session.ID == "" || claims.Organization.ID == "" || claims.Expires == 0 || claims.NotYet > c.ClockTime().Unix():
		return jwtClaims{}, wire.Error("jwt_invalid_claims")
	}
	return claims, nil
}

// verify returns the claims of a session_jwt that a published key has signed, and the
// key.
func (c *Request) verify(jwt string) (claims []byte, key *PublishedKey, ok bool) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil, nil, false
	}
	var header jwtHeader
	rawHeader, err1 := decodeText(base64.RawURLEncoding, parts[0])
	rawClaims, err2 := decodeText(base64.RawURLEncoding, parts[1])
	signature, err3 := decodeText(base64.RawURLEncoding, parts[2])
	if err1 != nil || err2 != nil || err3 != nil || json.Unmarshal(rawHeader, &header) != nil {
		return nil, nil, false
	}
	// The key is found by kid alone, and the algorithm is ours: a header that could
	// choose it could choose "none".
	key = c.keyOf(header.Kid)
	if header.Alg != "RS256" || header.Typ != "JWT" || key == nil {
		return nil, nil, false
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&key.Private.PublicKey, crypto.SHA256, digest[:], signature) != nil {
		return nil, nil, false
	}
	return rawClaims, key, true
}

func (c *Request) keyOf(kid string) *PublishedKey {
	for _, k := range c.Published(c.Now) {
		if k.Kid == kid {
			return &k
		}
	}
	return nil
}

// sessionOfJWT returns the live session that a JWT speaks of.
func (c *Request) sessionOfJWT(jwt string) (*state.Session, error) {
	claims, err := c.readJWT(jwt)
	if err != nil {
		return nil, err
	}
	// The session decides, not the JWT: its roles, claims and end may have changed
	// since, and it may be over.
	s, err := c.Alive(c.State.Sessions[claims.Session.ID])
	if err != nil {
		return nil, err
	}
	if s.MemberID != claims.Subject || c.State.Member(s.MemberID).OrganizationID != claims.Organization.ID {
		return nil, wire.Error("jwt_invalid_claims")
	}
	return s, nil
}

// Unexpired refuses a JWT that has expired.
func (c *Request) Unexpired(jwt string) error {
	claims, err := c.readJWT(jwt)
	if err != nil {
		return err
	}
	if c.ClockTime().Unix() >= claims.Expires {
		return wire.Error("jwt_invalid_claims")
	}
	return nil
}
