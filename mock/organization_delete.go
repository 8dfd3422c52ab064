package mock

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
	for _, m := range c.db.roster(o).members {
		if m.Status != statusDeleted {
			m.Status, m.UpdatedAt = statusDeleted, c.now
			c.db.enter(m)
			c.dropIntermediates(m)
		}
	}
	c.db.endSessions(func(s *session) bool { return c.db.member(s.MemberID).OrganizationID == o.ID })
	c.dropLinks(func(l *link) bool { return l.MemberID != "" && c.db.member(l.MemberID).OrganizationID == o.ID })
	c.db.deleteOrganization(o)
	return &organizationIDAnswer{OrganizationID: o.ID}, nil
}
