package scim

import (
	"net/http"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// namedUser returns the member in the path. A directory sees the members that it
// has made or taken over, deprovisioned ones among them, and no others.
func (c *Call) namedUser() (*state.Member, error) {
	m := c.user(c.Params["user_id"])
	if m == nil {
		return nil, &protocolError{http.StatusNotFound, "", "There is no such User."}
	}
	return m, nil
}

// user returns the member of this id, or nil if the directory has none.
func (c *Call) user(id string) *state.Member {
	m := c.State.Member(id)
	if m == nil || m.SCIM == nil || m.SCIM.ConnectionID != c.n.ID {
		return nil
	}
	return m
}

// GetUser is GET /Users/{user_id}.
func GetUser(c *Call) (*wire.Document, error) {
	m, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	return c.one(http.StatusOK, c.userOf(m), userAttributes)
}

// CreateUser is POST /Users. An address that a member of the class has already makes no
// second member: the directory takes this one over, unless it knows them already. Whether
// Stytch does so is not published.
func CreateUser(c *Call) (*wire.Document, error) {
	body, err := c.object(userURN)
	if err != nil {
		return nil, err
	}
	attributes, err := clean(userAttributes, body)
	if err != nil {
		return nil, err
	}
	p, active, err := readUser(attributes)
	if err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(addressOf(p)); err != nil {
		return nil, invalid("invalidValue", "Neither emails nor userName has an e-mail address.")
	}
	m := c.MemberByEmail(c.org, addressOf(p))
	isNew := m == nil
	switch {
	case isNew:
		if err := c.CheckAddress(c.org, addressOf(p), nil); err != nil {
			return nil, err
		}
		m = c.NewMember(c.org, addressOf(p), state.StatusActive)
	case m.SCIM != nil:
		return nil, conflict("Another User has this e-mail address.")
	}
	if err := c.checkUserName(m, p); err != nil {
		return nil, err
	}
	// Nothing can be rejected any more.
	m.SCIM = &state.SCIMRegistration{ID: c.NewID("scim-registration"), ConnectionID: c.n.ID, CreatedAt: c.Now}
	if isNew {
		c.StoreMember(m)
	}
	c.Activate(m)
	c.describe(m, p)
	if active != nil && !*active {
		c.deprovision(m)
	}
	out := c.userOf(m)
	return created(out.Meta.Location, out), nil
}

func (c *Call) checkUserName(m *state.Member, p wire.SCIMPerson) error {
	if other := c.State.Roster(c.org).ByUserName[wire.FoldEmail(p.UserName)]; other != nil && other != m {
		return conflict("Another User has this userName.")
	}
	return nil
}

// describe writes on the member what the directory says. Its address counts as proven:
// by Stytch's table of SCIM actions a new member gets the roles of their e-mail domain,
// and only a proven address brings these.
// Source: https://stytch.com/docs/b2b/guides/scim/actions
func (c *Call) describe(m *state.Member, p wire.SCIMPerson) {
	m.SCIM.Person, m.SCIM.UpdatedAt = p, c.Now
	if name := nameOf(p); name != "" {
		m.Name = name
	}
	m.UpdatedAt = c.Now
	if wire.SameEmail(addressOf(p), m.Email) {
		m.Verified = true
	}
	c.State.Reindex(m)
	if m.Status != state.StatusDeleted {
		c.MemberChanged(m)
	}
}

// ReplaceUser is PUT /Users/{user_id}.
func ReplaceUser(c *Call) (*wire.Document, error) {
	m, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	body, err := c.object(userURN)
	if err != nil {
		return nil, err
	}
	attributes, err := clean(userAttributes, body)
	if err != nil {
		return nil, err
	}
	return c.changeUser(m, attributes)
}

// PatchUser is PATCH /Users/{user_id}.
func PatchUser(c *Call) (*wire.Document, error) {
	m, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	operations, err := c.operations()
	if err != nil {
		return nil, err
	}
	attributes, err := patch(c.userOf(m), userAttributes, operations)
	if err != nil {
		return nil, err
	}
	return c.changeUser(m, attributes)
}

// changeUser gives the member these attributes, or changes nothing.
func (c *Call) changeUser(m *state.Member, attributes map[string]any) (*wire.Document, error) {
	attributes, err := clean(userAttributes, attributes)
	if err != nil {
		return nil, err
	}
	p, active, err := readUser(attributes)
	if err != nil {
		return nil, err
	}
	if err := c.checkUserName(m, p); err != nil {
		return nil, err
	}
	if err := wire.CheckEmail(addressOf(p)); err != nil {
		return nil, invalid("invalidValue", "Neither emails nor userName has an e-mail address.")
	}
	changed := *m
	// What the project has changed meanwhile stays, if the directory repeats itself.
	if !wire.SameEmail(addressOf(p), addressOf(m.SCIM.Person)) {
		if err := c.ChangeEmail(&changed, m, addressOf(p), false); err != nil {
			return nil, err
		}
	}
	deleted := m.Status == state.StatusDeleted
	if deleted && active != nil && *active {
		if err := c.CheckAddress(c.org, changed.Email, m); err != nil {
			return nil, err
		}
		changed.Status = state.StatusActive
	}
	// Nothing can be rejected any more.
	*m = changed
	c.describe(m, p)
	if !deleted && active != nil && !*active {
		c.deprovision(m)
	}
	return c.one(http.StatusOK, c.userOf(m), userAttributes)
}

// deprovision ends a membership: the member is deleted, their sessions end, and the roles
// that were assigned to them are gone when they are provisioned again. Stytch's guide
// calls the status deactivated, its Member object has only deleted.
// Source: https://stytch.com/docs/b2b/guides/scim/actions
func (c *Call) deprovision(m *state.Member) {
	m.Roles = []string{}
	c.DeleteMember(m)
}

// DeleteUser is DELETE /Users/{user_id}: the member is deprovisioned, and no User any
// more.
func DeleteUser(c *Call) (*wire.Document, error) {
	m, err := c.namedUser()
	if err != nil {
		return nil, err
	}
	if m.Status != state.StatusDeleted {
		c.deprovision(m)
	}
	m.SCIM = nil
	c.State.Reindex(m)
	return document(http.StatusNoContent, nil), nil
}

// ListUsers is GET /Users.
func ListUsers(c *Call) (*wire.Document, error) {
	filter, err := c.filter(userAttributes, "userName", "externalId")
	if err != nil {
		return nil, err
	}
	among := c.State.Roster(c.org).Members
	if filter != nil && filter.attribute == "userName" {
		name, _ := filter.value.(string)
		among = nil
		if m := c.State.Roster(c.org).ByUserName[wire.FoldEmail(name)]; m != nil {
			among = []*state.Member{m}
		}
	}
	var found []*state.Member
	for _, m := range among {
		if m.SCIM != nil && (filter == nil || filter.attribute == "userName" || filter.matches(m.SCIM.Person.ExternalID, true)) {
			found = append(found, m)
		}
	}
	return list(c, found, c.userOf, userAttributes)
}
