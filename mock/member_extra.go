package mock

import "strings"

// dangerouslyGet finds a member by their id alone, without saying whose class it
// is in: who calls it must check that. It takes no external id.
// Source: https://stytch.com/docs/b2b/api/dangerously-get-member
func dangerouslyGet(c *call) (stamped, error) {
	m := c.db.member(c.params["member_id"])
	if m == nil || (m.Status == statusDeleted && !strings.EqualFold(c.query.Get("include_deleted"), "true")) {
		return nil, refuse("member_not_found")
	}
	return c.answerMember(m), nil
}

// deletePassword takes a member's password away, by its own id. One that belongs
// to an address is not an organization's to delete.
// Source: https://stytch.com/docs/b2b/api/delete-member-password
func deletePassword(c *call) (stamped, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	for _, m := range c.db.roster(org).members {
		if m.Status == statusDeleted || m.Password == nil || m.Password.ID != c.params["member_password_id"] {
			continue
		}
		if err := c.permit(org, m, "update.info.delete.password"); err != nil {
			return nil, err
		}
		if c.crossOrgPasswords {
			return nil, refuse("cross_org_passwords_enabled")
		}
		m.Password, m.UpdatedAt = nil, c.now
		return c.answerMember(m), nil
	}
	if err := c.permit(org, nil, "update.info.delete.password"); err != nil {
		return nil, err
	}
	return nil, refuse("member_password_not_found")
}

// deleteMemberExternalID forgets the caller's own name for a member.
// Source: https://stytch.com/docs/b2b/api/delete-member-external-id
func deleteMemberExternalID(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "update.info.external-id"); err != nil {
		return nil, err
	}
	m.ExternalID, m.UpdatedAt = "", c.now
	c.db.enter(m)
	return c.answerMember(m), nil
}

// deleteOrganizationExternalID is the same for an organization.
// Source: https://stytch.com/docs/b2b/api/delete-organization-external-id
func deleteOrganizationExternalID(c *call) (stamped, error) {
	org, err := c.organizationFor(resourceOrganization, "update.info.external-id")
	if err != nil {
		return nil, err
	}
	org.ExternalID, org.UpdatedAt = "", c.now
	c.db.enterOrganization(org)
	return &organizationAnswer{Organization: org.json()}, nil
}

// metricsAnswer is the answer of GET …/{organization_id}/metrics.
type metricsAnswer struct {
	envelope
	MemberCount int `json:"member_count"`
}

// getMetrics counts the members; whether Stytch counts deleted ones is not
// published.
// Source: https://stytch.com/docs/b2b/api/organization-metrics
func getMetrics(c *call) (stamped, error) {
	org, err := c.organization(c.params["organization_id"])
	if err != nil {
		return nil, err
	}
	return &metricsAnswer{MemberCount: c.db.roster(org).live}, nil
}

// connectedAppsAnswer is the answer of the calls that list Connected Apps, of
// which there are none here.
type connectedAppsAnswer struct {
	envelope
	ConnectedApps []any `json:"connected_apps"`
}

func getConnectedApps(c *call) (stamped, error) {
	if _, err := c.organization(c.params["organization_id"]); err != nil {
		return nil, err
	}
	if c.caller != nil && c.params["member_id"] == "" {
		// Stytch states no action for it, so only who may read all members may ask.
		org, err := c.organization(c.params["organization_id"])
		if err != nil {
			return nil, err
		}
		if err := c.permit(org, nil, "get.connected-apps"); err != nil {
			return nil, err
		}
	}
	return &connectedAppsAnswer{ConnectedApps: []any{}}, nil
}

// getMemberConnectedApps lists those that a member has let in.
// Source: https://stytch.com/docs/b2b/api/get-member-connected-apps
func getMemberConnectedApps(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "get.connected-apps"); err != nil {
		return nil, err
	}
	return &connectedAppsAnswer{ConnectedApps: []any{}}, nil
}

// getConnectedApp and revokeConnectedApp find no app, since there are none.
func getConnectedApp(c *call) (stamped, error) {
	if _, err := getConnectedApps(c); err != nil {
		return nil, err
	}
	return nil, refuse("connected_app_not_found")
}

func revokeConnectedApp(c *call) (stamped, error) {
	org, m, err := c.namedMember()
	if err != nil {
		return nil, err
	}
	if err := c.permit(org, m, "revoke.connected-app"); err != nil {
		return nil, err
	}
	return nil, refuse("connected_app_not_found")
}
