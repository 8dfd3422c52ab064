package mock

import (
	"time"
)

// authenticatePasswordRequest is POST /v1/b2b/passwords/authenticate.
type authenticatePasswordRequest struct {
	OrganizationID string `json:"organization_id"`
	EmailAddress   string `json:"email_address"`
	Password       string `json:"password"`
	signInRequest
}

// authenticatePassword signs a member in. A wrong password has the same error
// type as a wrong project secret, 401 unauthorized_credentials.
// Source: https://stytch.com/docs/b2b/api/authenticate-password
func authenticatePassword(c *call, in authenticatePasswordRequest) (*signInAnswer, error) {
	org, m, err := c.memberForPassword(in.OrganizationID, in.EmailAddress)
	if err != nil {
		return nil, err
	}
	if !org.Settings.permitsMethod("password", m) {
		return nil, refuse("operation_restricted_by_organization_auth_methods")
	}
	a, err := c.begin(m, in.signInRequest)
	if err != nil {
		return nil, err
	}
	if err := c.checkPassword(m, m.Password, in.Password); err != nil {
		return nil, err
	}
	out, err := c.finish(a, c.passwordFactor())
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// memberForPassword returns the organization and its member of this address.
func (c *call) memberForPassword(name, email string) (*organization, *member, error) {
	org, err := c.organization(name)
	if err != nil {
		return nil, nil, err
	}
	if err := checkEmail(email); err != nil {
		return nil, nil, err
	}
	m := c.memberByEmail(org, email)
	if m == nil {
		return nil, nil, refuse("member_not_found")
	}
	return org, m, nil
}

// migratePasswordRequest is POST /v1/b2b/passwords/migrate.
type migratePasswordRequest struct {
	OrganizationID       string   `json:"organization_id"`
	EmailAddress         string   `json:"email_address"`
	Name                 *string  `json:"name"`
	TrustedMetadata      metadata `json:"trusted_metadata"`
	UntrustedMetadata    metadata `json:"untrusted_metadata"`
	Roles                []string `json:"roles"`
	PreserveExistingSess bool     `json:"preserve_existing_sessions"`
	MFAPhoneNumber       *string  `json:"mfa_phone_number"`
	SetPhoneNumberVerif  bool     `json:"set_phone_number_verified"`
	ExternalID           *string  `json:"external_id"`
	hashParams
}

// migratePassword takes over a password by its hash, and its member with it: the
// address counts as proven.
// Source: https://stytch.com/docs/b2b/api/passwords-migrate
func migratePassword(c *call, in migratePasswordRequest) (*loginOrSignupAnswer, error) {
	org, err := c.organization(in.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	if err := c.limit("migrate", 100, time.Second); err != nil {
		return nil, err
	}
	hash, err := in.read()
	if err != nil {
		return nil, hashRefusal(err)
	}
	m := c.memberByEmail(org, in.EmailAddress)
	created := m == nil
	var changed member
	if created {
		if err := c.admit(org, in.EmailAddress, nil); err != nil {
			return nil, err
		}
		changed = *c.newMember(org, in.EmailAddress, statusActive)
	} else {
		changed = *m
	}
	if changed.Password != nil {
		return nil, refuse("password_already_exists")
	}
	if in.Name != nil {
		changed.Name = *in.Name
	}
	if err := c.describe(&changed, in.TrustedMetadata, in.UntrustedMetadata, in.Roles); err != nil {
		return nil, err
	}
	if in.MFAPhoneNumber != nil && *in.MFAPhoneNumber != "" {
		if err := c.setPhone(&changed, *in.MFAPhoneNumber); err != nil {
			return nil, err
		}
		changed.PhoneVerified = in.SetPhoneNumberVerif
	}
	if in.ExternalID != nil && *in.ExternalID != "" {
		if err := c.setExternalID(&changed, *in.ExternalID); err != nil {
			return nil, err
		}
	}
	if created {
		m = &changed
		c.keep(m)
	} else {
		*m = changed
		c.db.enter(m)
	}
	c.prove(m)
	c.activate(m)
	c.setPassword(m, &password{ID: c.newID("member-password"), Migrated: hash})
	return &loginOrSignupAnswer{MemberID: m.ID, MemberCreated: created, Member: c.db.memberJSON(m), Organization: org.json()}, nil
}

// discoverByPasswordRequest is POST /v1/b2b/passwords/discovery/authenticate.
type discoverByPasswordRequest struct {
	EmailAddress string `json:"email_address"`
	Password     string `json:"password"`
}

// discoverByPassword begins a discovery, where passwords belong to addresses. A
// wrong one therefore counts against every member of the address, and one of
// them locked out closes this endpoint: otherwise it would be the way to guess
// around their lock. Stytch does not say which; this is the stricter reading.
// Source: https://stytch.com/docs/b2b/api/passwords-discovery-authenticate
func discoverByPassword(c *call, in discoverByPasswordRequest) (*discoveryAnswer, error) {
	if err := c.crossOrg(); err != nil {
		return nil, err
	}
	if err := checkEmail(in.EmailAddress); err != nil {
		return nil, err
	}
	who := c.everybodyAt(in.EmailAddress)
	for _, m := range who {
		if err := c.unlocked(m); err != nil {
			return nil, err
		}
	}
	err := c.checkPassword(nil, c.db.Passwords[foldEmail(in.EmailAddress)], in.Password)
	for _, m := range who {
		if err == nil {
			m.Failures = 0
		} else {
			err = c.failed(m, err)
		}
	}
	if err != nil {
		return nil, err
	}
	out := c.answerDiscovery(&intermediate{Email: in.EmailAddress, Factors: []factor{c.passwordFactor()}})
	return &out, nil
}

// everybodyAt returns the members of all organizations who have this address.
func (c *call) everybodyAt(email string) []*member {
	var out []*member
	for _, m := range c.db.Members {
		if m.Status != statusDeleted && sameEmail(m.Email, email) {
			out = append(out, m)
		}
	}
	return out
}

func (c *call) crossOrg() error {
	if !c.crossOrgPasswords {
		return refuse("cross_org_passwords_not_enabled")
	}
	return nil
}
