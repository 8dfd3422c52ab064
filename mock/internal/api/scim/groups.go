package scim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// group is the Group of RFC 7643, 4.2.
type group struct {
	Schemas     []string      `json:"schemas"`
	ID          string        `json:"id,omitempty"`
	ExternalID  string        `json:"externalId,omitempty"`
	DisplayName string        `json:"displayName"`
	Members     []groupMember `json:"members,omitempty"`
	Meta        *meta         `json:"meta,omitempty"`
}

// groupMember is a User in a group, or in a request a group in a group.
type groupMember struct {
	reference
	Type string `json:"type,omitempty"`
}

func (c *Call) groupOf(g *state.SCIMGroup) group {
	at := endpoint(c.Request, c.n)
	out := group{
		Schemas: []string{groupURN}, ID: g.ID, ExternalID: g.ExternalID, DisplayName: g.Name,
		Meta: &meta{"Group", g.CreatedAt, g.UpdatedAt, at + "/Groups/" + g.ID},
	}
	for _, m := range c.State.Roster(c.org).Members {
		if m.SCIM != nil && slices.Contains(m.SCIM.Groups, g.ID) {
			out.Members = append(out.Members, groupMember{reference{Value: m.ID, Ref: at + "/Users/" + m.ID, Display: m.SCIM.Person.UserName}, "User"})
		}
	}
	return out
}

func (c *Call) namedGroup() (*state.SCIMGroup, error) {
	if g := c.n.Group(c.Params["group_id"]); g != nil {
		return g, nil
	}
	return nil, &protocolError{http.StatusNotFound, "", "There is no such Group."}
}

// GetGroup is GET /Groups/{group_id}.
func GetGroup(c *Call) (*wire.Document, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	return c.one(http.StatusOK, c.groupOf(g), groupAttributes)
}

// ListGroups is GET /Groups.
func ListGroups(c *Call) (*wire.Document, error) {
	filter, err := c.filter(groupAttributes, "displayName", "externalId")
	if err != nil {
		return nil, err
	}
	var found []*state.SCIMGroup
	for _, g := range c.n.Groups {
		switch {
		case filter == nil, filter.attribute == "displayName" && filter.matches(g.Name, false),
			filter.attribute == "externalId" && filter.matches(g.ExternalID, true):
			found = append(found, g)
		}
	}
	return list(c, found, c.groupOf, groupAttributes)
}

// CreateGroup is POST /Groups.
func CreateGroup(c *Call) (*wire.Document, error) {
	body, err := c.object(groupURN)
	if err != nil {
		return nil, err
	}
	in, members, err := c.readGroup(body)
	if err != nil {
		return nil, err
	}
	c.n.GroupSeq++
	g := &state.SCIMGroup{Seq: c.n.GroupSeq, ID: c.NewID("scim-group"), CreatedAt: c.Now}
	c.n.Groups = append(c.n.Groups, g)
	c.describeGroup(g, in, members)
	out := c.groupOf(g)
	return created(out.Meta.Location, out), nil
}

// ReplaceGroup is PUT /Groups/{group_id}.
func ReplaceGroup(c *Call) (*wire.Document, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	body, err := c.object(groupURN)
	if err != nil {
		return nil, err
	}
	return c.changeGroup(g, body)
}

// PatchGroup is PATCH /Groups/{group_id}.
func PatchGroup(c *Call) (*wire.Document, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	operations, err := c.operations()
	if err != nil {
		return nil, err
	}
	attributes, err := patch(c.groupOf(g), groupAttributes, operations)
	if err != nil {
		return nil, err
	}
	return c.changeGroup(g, attributes)
}

func (c *Call) changeGroup(g *state.SCIMGroup, attributes map[string]any) (*wire.Document, error) {
	in, members, err := c.readGroup(attributes)
	if err != nil {
		return nil, err
	}
	c.describeGroup(g, in, members)
	return c.one(http.StatusOK, c.groupOf(g), groupAttributes)
}

// readGroup reads a group and its members.
func (c *Call) readGroup(attributes map[string]any) (in group, members map[*state.Member]bool, err error) {
	attributes, err = clean(groupAttributes, attributes)
	if err != nil {
		return in, nil, err
	}
	encoded, err := json.Marshal(attributes)
	if err != nil {
		return in, nil, err
	}
	if err := json.Unmarshal(encoded, &in); err != nil {
		return in, nil, err
	}
	if strings.TrimSpace(in.DisplayName) == "" {
		return in, nil, invalid("invalidValue", "displayName is required.")
	}
	members = make(map[*state.Member]bool)
	for _, member := range in.Members {
		if strings.EqualFold(member.Type, "Group") {
			return in, nil, beyond("groups in groups")
		}
		m := c.user(member.Value)
		if m == nil {
			return in, nil, invalid("invalidValue", "There is no User %.100q to be a member.", member.Value)
		}
		members[m] = true
	}
	return in, members, nil
}

// describeGroup sets a group's names and members. The roles that it brings are in force
// with the next answer about a session. No webhook says so: Stytch has some about groups,
// whose names its pages do not agree about.
func (c *Call) describeGroup(g *state.SCIMGroup, in group, members map[*state.Member]bool) {
	g.Name, g.ExternalID, g.UpdatedAt = in.DisplayName, in.ExternalID, c.Now
	for _, m := range c.State.Roster(c.org).Members {
		if m.SCIM == nil || slices.Contains(m.SCIM.Groups, g.ID) == members[m] {
			continue
		}
		if members[m] {
			m.SCIM.Groups = append(m.SCIM.Groups, g.ID)
		} else {
			leave(m, g)
		}
	}
}

func leave(m *state.Member, g *state.SCIMGroup) {
	m.SCIM.Groups = slices.DeleteFunc(m.SCIM.Groups, func(id string) bool { return id == g.ID })
	if len(m.SCIM.Groups) == 0 {
		m.SCIM.Groups = nil
	}
}

// DeleteGroup is DELETE /Groups/{group_id}. The role assignments of the group go with it.
func DeleteGroup(c *Call) (*wire.Document, error) {
	g, err := c.namedGroup()
	if err != nil {
		return nil, err
	}
	c.describeGroup(g, group{DisplayName: g.Name, ExternalID: g.ExternalID}, nil)
	c.n.Groups = slices.DeleteFunc(c.n.Groups, func(other *state.SCIMGroup) bool { return other == g })
	c.n.GroupRoles = slices.DeleteFunc(slices.Clone(c.n.GroupRoles), func(r state.SCIMGroupRole) bool { return r.GroupID == g.ID })
	return document(http.StatusNoContent, nil), nil
}
