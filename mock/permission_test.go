package mock

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// permission is what a member needs for a call that the project makes for them.
type permission struct{ resource, action string }

// The actions that stand for several: those of the fields that a call changes, and all of
// a resource where Stytch states none.
const (
	byField    = "update.*"
	allActions = "*"
)

// needed is what the routes for members ask for. The handlers ask; a test below compares.
// Source: the pages of the endpoints at https://stytch.com/docs/b2b/api
var needed = neededBy(map[permission][]string{
	{wire.ResourceOrganization, byField}:    {"PUT /v1/b2b/organizations/{organization_id}"},
	{wire.ResourceOrganization, "delete"}:   {"DELETE /v1/b2b/organizations/{organization_id}"},
	{wire.ResourceOrganization, allActions}: {"DELETE /v1/b2b/organizations/{organization_id}/external_id"},

	{wire.ResourceMember, "create"}: {
		"POST /v1/b2b/organizations/{organization_id}/members",
		"PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate",
		"POST /v1/b2b/magic_links/email/invite",
	},
	{wire.ResourceMember, byField}:           {"PUT /v1/b2b/organizations/{organization_id}/members/{member_id}"},
	{wire.ResourceMember, "delete"}:          {"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}"},
	{wire.ResourceMember, "search"}:          {"POST /v1/b2b/organizations/members/search"},
	{wire.ResourceMember, allActions}:        {"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id"},
	{wire.ResourceMember, "revoke-sessions"}: {"POST /v1/b2b/sessions/revoke"},
	{wire.ResourceMember, "update.info.email"}: {
		"POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update",
	},
	{wire.ResourceMember, "update.info.unlink.retired-email"}: {
		"POST /v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email",
	},
	{wire.ResourceMember, "update.info.delete.mfa-phone"}: {
		"DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}",
	},
	{wire.ResourceMember, "update.info.delete.mfa-totp"}: {"DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp"},
	{wire.ResourceMember, "update.info.delete.password"}: {
		"DELETE /v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}",
		"POST /v1/b2b/passwords/email/require_reset",
	},
	{wire.ResourceMember, "get.connected-apps"}: {
		"GET /v1/b2b/organizations/{organization_id}/connected_apps",
		"GET /v1/b2b/organizations/{organization_id}/connected_apps/{connected_app_id}",
		"GET /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps",
	},
	{wire.ResourceMember, "revoke.connected-app"}: {
		"POST /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps/{connected_app_id}/revoke",
	},

	{core.ResourceSSO, "create"}: {
		"POST /v1/b2b/sso/saml/{organization_id}", "POST /v1/b2b/sso/oidc/{organization_id}", "POST /v1/b2b/sso/external/{organization_id}",
	},
	{core.ResourceSSO, "get"}: {"GET /v1/b2b/sso/{organization_id}"},
	{core.ResourceSSO, "update"}: {
		"PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}",
		"PUT /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/url",
		"PUT /v1/b2b/sso/oidc/{organization_id}/connections/{connection_id}",
		"PUT /v1/b2b/sso/external/{organization_id}/connections/{connection_id}",
		"DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/verification_certificates/{certificate_id}",
		"DELETE /v1/b2b/sso/saml/{organization_id}/connections/{connection_id}/encryption_private_keys/{private_key_id}",
	},
	{core.ResourceSSO, "delete"}: {"DELETE /v1/b2b/sso/{organization_id}/connections/{connection_id}"},

	{core.ResourceSCIM, "create"}: {"POST /v1/b2b/scim/{organization_id}/connection"},
	{core.ResourceSCIM, "get"}: {
		"GET /v1/b2b/scim/{organization_id}/connection", "GET /v1/b2b/scim/{organization_id}/connection/{connection_id}",
	},
	{core.ResourceSCIM, "update"}: {
		"PUT /v1/b2b/scim/{organization_id}/connection/{connection_id}",
		"POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/start",
		"POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/complete",
		"POST /v1/b2b/scim/{organization_id}/connection/{connection_id}/rotate/cancel",
	},
	{core.ResourceSCIM, "delete"}: {"DELETE /v1/b2b/scim/{organization_id}/connection/{connection_id}"},
})

