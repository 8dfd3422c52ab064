package control

// LoginRequest asks for a session without signing in through the API.
type LoginRequest struct {
	OrganizationID string   `json:"organization_id"` // its id, slug or external id
	EmailAddress   string   `json:"email_address"`
	Roles          []string `json:"roles"`
	Factors        []string `json:"factors"`
	JWTAge         string   `json:"jwt_age"`
}

// LoginResponse is the session.
type LoginResponse struct {
	SessionToken string `json:"session_token"`
	SessionJWT   string `json:"session_jwt"`
	MemberID     string `json:"member_id"`
}

// IdPUser is a person that the identity provider knows.
type IdPUser struct {
	Email      string         `json:"email"`
	Name       string         `json:"name"`
	Subject    string         `json:"subject"`
	Unverified bool           `json:"unverified"`
	Tenants    []string       `json:"tenants"`
	Groups     []string       `json:"groups"`
	Attributes map[string]any `json:"attributes"`
}

// ConnectedApp is an OAuth client, with the fields of Stytch's call for them.
type ConnectedApp struct {
	ClientID                      string   `json:"client_id"`
	ClientName                    string   `json:"client_name"`
	ClientDescription             string   `json:"client_description"`
	ClientType                    string   `json:"client_type"`
	RedirectURLs                  []string `json:"redirect_urls"`
	LogoURL                       string   `json:"logo_url"`
	FullAccessAllowed             bool     `json:"full_access_allowed"`
	BypassConsentForOfflineAccess bool     `json:"bypass_consent_for_offline_access"`
}

// ConnectedAppResponse is the id of an OAuth client.
type ConnectedAppResponse struct {
	ClientID string `json:"client_id"`
}

// ForeignRequest asks for a token of another issuer.
type ForeignRequest struct {
	MemberID string `json:"member_id"`
	Kind     string `json:"kind"`
}

// ForeignTokenResponse is that token.
type ForeignTokenResponse struct {
	Token     string `json:"token"`
	ProfileID string `json:"profile_id"` // for sessions/attest
}

// ImpersonateRequest asks for an impersonation_token.
type ImpersonateRequest struct {
	MemberID          string `json:"member_id"`
	ImpersonatorEmail string `json:"impersonator_email_address"`
}

// ImpersonateResponse is that token.
type ImpersonateResponse struct {
	Token string `json:"impersonation_token"`
}
