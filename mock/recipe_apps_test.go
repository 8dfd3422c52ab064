package mock_test

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/contract"
	"github.com/promptgrimoire/auth/mock"
)

const scimAt = "/v1/b2b/scim/{organization_id}/connection"

var directoryRecipes = []recipe{
	{endpoint: "POST " + scimAt, sdk: "scim.connection.create", make: func(r *room) contract.Sample {
		return under(r.organization(), r.sample(object{}, nil))
	}},
	{endpoint: "GET " + scimAt, sdk: "scim.connection.get", make: func(r *room) contract.Sample {
		r.directory()
		return r.to(r.organization())
	}},
	{endpoint: "GET " + scimAt + "/{connection_id}", sdk: "scim.connection.getGroups", make: func(r *room) contract.Sample {
		path, d := r.directory()
		d.group("Tutors")
		d.group("Markers") // so that a page is not the last
		_, first := r.do(http.MethodGet, "/v1/b2b/scim/"+r.org+"/connection/"+path["connection_id"]+"?limit=1", nil)
		s := r.to(path)
		s.Values["limit"], s.Values["cursor"] = "1", first.text("next_cursor")
		return when(s, "cursor", object{"limit": "1"})
	}},
	{endpoint: "PUT " + scimAt + "/{connection_id}", sdk: "scim.connection.update", make: func(r *room) contract.Sample {
		path, d := r.directory()
		return under(path, r.sample(object{"display_name": "School"}, object{
			"scim_group_implicit_role_assignments": []object{{"role_id": "tutor", "group_id": d.group("Tutors"), "group_name": "Tutors"}},
		}))
	}},
	{endpoint: "DELETE " + scimAt + "/{connection_id}", sdk: "scim.connection.delete", make: func(r *room) contract.Sample {
		path, _ := r.directory()
		return r.to(path)
	}},
	{endpoint: "POST " + scimAt + "/{connection_id}/rotate/start", sdk: "scim.connection.rotateStart", make: func(r *room) contract.Sample {
		path, _ := r.directory()
		return r.to(path)
	}},
	{endpoint: "POST " + scimAt + "/{connection_id}/rotate/complete", sdk: "scim.connection.rotateComplete", make: rotating},
	{endpoint: "POST " + scimAt + "/{connection_id}/rotate/cancel", sdk: "scim.connection.rotateCancel", make: rotating},
}

// directory gives the organization a SCIM connection.
func (r *room) directory() (path map[string]string, d directory) {
	d = newDirectory(r.wire, mock.Class{ID: grimoireauth.ClassID(r.org)})
	id := r.ok(http.MethodGet, "/v1/b2b/scim/"+r.org+"/connection", nil).text("connection", "connection_id")
	return r.connectionPath(id), d
}

// group makes a group without members, and returns its id.
func (d directory) group(name string) string {
	return d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"`+name+`"}`).text("id")
}

func rotating(r *room) contract.Sample {
	path, _ := r.directory()
	r.ok(http.MethodPost, "/v1/b2b/scim/"+r.org+"/connection/"+path["connection_id"]+"/rotate/start", nil)
	return r.to(path)
}

var appRecipes = []recipe{
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps", sdk: "organizations.connectedApps", make: func(r *room) contract.Sample {
		r.letIn()
		return r.to(r.organization())
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/connected_apps/{connected_app_id}", sdk: "organizations.getConnectedApp", make: func(r *room) contract.Sample {
		return r.to(map[string]string{"organization_id": r.org, "connected_app_id": r.letIn()})
	}},
	{endpoint: "GET /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps", sdk: "organizations.members.getConnectedApps", make: func(r *room) contract.Sample {
		r.letIn()
		return r.to(r.member())
	}},
	{endpoint: "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/connected_apps/{connected_app_id}/revoke", sdk: "organizations.members.connectedApps.revoke", make: func(r *room) contract.Sample {
		path := r.member()
		path["connected_app_id"] = r.letIn()
		return r.to(path)
	}},
	{endpoint: "POST " + authorizeStart, sdk: "idp.oauth.authorizeStart", make: func(r *room) contract.Sample {
		return r.named(r.sample(r.asking(), object{"prompt": "consent"}))
	}},
	{endpoint: "POST " + authorize, sdk: "idp.oauth.authorize", make: func(r *room) contract.Sample {
		return r.named(r.sample(with(r.asking(), object{"consent_granted": true}), object{
			"prompt": "consent", "state": "s1", "nonce": "n1", "resources": []string{"https://app.example/api"},
		}))
	}},
}

// asking is what an app asks of Ada, who is signed in.
func (r *room) asking() object {
	return object{
		"client_id": r.theirs, "redirect_uri": callback, "response_type": "code", "scopes": []string{"openid"},
		"session_token": r.adas.Token.Reveal(),
	}
}

// named is a sample that has the ids of a member in place of their session.
func (r *room) named(s contract.Sample) contract.Sample {
	ids := object{"organization_id": r.org, "member_id": r.ada, "session_token": nil}
	return when(when(s, "member_id", ids), "organization_id", ids)
}

// letIn lets a Connected App act for Ada, and returns its id.
func (r *room) letIn() string {
	r.post(authorize, with(r.asking(), object{"consent_granted": true}))
	return r.theirs
}
