package mock

import (
	"regexp"
	"slices"
)

var (
	phoneForm    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // E.164
	memberIDForm = regexp.MustCompile(`^member-(test|live)-`)
)

// setPhone gives the member a number. A second one has to wait until the first
// is deleted, as Stytch asks.
func (c *call) setPhone(m *member, phone string) error {
	switch {
	case !phoneForm.MatchString(phone):
		return refuse("invalid_phone_number")
	case m.Phone != "":
		return refuse("duplicate_member_phone_number_for_member")
	}
	for _, other := range c.db.roster(c.db.org(m.OrganizationID)).members {
		if other.ID != m.ID && other.Status != statusDeleted && other.Phone == phone {
			return refuse("duplicate_member_phone_number")
		}
	}
	m.Phone, m.PhoneID = phone, c.newID("phone-number")
	return nil
}

// setExternalID names the member in the caller's words. Deleted members keep
// theirs; whether Stytch frees them is not published.
func (c *call) setExternalID(m *member, id string) error {
	if !externalIDForm.MatchString(id) || memberIDForm.MatchString(id) {
		return refuseField("invalid_argument", "external_id")
	}
	if other := c.db.roster(c.db.org(m.OrganizationID)).byExternal[id]; other != nil && other.ID != m.ID {
		return refuse("duplicate_member_external_id")
	}
	m.ExternalID = id
	return nil
}

// setRoles replaces the assigned roles.
func (c *call) setRoles(m *member, ids []string) error {
	roles := make([]string, 0, len(ids))
	for _, id := range ids {
		if err := c.checkRole(c.db.org(m.OrganizationID), id); err != nil {
			return err
		}
		if !slices.Contains(roles, id) {
			roles = append(roles, id)
		}
	}
	m.Roles = roles
	return nil
}

// checkRole refuses a role that cannot be assigned. stytch_member is in every
// Member that Stytch returns, and naming it is an error all the same.
func (c *call) checkRole(org *organization, id string) error {
	switch {
	case id == roleMember:
		return refuse("cannot_assign_default_rbac_role_id")
	case !c.policyOf(org).has(id):
		return refuse("invalid_rbac_role_id")
	}
	return nil
}

// admit refuses an address that cannot become, or be, that of this member: m is
// nil for somebody new.
func (c *call) admit(org *organization, email string, m *member) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	if other := c.memberByEmail(org, email); other != nil && other != m {
		return refuse("duplicate_member_email")
	}
	if other := c.db.roster(org).retired[foldEmail(email)]; other != nil && other != m {
		return refuse("retired_member_email")
	}
	if claimant := c.db.claimant(domainOf(email)); claimant != nil && claimant != org {
		return refuse("action_not_allowed_email_domain_is_claimed")
	}
	return nil
}
