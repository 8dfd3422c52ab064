package wire

// SSORegistration is an account at an SSO identity provider, in a Member object.
// Source: https://stytch.com/docs/b2b/api/member-object
type SSORegistration struct {
	ConnectionID   string   `json:"connection_id"`
	ExternalID     string   `json:"external_id"`
	RegistrationID string   `json:"registration_id"`
	SSOAttributes  Metadata `json:"sso_attributes"`
}

// RetiredEmail is an address that a member had. No other member of the organization
// may take it.
type RetiredEmail struct {
	EmailID      string `json:"email_id"`
	EmailAddress string `json:"email_address"`
}

// Member is the Member object with every field that is not optional.
// Source: https://stytch.com/docs/b2b/api/member-object
type Member struct {
	OrganizationID         string              `json:"organization_id"`
	MemberID               string              `json:"member_id"`
	EmailAddress           string              `json:"email_address"`
	Status                 string              `json:"status"`
	Name                   string              `json:"name"`
	SSORegistrations       []SSORegistration   `json:"sso_registrations"`
	IsBreakglass           bool                `json:"is_breakglass"`
	MemberPasswordID       string              `json:"member_password_id"`
	OAuthRegistrations     []OAuthRegistration `json:"oauth_registrations"`
	EmailAddressVerified   bool                `json:"email_address_verified"`
	MFAPhoneNumberVerified bool                `json:"mfa_phone_number_verified"`
	IsAdmin                bool                `json:"is_admin"`
	TOTPRegistrationID     string              `json:"totp_registration_id"`
	RetiredEmailAddresses  []RetiredEmail      `json:"retired_email_addresses"`
	IsLocked               bool                `json:"is_locked"`
	MFAEnrolled            bool                `json:"mfa_enrolled"`
	MFAPhoneNumber         string              `json:"mfa_phone_number"`
	DefaultMFAMethod       string              `json:"default_mfa_method"`
	Roles                  []MemberRole        `json:"roles"`
	TrustedMetadata        Metadata            `json:"trusted_metadata"`
	UntrustedMetadata      Metadata            `json:"untrusted_metadata"`
	CreatedAt              Timestamp           `json:"created_at"`
	UpdatedAt              Timestamp           `json:"updated_at"`
	SCIMRegistration       *SCIMRegistration   `json:"scim_registration"`
	ExternalID             *string             `json:"external_id"`
	LockCreatedAt          *Timestamp          `json:"lock_created_at"`
	LockExpiresAt          *Timestamp          `json:"lock_expires_at"`
}

// MemberRole is a role of a member, with where it comes from.
type MemberRole struct {
	RoleID  string       `json:"role_id"`
	Sources []RoleSource `json:"sources"`
}

// RoleSource is one reason for a role.
type RoleSource struct {
	Type    string            `json:"type"`
	Details map[string]string `json:"details"`
}

// OAuthRegistration is an account at an OAuth provider, in a Member object.
// Source: https://stytch.com/docs/b2b/api/member-object
type OAuthRegistration struct {
	ProviderType              string `json:"provider_type"`
	ProviderSubject           string `json:"provider_subject"`
	MemberOAuthRegistrationID string `json:"member_oauth_registration_id"`
	ProfilePictureURL         string `json:"profile_picture_url"`
	Locale                    string `json:"locale"`
}