// neededBy returns the permissions by endpoint.
func neededBy(permissions map[permission][]string) map[string]permission {
	out := make(map[string]permission)
	for p, endpoints := range permissions {
		for _, e := range endpoints {
			out[e] = p
		}
	}
	return out
}

// has returns the actions of the resource that a permission consists of, and the others.
func (p permission) has() (actions, others []string) {
	resources := wire.StytchResources()
	i := slices.IndexFunc(resources, func(r wire.PolicyResource) bool { return r.ResourceID == p.resource })
	for _, action := range resources[i].Actions {
		if action == p.action || p.action == byField && strings.HasPrefix(action, "update.") {
			actions = append(actions, action)
		} else {
			others = append(others, action)
		}
	}
	if p.action == allActions {
		actions = []string{allActions}
	}
	return actions, others
}

// aboutThemselves reports whether stytch.self is enough for a call of a route about the
// member who is signed in.
func aboutThemselves(endpoint string) bool {
	p := needed[endpoint]
	if p.resource != wire.ResourceMember || !slices.ContainsFunc([]string{"{member_id}", "{member_password_id}", "/sessions/revoke", "/require_reset"}, func(part string) bool {
		return strings.Contains(endpoint, part)
	}) {
		return false
	}
	self := wire.Policy{Resources: wire.StytchResources()}
	return self.Lists(wire.ResourceSelf, p.action) || p.action == byField
}

// A student, whose only role is stytch_member, may do some of it to themselves.
func TestW04_WhatMembersMayDoToThemselves(t *testing.T) {
	f := newRoutesForMembers(t, nil)
	bob := f.stytch.core.State.Member(string(f.bob))
	bob.Password = &state.Password{ID: "password of " + bob.ID}
	session := f.stytch.SignIn(f.bob).Token.Reveal()
	before := f.stytch.core.Snapshot()
	for endpoint := range needed {
		method, path, body := f.call(endpoint, f.bob)
		_, kind := callAs(t, f.stytch, session, method, path, body)
		require.Equal(t, !aboutThemselves(endpoint), kind == "session_authorization_error", "%s: %q", endpoint, kind)
		require.NoError(t, f.stytch.core.Restore(before, true))
	}
}

// A member with exactly the permission of a route passes, and one with all others of the
// resource does not.
func TestW04_PermissionOfEveryRouteForMembers(t *testing.T) {
	var wanted []string
	for _, r := range api.Routes {
		if r.Access == core.ByMember {
			wanted = append(wanted, r.Endpoint)
		}
	}
	require.ElementsMatch(t, wanted, slices.Collect(maps.Keys(needed)))

	var roles []Role
	for _, p := range slices.Collect(maps.Values(needed)) {
		actions, others := p.has()
		require.NotEmpty(t, actions, "%s has no action %s", p.resource, p.action)
		only := Role{ID: "only " + p.resource + " " + p.action, Permissions: []Permission{{p.resource, actions}}}
		if slices.ContainsFunc(roles, func(r Role) bool { return r.ID == only.ID }) {
			continue
		}
		roles = append(roles, only, Role{ID: "not " + p.resource + " " + p.action, Permissions: []Permission{{p.resource, others}}})
	}
	f := newRoutesForMembers(t, roles)
	sessions := make(map[string]string)
	for i, r := range roles {
		id := f.stytch.AddMember(f.class, string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.edu", r.ID)
		sessions[r.ID] = f.stytch.SignIn(id).Token.Reveal()
	}
	before := f.stytch.core.Snapshot()
	for _, endpoint := range wanted {
		p := needed[endpoint]
		method, path, body := f.call(endpoint, f.bob)
		status, kind := callAs(t, f.stytch, sessions["not "+p.resource+" "+p.action], method, path, body)
		require.Equal(t, "session_authorization_error", kind, endpoint)
		require.Equal(t, http.StatusForbidden, status)
		_, kind = callAs(t, f.stytch, sessions["only "+p.resource+" "+p.action], method, path, body)
		require.NotEqual(t, "session_authorization_error", kind, endpoint)
		require.NoError(t, f.stytch.core.Restore(before, true))
	}
}
