package mock

import "slices"

// organizationIDAnswer is the answer of the delete call, which has no
// organization object.
type organizationIDAnswer struct {
	envelope
	OrganizationID string `json:"organization_id"`
}

// deleteOrganization forgets the organization and marks its members as deleted.
// What becomes of their sessions is not published; here they end. The slug is
// free again, which is not published either.
// Source: https://stytch.com/docs/b2b/api/delete-organization
func deleteOrganization(c *call) (stamped, error) {
	o, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	if err := c.permitOrganization(o, "delete"); err != nil {
		return nil, err
	}
	for _, m := range o.roll.members {
		if m.status != statusDeleted {
			m.status, m.updatedAt = statusDeleted, c.now
			c.enter(m)
			c.dropIntermediates(m)
		}
	}
	c.endSessions(func(s *session) bool { return s.member.org == o })
	c.dropLinks(func(l *link) bool { return l.member != nil && l.member.org == o })
	c.forget(o)
	return &organizationIDAnswer{OrganizationID: o.id}, nil
}

// forget takes the organization out of the list.
func (c *call) forget(o *organization) {
	c.s.db.organizations = slices.DeleteFunc(c.s.db.organizations, func(other *organization) bool { return other == o })
}
