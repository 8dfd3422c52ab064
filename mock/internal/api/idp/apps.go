package idp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// The actions on members that the calls below need. Stytch states none for the two about
// an organization, so they need the first one on all of its members.
const (
	actionGet    = "get.connected-apps"
	actionRevoke = "revoke.connected-app"
)

// appsResponse is the response of the calls that list Connected Apps.
type appsResponse[A any] struct {
	wire.Envelope
	ConnectedApps []A `json:"connected_apps"`
}

// Apps lists the Connected Apps that members of an organization have let in.
// Source: https://stytch.com/docs/b2b/api/get-organization-connected-apps
func Apps(c *core.Request) (wire.Success, error) {
	org, err := organization(c)
	if err != nil {
		return nil, err
	}
	out := &appsResponse[wire.App]{ConnectedApps: []wire.App{}}
	for _, m := range c.State.Roster(org).Members {
		for _, a := range c.State.AppsOf(m) {
			if !slices.Contains(out.ConnectedApps, a.JSON()) {
				out.ConnectedApps = append(out.ConnectedApps, a.JSON())
			}
		}
	}
	slices.SortFunc(out.ConnectedApps, func(a, b wire.App) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ConnectedAppID, b.ConnectedAppID))
	})
	return out, nil
}

// appResponse is the response of GET …/connected_apps/{connected_app_id}.
type appResponse struct {
	wire.Envelope
	wire.App
	ActiveMembers []wire.AppMember `json:"active_members"`
}

// App says which members of an organization have let a Connected App in.
// Source: https://stytch.com/docs/b2b/api/get-organization-connected-app
func App(c *core.Request) (wire.Success, error) {
	org, err := organization(c)
	if err != nil {
		return nil, err
	}
	a := c.State.ConnectedApps[c.Params["connected_app_id"]]
	if a == nil {
		return nil, wire.Error("connected_app_not_found")
	}
	out := &appResponse{App: a.JSON(), ActiveMembers: []wire.AppMember{}}
	for _, m := range c.State.AppMembers(org, a.ID) {
		out.ActiveMembers = append(out.ActiveMembers, wire.AppMember{MemberID: m.ID, GrantedScopes: m.Apps[a.ID]})
	}
	return out, nil
}

func organization(c *core.Request) (*state.Organization, error) {
	org, err := c.Organization(c.Params["organization_id"])
	if err != nil {
		return nil, err
	}
	return org, c.Permit(org, nil, actionGet)
}

// MemberApps lists the Connected Apps that a member has let in.
// Source: https://stytch.com/docs/b2b/api/get-member-connected-apps
func MemberApps(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, actionGet); err != nil {
		return nil, err
	}
	out := &appsResponse[wire.MemberApp]{ConnectedApps: []wire.MemberApp{}}
	for _, a := range c.State.AppsOf(m) {
		out.ConnectedApps = append(out.ConnectedApps, wire.MemberApp{App: a.JSON(), ScopesGranted: strings.Join(m.Apps[a.ID], " ")})
	}
	return out, nil
}

// Revoke takes from a Connected App what a member has let it do. What Stytch answers
// about an app that the member has not let in is not published.
// Source: https://stytch.com/docs/b2b/api/revoke-connected-app
func Revoke(c *core.Request) (wire.Success, error) {
	org, m, err := c.NamedMember()
	if err != nil {
		return nil, err
	}
	if err := c.Permit(org, m, actionRevoke); err != nil {
		return nil, err
	}
	id := c.Params["connected_app_id"]
	if _, ok := m.Apps[id]; !ok {
		return nil, wire.Error("connected_app_not_found")
	}
	c.State.RevokeApp(m, id)
	return &wire.StatusOnly{}, nil
}
