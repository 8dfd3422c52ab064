package scim

import (
	"strconv"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// groupsResponse is the response of GET
// /v1/b2b/scim/{organization_id}/connection/{connection_id}.
type groupsResponse struct {
	wire.ShortEnvelope
	Groups     []groupObject `json:"scim_groups"`
	NextCursor *string       `json:"next_cursor"`
}

type groupObject struct {
	GroupID        string `json:"group_id"`
	GroupName      string `json:"group_name"`
	OrganizationID string `json:"organization_id"`
	ConnectionID   string `json:"connection_id"`
}

// Groups lists the groups that the directory has made. A limit of zero is what stytch-go
// sends for none.
// Source: https://stytch.com/docs/b2b/api/get-scim-connection-groups
func Groups(c *core.Request) (wire.Success, error) {
	_, n, err := named(c, "get")
	if err != nil {
		return nil, err
	}
	in := core.SearchRequest{Cursor: c.Query.Get("cursor")}
	if text := c.Query.Get("limit"); text != "" && text != "0" {
		limit, err := strconv.Atoi(text)
		if err != nil {
			return nil, wire.FieldError("bad_request", "limit")
		}
		in.Limit = &limit
	}
	page, meta, err := core.Page(n.Groups, func(g *state.SCIMGroup) int64 { return g.Seq }, in, []string{"scim_groups", n.ID})
	if err != nil {
		return nil, err
	}
	out := &groupsResponse{Groups: []groupObject{}, NextCursor: meta.NextCursor}
	for _, g := range page {
		out.Groups = append(out.Groups, groupObject{GroupID: g.ID, GroupName: g.Name, OrganizationID: n.OrganizationID, ConnectionID: n.ID})
	}
	return out, nil
}
