package sessions

import (
	"crypto/sha256"
	"encoding/base64"
	"math/big"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// jwksResponse is the response of GET /v1/b2b/sessions/jwks/{project_id}.
// Source: https://stytch.com/docs/b2b/api/get-jwks
type jwksResponse struct {
	wire.Envelope
	Keys []jwk `json:"keys"`
}

type jwk struct {
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

// JWKS needs no credentials, and ignores those it gets.
func JWKS(c *core.Request) (wire.Success, error) {
	switch id := c.Params["project_id"]; {
	case !core.ProjectForm.MatchString(id):
		return nil, wire.Error("invalid_project_id")
	case id != c.ProjectID:
		return nil, wire.Error("project_not_found")
	}
	out := &jwksResponse{Keys: []jwk{}}
	for _, k := range c.Published(c.Now) {
		thumbprint := sha256.Sum256(k.Certificate)
		out.Keys = append(out.Keys, jwk{
			Kty:     "RSA",
			Use:     "sig",
			KeyOps:  []string{"verify"},
			Alg:     "RS256",
			Kid:     k.Kid,
			X5C:     []string{base64.StdEncoding.EncodeToString(k.Certificate)}, // RFC 7517, 4.7: not base64url
			X5TS256: base64.RawURLEncoding.EncodeToString(thumbprint[:]),
			N:       base64.RawURLEncoding.EncodeToString(k.Private.N.Bytes()),
			E:       base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.Private.E)).Bytes()),
		})
	}
	return out, nil
}
