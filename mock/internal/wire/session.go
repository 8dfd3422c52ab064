package wire

import "encoding/json"

// SessionJSON is the MemberSession object with every field that is not optional.
// Source: https://stytch.com/docs/b2b/api/session-object
type Session struct {
	MemberSessionID       string                     `json:"member_session_id"`
	MemberID              string                     `json:"member_id"`
	StartedAt             Timestamp                  `json:"started_at"`
	LastAccessedAt        Timestamp                  `json:"last_accessed_at"`
	ExpiresAt             Timestamp                  `json:"expires_at"`
	AuthenticationFactors []map[string]any           `json:"authentication_factors"`
	OrganizationID        string                     `json:"organization_id"`
	Roles                 []string                   `json:"roles"`
	OrganizationSlug      string                     `json:"organization_slug"`
	CustomClaims          map[string]json.RawMessage `json:"custom_claims"`
}
