package passwords

import (
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/passhash"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// authenticatePasswordRequest is POST /v1/b2b/passwords/authenticate.
type authenticatePasswordRequest struct {
	OrganizationID string `json:"organization_id"`
	EmailAddress   string `json:"email_address"`
	Password       string `json:"password"`
	core.SignInRequest
}

// Authenticate signs a member in. A wrong password has the same error
// type as a wrong project secret, 401 unauthorized_credentials.
// Source: https://stytch.com/docs/b2b/api/authenticate-password
func Authenticate(c *core.Request, in authenticatePasswordRequest) (*core.SignInResponse, error) {
	org, m, err := memberForPassword(c, in.OrganizationID, in.EmailAddress)
	if err != nil {
		return nil, err
	}
	if !state.PermitsMethod(org.Settings, "password", m) {
		return nil, wire.Error("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.Begin(m, in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if err := checkPassword(c, m, m.Password, in.Password); err != nil {
		return nil, err
	}
	out, err := c.Finish(a, passwordFactor(c))
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// memberForPassword returns the organization and its member of this address.
func memberForPassword(c *core.Request, name, email string) (*state.Organization, *state.Member, error) {
	org, err := c.Organization(name)
	if err != nil {
		return nil, nil, err
	}
	if err := wire.CheckEmail(email); err != nil {
		return nil, nil, err
	}
	m := c.MemberByEmail(org, email)
	if m == nil {
		return nil, nil, wire.Error("member_not_found")
	}
	return org, m, nil
}

// migratePasswordRequest is POST /v1/b2b/passwords/migrate.
type migratePasswordRequest struct {
	OrganizationID      string        `json:"organization_id"`
	EmailAddress        string        `json:"email_address"`
	Name                *string       `json:"name"`
	TrustedMetadata     wire.Metadata `json:"trusted_metadata"`
	UntrustedMetadata   wire.Metadata `json:"untrusted_metadata"`
	Roles               []string      `json:"roles"`
	PreserveSessions    bool          `json:"preserve_existing_sessions"`
	MFAPhoneNumber      *string       `json:"mfa_phone_number"`
	SetPhoneNumberVerif bool          `json:"set_phone_number_verified"`
	ExternalID          *string       `json:"external_id"`
	passhash.Params
}

// Migrate takes over a password by its hash, and its member with it: the
// address counts as proven.
// Source: https://stytch.com/docs/b2b/api/passwords-migrate
func Migrate(c *core.Request, in migratePasswordRequest) (*core.LoginOrSignupResponse, error) {
	org, err := c.Organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	if err := c.Limit("migrate", 100, time.Second); err != nil {
		return nil, err
	}
	hash, err := in.Read()
	if err != nil {
		return nil, state.HashError(err)
	}
	m := c.MemberByEmail(org, in.EmailAddress)
	created := m == nil
	var changed state.Member
	if created {
		if err := c.CheckAddress(org, in.EmailAddress, nil); err != nil {
			return nil, err
		}
		changed = *c.NewMember(org, in.EmailAddress, state.StatusActive)
	} else {
		changed = *m
	}
	if changed.Password != nil {
		return nil, wire.Error("password_already_exists")
	}
	if in.Name != nil {
		changed.Name = *in.Name
	}
	if err := c.SetDetails(&changed, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	if in.MFAPhoneNumber != nil && *in.MFAPhoneNumber != "" {
		if err := c.SetPhone(&changed, *in.MFAPhoneNumber); err != nil {
			return nil, err
		}
		changed.PhoneVerified = in.SetPhoneNumberVerif
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.SetExternalID(&changed, *in.ExternalID); err != nil {
			return nil, err
		}
	}
	if created {
		m = &changed
		c.StoreMember(m)
	} else {
		if !in.PreserveSessions {
			c.EndGrantedSessions(m, changed.Roles)
		}
		*m = changed
		c.State.Reindex(m)
	}
	c.VerifyEmail(m)
	c.Activate(m)
	SetPassword(c, m, &state.Password{ID: c.NewID("member-password"), Migrated: hash})
	return &core.LoginOrSignupResponse{MemberID: m.ID, MemberCreated: created, Member: c.State.MemberJSON(m), Organization: org.JSON()}, nil
}

// discoverByPasswordRequest is POST /v1/b2b/passwords/discovery/authenticate.
type discoverByPasswordRequest struct {
	EmailAddress string `json:"email_address"`
	Password     string `json:"password"`
}

// Discover begins a discovery, where passwords belong to addresses. A
// wrong one therefore counts against every member of the address, and one of
// them locked out closes this endpoint: otherwise it would be the way to guess
// around their lock. Stytch does not say which; this is the stricter reading.
// Source: https://stytch.com/docs/b2b/api/passwords-discovery-authenticate
func Discover(c *core.Request, in discoverByPasswordRequest) (*core.DiscoveryResponse, error) {
	if err := crossOrg(c); err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	members := membersAt(c, in.EmailAddress)
	for _, m := range members {
		if err := c.CheckLock(m); err != nil {
			return nil, err
		}
	}
	err := checkPassword(c, nil, c.State.Passwords[wire.FoldEmail(in.EmailAddress)], in.Password)
	for _, m := range members {
		if err == nil {
			m.Failures = 0
		} else {
			err = c.CountFailure(m, err)
		}
	}
	if err != nil {
		return nil, err
	}
	out := c.AnswerDiscovery(&state.Intermediate{Email: in.EmailAddress, Factors: []state.Factor{passwordFactor(c)}})
	return &out, nil
}

// membersAt returns the members of all organizations who have this address.
func membersAt(c *core.Request, email string) []*state.Member {
	var out []*state.Member
	for _, m := range c.State.At(email) {
		if m.Status != state.StatusDeleted {
			out = append(out, m)
		}
	}
	return out
}

func crossOrg(c *core.Request) error {
	if !c.CrossOrgPasswords {
		return wire.Error("cross_org_passwords_not_enabled")
	}
	return nil
}
