package mock_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// directory calls a SCIM connection as Okta and Entra do: by plain HTTP.
type directory struct {
	t      testing.TB
	stytch *mock.Stytch
	base   string
	bearer string
}

// newDirectory gives a class a SCIM connection.
func newDirectory(w wire, class mock.Class) directory {
	base, bearer := w.stytch.AddSCIM(class.ID, "okta")
	return directory{t: w.t, stytch: w.stytch, base: base, bearer: bearer.Reveal()}
}

// do sends a request. A 204 has no object.
func (d directory) do(method, path, body string) (int, object) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.base+path, strings.NewReader(body))
	require.NoError(d.t, err)
	req.Header.Set("Content-Type", "application/scim+json")
	if d.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+d.bearer)
	}
	res, err := d.stytch.RoundTrip(req)
	require.NoError(d.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(d.t, err)
	if res.StatusCode == http.StatusNoContent {
		require.Empty(d.t, raw)
		return res.StatusCode, nil
	}
	require.Equal(d.t, "application/scim+json", res.Header.Get("Content-Type"), "%s", raw)
	var out object
	require.NoError(d.t, json.Unmarshal(raw, &out), "%s", raw)
	return res.StatusCode, out
}

func (d directory) ok(status int, method, path, body string) object {
	d.t.Helper()
	got, out := d.do(method, path, body)
	require.Equal(d.t, status, got, "%v", out)
	return out
}

// refuses sends a request that fails, and checks the whole error (RFC 7644, 3.12).
func (d directory) refuses(status int, scimType, method, path, body string) object {
	d.t.Helper()
	got, out := d.do(method, path, body)
	require.Equal(d.t, status, got, "%v", out)
	require.Equal(d.t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, out["schemas"])
	require.Equal(d.t, fmt.Sprint(status), out["status"])
	require.Equal(d.t, scimType, out.text("scimType"), "%v", out)
	require.NotEmpty(d.t, out.text("detail"))
	return out
}

// provision makes a User with this userName, which is an address.
func (d directory) provision(userName string) string {
	d.t.Helper()
	return d.ok(201, "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"`+userName+`","active":true}`).text("id")
}

// patch sends operations, and returns the resource.
func (d directory) patch(path, operations string) object {
	d.t.Helper()
	return d.ok(200, "PATCH", path, patchOf(operations))
}

func patchOf(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

func filter(text string) string { return "?filter=" + url.QueryEscape(text) }

// memberOf is the member as the project sees them.
func (d directory) memberOf(id string) object {
	d.t.Helper()
	w := wire{t: d.t, stytch: d.stytch}
	_, out := w.do(http.MethodGet, organizations+"/members/dangerously_get/"+id+"?include_deleted=true", nil)
	return object(out.at("member").(map[string]any))
}

// What Okta sends in the life of a person and of a group, in its words.
// Source: https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20
func TestW01_SCIMOfOkta(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	d := newDirectory(w, class)

	none := d.ok(200, "GET", "/Users"+filter(`userName eq "ada@example.edu"`)+"&startIndex=1&count=100", "")
	require.Equal(t, object{
		"schemas":      []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": 0.0, "startIndex": 1.0, "itemsPerPage": 0.0, "Resources": []any{},
	}, none)
	made := d.ok(201, "POST", "/Users", `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
		"userName": "ada@example.edu",
		"name": {"givenName": "Ada", "familyName": "Lovelace"},
		"emails": [{"primary": true, "value": "ada@example.edu", "type": "work"}],
		"displayName": "Ada Lovelace", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7",
		"groups": [], "password": "1mz050nq", "active": true
	}`)
	id := made.text("id")
	require.Equal(t, d.base+"/Users/"+id, made.text("meta", "location"))
	require.NotContains(t, made, "password")
	found := d.ok(200, "GET", "/Users"+filter(`userName eq "Ada@Example.edu"`), "")
	require.Equal(t, 1.0, found["totalResults"], "names are compared without regard to case")
	require.Equal(t, map[string]any(made), list(found["Resources"])[0])
	require.Equal(t, made, d.ok(200, "GET", "/Users/"+id, ""))

	m := d.memberOf(id)
	require.Equal(t, "active", m.text("status"))
	require.Equal(t, "Ada Lovelace", m.text("name"))
	require.Equal(t, "00ujl29u0le5T6Aj10h7", m.text("scim_registration", "external_id"))
	require.Regexp(t, `^scim-registration-test-`, m.text("scim_registration", "registration_id"))
	require.Equal(t, "en-US", m.text("scim_registration", "scim_attributes", "locale"))
	require.Equal(t, "Lovelace", m.text("scim_registration", "scim_attributes", "name", "family_name"))

	session := w.stytch.SignIn(memberID(id))
	w.authenticate(session)
	off := d.patch("/Users/"+id, `{"op": "replace", "value": {"active": false}}`)
	require.Equal(t, false, off["active"])
	w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": session.Token.Reveal()})
	require.Equal(t, "deleted", d.memberOf(id).text("status"))
	require.Equal(t, false, d.ok(200, "GET", "/Users/"+id, "")["active"], "a deprovisioned User is still there")
	require.Equal(t, 1.0, d.ok(200, "GET", "/Users"+filter(`userName eq "ada@example.edu"`), "")["totalResults"])
	d.refuses(409, "uniqueness", "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"ADA@example.edu"}`)
	on := d.patch("/Users/"+id, `{"op": "replace", "value": {"active": true}}`)
	require.Equal(t, true, on["active"])
	require.Equal(t, "active", d.memberOf(id).text("status"))

	changed := d.ok(200, "PUT", "/Users/"+id, `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "`+id+`", "userName": "ada@example.edu",
		"name": {"givenName": "Ada", "familyName": "King"}, "emails": [{"primary": true, "value": "countess@example.edu", "type": "work"}],
		"active": true, "meta": {"resourceType": "User"}
	}`)
	require.NotContains(t, changed, "displayName", "a PUT replaces all")
	m = d.memberOf(id)
	require.Equal(t, "countess@example.edu", m.text("email_address"))
	require.Equal(t, "Ada King", m.text("name"))
	require.Equal(t, true, m["email_address_verified"])

	t.Run("groups", func(t *testing.T) {
		d := d
		d.t = t
		bob := d.provision("bob@example.edu")
		group := d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Tutors","members":[{"value":"`+id+`","display":"ada@example.edu"}]}`)
		at := "/Groups/" + group.text("id")
		require.Equal(t, []any{id}, valuesOf(group["members"]))
		d.patch(at, `{"op": "replace", "value": {"id": "`+group.text("id")+`", "displayName": "All tutors"}}`)
		d.patch(at, `{"op": "add", "path": "members", "value": [{"value": "`+bob+`", "display": "bob@example.edu"}]}`)
		now := d.ok(200, "GET", at, "")
		require.Equal(t, "All tutors", now.text("displayName"))
		require.Equal(t, []any{id, bob}, valuesOf(now["members"]))
		require.Equal(t, []any{group.text("id")}, valuesOf(d.ok(200, "GET", "/Users/"+bob, "")["groups"]))
		now = d.patch(at, `{"op": "remove", "path": "members[value eq \"`+id+`\"]"}`)
		require.Equal(t, []any{bob}, valuesOf(now["members"]))
		now = d.patch(at, `{"op": "replace", "path": "members", "value": [{"value": "`+id+`"}]}`)
		require.Equal(t, []any{id}, valuesOf(now["members"]))
		now = d.ok(200, "PUT", at, `{"schemas":["`+groupSchema+`"],"displayName":"Tutors","members":[]}`)
		require.Empty(t, valuesOf(now["members"]))
		d.ok(204, "DELETE", at, "")
		d.refuses(404, "", "GET", at, "")
	})

	d.ok(204, "DELETE", "/Users/"+id, "")
	d.refuses(404, "", "GET", "/Users/"+id, "")
	require.Equal(t, "deleted", d.memberOf(id).text("status"))
	require.Nil(t, d.memberOf(id)["scim_registration"])
	require.NotEqual(t, id, d.provision("ada@example.edu"), "after DELETE the directory begins anew")
}

// valuesOf are the values of an attribute that has several.
func valuesOf(v any) []any {
	var out []any
	for _, item := range list(v) {
		out = append(out, item.(map[string]any)["value"])
	}
	return out
}

// What Entra sends, without and with the flag that makes it send what RFC 7644 says.
// Source: https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups,
// https://learn.microsoft.com/en-us/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility
func TestW01_SCIMOfEntra(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	base, bearer := w.stytch.AddSCIM(class.ID, "microsoft-entra")
	base, flag, _ := strings.Cut(base, "?")
	require.Equal(t, "aadOptscim062020", flag)
	d := directory{t: t, stytch: w.stytch, base: base, bearer: bearer.Reveal()}
	made := d.ok(201, "POST", "/Users", `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "ada@example.edu", "active": true,
		"emails": [{"primary": true, "type": "work", "value": "ada@example.edu"}],
		"meta": {"resourceType": "User"}, "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
		"roles": [], "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Law"}
	}`)
	id := made.text("id")
	at := "/Users/" + id
	require.Equal(t, 1.0, d.ok(200, "GET", "/Users"+filter(`externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`), "")["totalResults"])
	require.Equal(t, 0.0, d.ok(200, "GET", "/Users"+filter(`externalId eq "0A21F0F2-8d2a-4f8e-bf98-7363c4aed4ef"`), "")["totalResults"], "external ids have a case")

	for _, tt := range []struct{ name, off, on string }{
		{"without the flag", `{"op": "Replace", "path": "active", "value": "False"}`, `{"op": "Replace", "path": "active", "value": "True"}`},
		{"with the flag", `{"op": "replace", "path": "active", "value": false}`, `{"op": "replace", "path": "active", "value": true}`},
		{"as an addition", `{"op": "Add", "path": "active", "value": "False"}`, `{"op": "Add", "path": "active", "value": true}`},
		{"among others", `{"op": "replace", "value": {"active": false, "displayName": "A"}}`, `{"op": "replace", "value": {"active": true}}`},
	} {
		t.Run("disable "+tt.name, func(t *testing.T) {
			d := d
			d.t = t
			session := w.stytch.SignIn(memberID(id))
			require.Equal(t, false, d.patch(at, tt.off)["active"])
			wire{t: t, stytch: w.stytch}.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": session.Token.Reveal()})
			require.Equal(t, true, d.patch(at, tt.on)["active"])
		})
	}

	d.patch(at, `{"op": "Add", "path": "nickName", "value": "Ada"},
		{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "countess@example.edu"},
		{"op": "Replace", "path": "name.familyName", "value": "King"},
		{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+15005550006"},
		{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "m1"},
		{"op": "Replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Arts"}`)
	now := d.patch(at, `{"op": "replace", "value": {
		"displayName": "Ada King", "name.givenName": "Augusta", "title": "Countess",
		"emails[type eq \"work\"].primary": true,
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "42",
		"urn:ietf:params:scim:schemas:extension:School:2.0:User:tag": "unknown"
	}}`)
	require.Equal(t, "Ada", now.text("nickName"))
	require.Equal(t, []any{map[string]any{"type": "work", "value": "countess@example.edu", "primary": true}}, now["emails"])
	require.Equal(t, []any{map[string]any{"type": "mobile", "value": "+15005550006"}}, now["phoneNumbers"])
	require.Equal(t, map[string]any{"formatted": "givenName familyName", "familyName": "King", "givenName": "Augusta"}, now["name"])
	require.Equal(t, map[string]any{"department": "Arts", "employeeNumber": "42", "manager": map[string]any{"value": "m1"}},
		now["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"])
	require.Equal(t, "countess@example.edu", d.memberOf(id).text("email_address"))
	require.Equal(t, "42", d.memberOf(id).text("scim_registration", "scim_attributes", "enterprise_extension", "employee_number"))

	t.Run("groups", func(t *testing.T) {
		d := d
		d.t = t
		made := d.ok(201, "POST", "/Groups", `{
			"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
			"externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "Tutors", "meta": {"resourceType": "Group"}}`)
		at := "/Groups/" + made.text("id")
		found := d.ok(200, "GET", "/Groups"+filter(`displayName eq "tutors"`)+"&excludedAttributes=members", "")
		require.Equal(t, 1.0, found["totalResults"])
		now := d.patch(at, `{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "`+id+`"}]}`)
		require.Equal(t, []any{id}, valuesOf(now["members"]))
		now = d.ok(200, "GET", at+"?excludedAttributes=members", "")
		require.NotContains(t, now, "members")
		now = d.patch(at, `{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "`+id+`"}]}`)
		require.Empty(t, now["members"])
		d.patch(at, `{"op": "add", "path": "members", "value": [{"value": "`+id+`"}]}`)
		now = d.patch(at, `{"op": "Remove", "path": "members[value eq \"`+id+`\"]"}, {"op": "Replace", "path": "displayName", "value": "1879db59"}`)
		require.Empty(t, now["members"])
		require.Equal(t, "1879db59", now.text("displayName"))
	})
}

// A group of the directory brings a role, which shows at the member and counts in every
// session, until the group, the membership, the assignment or the connection is gone.
func TestW01_SCIMGroupsBringRoles(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	d := newDirectory(w, class)
	id := d.provision("ada@example.edu")
	session := w.stytch.SignIn(memberID(id))
	connection := w.ok(http.MethodGet, scimPath+"/"+class.Slug+"/connection", nil).text("connection", "connection_id")
	at := scimPath + "/" + class.Slug + "/connection/" + connection
	tutors := d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Tutors"}`).text("id")
	staff := d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Staff"}`).text("id")

	status, page := w.do(http.MethodGet, at+"?limit=1", nil)
	require.Equal(t, 200, status)
	require.Equal(t, []any{map[string]any{"group_id": tutors, "group_name": "Tutors", "organization_id": string(class.ID), "connection_id": connection}}, page["scim_groups"])
	_, page = w.do(http.MethodGet, at+"?limit=1&cursor="+url.QueryEscape(page.text("next_cursor")), nil)
	require.Equal(t, staff, list(page["scim_groups"])[0].(map[string]any)["group_id"])
	require.Nil(t, page["next_cursor"])

	assigned := w.ok(http.MethodPut, at, object{"scim_group_implicit_role_assignments": []object{
		{"role_id": "tutor", "group_id": tutors}, {"role_id": "tutor", "group_id": staff, "group_name": "ignored"}, {"role_id": "tutor", "group_id": staff},
	}})
	require.Equal(t, []any{
		map[string]any{"role_id": "tutor", "group_id": tutors, "group_name": "Tutors"},
		map[string]any{"role_id": "tutor", "group_id": staff, "group_name": "Staff"},
	}, assigned.at("connection", "scim_group_implicit_role_assignments"))
	w.refuses(400, "invalid_rbac_role_id", http.MethodPut, at, object{"scim_group_implicit_role_assignments": []object{{"role_id": "wizard", "group_id": tutors}}})

	roles := func() any { return w.authenticate(session).at("member_session", "roles") }
	require.Equal(t, []any{"stytch_member"}, roles())
	d.patch("/Groups/"+tutors, `{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)
	d.patch("/Groups/"+staff, `{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`)
	require.Equal(t, []any{"stytch_member", "tutor"}, roles())
	source := func(group string) any {
		return map[string]any{"type": "scim_connection_group", "details": map[string]any{"connection_id": connection, "group_id": group}}
	}
	shown := list(d.memberOf(id)["roles"])
	require.Equal(t, map[string]any{"role_id": "tutor", "sources": []any{source(tutors), source(staff)}}, shown[1])

	d.ok(204, "DELETE", "/Groups/"+staff, "")
	require.Len(t, w.ok(http.MethodGet, scimPath+"/"+class.Slug+"/connection", nil).at("connection", "scim_group_implicit_role_assignments"), 1)
	require.Equal(t, []any{"stytch_member", "tutor"}, roles())
	w.ok(http.MethodPut, at, object{"display_name": "Directory"})
	require.Equal(t, []any{"stytch_member", "tutor"}, roles(), "assignments that are not given stay")
	w.ok(http.MethodPut, at, object{"scim_group_implicit_role_assignments": []object{}})
	require.Equal(t, []any{"stytch_member"}, roles())
	w.ok(http.MethodPut, at, object{"scim_group_implicit_role_assignments": []object{{"role_id": "tutor", "group_id": tutors}}})
	require.Equal(t, []any{"stytch_member", "tutor"}, roles())

	t.Run("a deprovisioned member has none, and loses those that were assigned", func(t *testing.T) {
		d, w := d, wire{t: t, stytch: w.stytch}
		d.t = t
		w.stytch.SetRoles(memberID(id), "instructor")
		require.Len(t, d.memberOf(id)["roles"], 3)
		d.patch("/Users/"+id, `{"op":"replace","path":"active","value":false}`)
		require.Len(t, d.memberOf(id)["roles"], 1)
		d.patch("/Users/"+id, `{"op":"replace","path":"active","value":true}`)
		again := w.authenticate(w.stytch.SignIn(memberID(id)))
		require.Equal(t, []any{"stytch_member", "tutor"}, again.at("member_session", "roles"), "the groups of the directory are as before")
	})
	t.Run("without the connection there are none", func(t *testing.T) {
		d, w := d, wire{t: t, stytch: w.stytch}
		d.t = t
		session := w.stytch.SignIn(memberID(id))
		w.ok(http.MethodDelete, at, nil)
		require.Equal(t, []any{"stytch_member"}, w.authenticate(session).at("member_session", "roles"))
		require.Nil(t, d.memberOf(id)["scim_registration"])
		d.refuses(401, "", "GET", "/Users", "")
	})
}

// Only the connection's own token, while it is one, opens it.
func TestW01_SCIMBearerTokens(t *testing.T) {
	w := newWire(t)
	class, other := w.stytch.AddClass("LAWS1100"), w.stytch.AddClass("LAWS1200")
	d, foreign := newDirectory(w, class), newDirectory(w, other)
	d.ok(200, "GET", "/Users", "")
	refused := func(bearer string) {
		t.Helper()
		wrong := d
		wrong.bearer = bearer
		wrong.refuses(401, "", "GET", "/Users", "")
		wrong.refuses(401, "", "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"eve@example.edu"}`)
		wrong.refuses(401, "", "POST", "/Bulk", "")
	}
	for _, bearer := range []string{"", "x", foreign.bearer, d.bearer + "x", d.bearer[1:], w.stytch.Secret().Reveal()} {
		refused(bearer)
	}
	unknown := d
	unknown.base += "0"
	unknown.refuses(401, "", "GET", "/Users", "")
	t.Run("the project's secret is none", func(t *testing.T) {
		res := wire{t: t, stytch: w.stytch}.send(http.MethodGet, strings.TrimPrefix(d.base, w.stytch.BaseURL())+"/Users", nil)
		require.Equal(t, 401, res.StatusCode)
		require.Equal(t, `Bearer realm="scim"`, res.Header.Get("WWW-Authenticate"))
	})
	t.Run("nor is the bearer token one of the project", func(t *testing.T) {
		w := wire{t: t, stytch: w.stytch, header: http.Header{"Authorization": {"Bearer " + d.bearer}}}
		w.refuses(400, "invalid_authorization_header", http.MethodGet, scimPath+"/"+class.Slug+"/connection", nil)
	})

	connection := w.ok(http.MethodGet, scimPath+"/"+class.Slug+"/connection", nil).text("connection", "connection_id")
	at := scimPath + "/" + class.Slug + "/connection/" + connection + "/rotate/"
	rotate := func() directory {
		next := d
		next.bearer = w.ok(http.MethodPost, at+"start", nil).text("connection", "next_bearer_token")
		next.ok(200, "GET", "/Users", "")
		d.ok(200, "GET", "/Users", "")
		return next
	}
	cancelled := rotate()
	w.ok(http.MethodPost, at+"cancel", nil)
	refused(cancelled.bearer)
	d.ok(200, "GET", "/Users", "")
	replaced := rotate()
	next := rotate()
	refused(replaced.bearer)
	w.ok(http.MethodPost, at+"complete", nil)
	refused(d.bearer)
	next.ok(200, "GET", "/Users", "")

	t.Run("an expired one is none", func(t *testing.T) {
		next := next
		next.t = t
		w.stytch.Age(6 * 365 * 24 * time.Hour)
		next.refuses(401, "", "GET", "/Users", "")
	})
	t.Run("nor is that of a class that is gone", func(t *testing.T) {
		fresh := newDirectory(wire{t: t, stytch: w.stytch}, w.stytch.AddClass("LAWS1300"))
		id := fresh.provision("ada@example.edu")
		w.ok(http.MethodDelete, organizations+"/laws1300", nil)
		fresh.refuses(401, "", "GET", "/Users/"+id, "")
		stateOf(t, w.stytch)
		fresh.refuses(401, "", "GET", "/Users/"+id, "")
	})
}

// stateOf takes the state through its JSON, and returns that.
func stateOf(t *testing.T, stytch *mock.Stytch) string {
	t.Helper()
	p := newPanel(t, stytch)
	state := p.send(http.MethodGet, "/fake/state", "", nil).Body.String()
	p.ok(http.MethodPut, "/fake/state", state)
	return state
}

func TestW01_SCIMErrors(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	d := newDirectory(w, class)
	id, group := d.provision("ada@example.edu"), ""
	d.provision("bob@example.edu")
	group = d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Tutors","members":[{"value":"`+id+`"}]}`).text("id")
	user, at := `{"schemas":["`+userSchema+`"],`, "/Users/"+id
	before, groupBefore := d.ok(200, "GET", at, ""), d.ok(200, "GET", "/Groups/"+group, "")
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		scimType                 string
	}{
		{"no JSON", "POST", "/Users", "userName=x", 400, "invalidSyntax"},
		{"two values", "POST", "/Users", user + `"userName":"x@example.edu"}{}`, 400, "invalidSyntax"},
		{"no schemas", "POST", "/Users", `{"userName":"x@example.edu"}`, 400, "invalidSyntax"},
		{"another schema", "POST", "/Groups", user + `"displayName":"x"}`, 400, "invalidSyntax"},
		{"name in two cases", "POST", "/Users", user + `"userName":"x@example.edu","USERNAME":"y@example.edu"}`, 400, "invalidSyntax"},
		{"no userName", "POST", "/Users", user + `"emails":[{"value":"x@example.edu"}]}`, 400, "invalidValue"},
		{"no address", "POST", "/Users", user + `"userName":"x"}`, 400, "invalidValue"},
		{"wrong address", "POST", "/Users", user + `"userName":"x","emails":[{"value":"x@"}]}`, 400, "invalidValue"},
		{"number for a text", "POST", "/Users", user + `"userName":4}`, 400, "invalidValue"},
		{"text for a flag", "POST", "/Users", user + `"userName":"x@example.edu","active":"off"}`, 400, "invalidValue"},
		{"object for a list", "POST", "/Users", user + `"userName":"x@example.edu","emails":{"value":"x@example.edu"}}`, 400, "invalidValue"},
		{"two primary values", "POST", "/Users", user + `"userName":"x@example.edu","emails":[{"value":"x@example.edu","primary":true},{"value":"y@example.edu","primary":true}]}`, 400, "invalidValue"},
		{"userName taken", "POST", "/Users", user + `"userName":"ADA@example.edu","emails":[{"value":"x@example.edu"}]}`, 409, "uniqueness"},
		{"address taken", "POST", "/Users", user + `"userName":"x","emails":[{"value":"ada@example.edu"}]}`, 409, "uniqueness"},
		{"userName taken, by PUT", "PUT", at, user + `"userName":"bob@example.edu","emails":[{"value":"ada@example.edu"}]}`, 409, "uniqueness"},
		{"address taken, by PUT", "PUT", at, user + `"userName":"ada@example.edu","emails":[{"value":"bob@example.edu"}]}`, 409, "uniqueness"},
		{"unknown User", "PUT", "/Users/x", user + `"userName":"x@example.edu"}`, 404, ""},
		{"unknown User", "DELETE", "/Users/x", "", 404, ""},
		{"unknown Group", "PATCH", "/Groups/x", patchOf(`{"op":"add"}`), 404, ""},
		{"no displayName", "POST", "/Groups", `{"schemas":["` + groupSchema + `"]}`, 400, "invalidValue"},
		{"unknown member", "POST", "/Groups", `{"schemas":["` + groupSchema + `"],"displayName":"x","members":[{"value":"x"}]}`, 400, "invalidValue"},
		{"patch without operations", "PATCH", at, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`, 400, "invalidSyntax"},
		{"patch as a User", "PATCH", at, user + `"active":false}`, 400, "invalidSyntax"},
		{"unknown op", "PATCH", at, patchOf(`{"op":"move","path":"active","value":false}`), 400, "invalidSyntax"},
		{"remove without a path", "PATCH", at, patchOf(`{"op":"remove","value":{"title":"x"}}`), 400, "noTarget"},
		{"no path", "PATCH", at, patchOf(`{"op":"replace","path":"emails[","value":"x"}`), 400, "invalidPath"},
		{"unknown path", "PATCH", at, patchOf(`{"op":"replace","path":"colour","value":"x"}`), 400, "invalidPath"},
		{"read-only", "PATCH", at, patchOf(`{"op":"replace","path":"id","value":"x"}`), 400, "mutability"},
		{"groups of a User", "PATCH", at, patchOf(`{"op":"add","path":"groups","value":[{"value":"x"}]}`), 400, "mutability"},
		{"no value", "PATCH", at, patchOf(`{"op":"add","path":"title"}`), 400, "invalidValue"},
		{"value of another type", "PATCH", at, patchOf(`{"op":"replace","path":"active","value":"maybe"}`), 400, "invalidValue"},
		{"no object", "PATCH", at, patchOf(`{"op":"replace","value":false}`), 400, "invalidValue"},
		{"nothing matches", "PATCH", at, patchOf(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x@example.edu"}`), 400, "noTarget"},
		{"without a userName", "PATCH", at, patchOf(`{"op":"remove","path":"userName"}`), 400, "invalidValue"},
		{"the second of two fails", "PATCH", at, patchOf(`{"op":"replace","path":"active","value":false},{"op":"replace","path":"colour","value":"x"}`), 400, "invalidPath"},
		{"the second of two fails, of a Group", "PATCH", "/Groups/" + group, patchOf(`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"x"}]}`), 400, "invalidValue"},
		{"no filter", "GET", "/Users" + filter("userName"), "", 400, "invalidFilter"},
		{"unknown operator", "GET", "/Users" + filter(`userName is "x"`), "", 400, "invalidFilter"},
		{"value without quotes", "GET", "/Users" + filter(`userName eq ada`), "", 400, "invalidFilter"},
		{"something behind", "GET", "/Users" + filter(`userName eq "x" "y"`), "", 400, "invalidFilter"},
		{"a flag for a text", "GET", "/Users" + filter(`userName eq true`), "", 400, "invalidFilter"},
		{"page in words", "GET", "/Users?startIndex=one", "", 400, "invalidValue"},
		{"filtered schemas", "GET", "/Schemas" + filter(`id eq "x"`), "", 403, ""},
		{"unknown schema", "GET", "/Schemas/x", "", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := d
			d.t = t
			d.refuses(tt.status, tt.scimType, tt.method, tt.path, tt.body)
		})
	}
	require.Equal(t, before, d.ok(200, "GET", at, ""), "a rejected request changes nothing")
	require.Equal(t, groupBefore, d.ok(200, "GET", "/Groups/"+group, ""))
	require.Equal(t, 2.0, d.ok(200, "GET", "/Users", "")["totalResults"])
	d.refuses(413, "", "POST", "/Users", user+`"userName":"`+strings.Repeat("a", 1<<20)+`"}`)
}

// What SCIM has and the mock has not says so.
func TestW01_SCIMBeyond(t *testing.T) {
	w := newWire(t)
	d := newDirectory(w, w.stytch.AddClass("LAWS1100"))
	id := d.provision("ada@example.edu")
	for _, tt := range []struct{ method, path, body string }{
		{"POST", "/Bulk", "{}"},
		{"GET", "/Me", ""},
		{"PATCH", "/Me", "{}"},
		{"POST", "/.search", "{}"},
		{"POST", "/Users/.search", "{}"},
		{"GET", "/Roles", ""},
		{"DELETE", "/Users", ""},
		{"POST", "/Users/" + id, "{}"},
		{"GET", "/Users/" + id + "/groups", ""},
		{"GET", "/Users?sortBy=userName", ""},
		{"GET", "/Users?attributes=name.givenName", ""},
		{"GET", "/Users" + filter(`userName sw "ada"`), ""},
		{"GET", "/Users" + filter(`userName pr`), ""},
		{"GET", "/Users" + filter(`userName eq "a" and active eq true`), ""},
		{"GET", "/Users" + filter(`not (userName eq "a")`), ""},
		{"GET", "/Users" + filter(`(userName eq "a")`), ""},
		{"GET", "/Users" + filter(`emails[type eq "work"]`), ""},
		{"GET", "/Users" + filter(`active eq true`), ""},
		{"GET", "/Users" + filter(`emails.value eq "ada@example.edu"`), ""},
		{"GET", "/Users" + filter(`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "Law"`), ""},
		{"GET", "/Groups" + filter(`members.value eq "x"`), ""},
		{"PATCH", "/Users/" + id, patchOf(`{"op":"replace","path":"emails[type ne \"work\"].value","value":"x@example.edu"}`)},
		{"PATCH", "/Users/" + id, patchOf(`{"op":"replace","path":"emails.value","value":"x@example.edu"}`)},
		{"POST", "/Groups", `{"schemas":["` + groupSchema + `"],"displayName":"x","members":[{"value":"g","type":"Group"}]}`},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			d := d
			d.t = t
			out := d.refuses(501, "", tt.method, tt.path, tt.body)
			require.Contains(t, out.text("detail"), "The mock does not have this: ")
		})
	}
}

func TestW01_SCIMAboutItself(t *testing.T) {
	w := newWire(t)
	d := newDirectory(w, w.stytch.AddClass("LAWS1100"))
	config := d.ok(200, "GET", "/ServiceProviderConfig", "")
	require.Equal(t, true, config.at("patch", "supported"))
	for _, name := range []string{"bulk", "sort", "etag", "changePassword"} {
		require.Equal(t, false, config.at(name, "supported"), name)
	}
	types := d.ok(200, "GET", "/ResourceTypes", "")
	require.Equal(t, 2.0, types["totalResults"])
	require.Equal(t, "/Users", d.ok(200, "GET", "/ResourceTypes/User", "").text("endpoint"))
	all := d.ok(200, "GET", "/Schemas", "")
	require.Equal(t, 3.0, all["totalResults"])
	for _, s := range list(all["Resources"]) {
		id := s.(map[string]any)["id"].(string)
		require.Equal(t, s, map[string]any(d.ok(200, "GET", "/Schemas/"+id, "")))
	}
}

func TestW01_SCIMPages(t *testing.T) {
	w := newWire(t)
	d := newDirectory(w, w.stytch.AddClass("LAWS1100"))
	var all []any
	for i := range 7 {
		all = append(all, d.provision(fmt.Sprintf("s%d@example.edu", i)))
	}
	w.stytch.AddStudent(grimoireauth.ClassID(w.ok(http.MethodGet, organizations+"/laws1100", nil).text("organization", "organization_id")), "other@example.edu")
	for _, tt := range []struct {
		query string
		start float64
		want  []any
	}{
		{"", 1, all},
		{"?startIndex=1&count=3", 1, all[:3]},
		{"?startIndex=6&count=3", 6, all[5:]},
		{"?startIndex=0&count=2", 1, all[:2]},
		{"?startIndex=8", 8, nil},
		{"?count=0", 1, nil},
		{"?count=-1", 1, nil},
	} {
		t.Run(tt.query, func(t *testing.T) {
			d := d
			d.t = t
			page := d.ok(200, "GET", "/Users"+tt.query, "")
			require.Equal(t, 7.0, page["totalResults"], "members whom the directory has not made are not shown")
			require.Equal(t, tt.start, page["startIndex"])
			var ids []any
			for _, r := range list(page["Resources"]) {
				ids = append(ids, r.(map[string]any)["id"])
			}
			require.Equal(t, tt.want, ids)
		})
	}
	only := d.ok(200, "GET", "/Users/"+all[0].(string)+"?attributes=USERNAME,"+userSchema+":active", "")
	require.Equal(t, object{"schemas": []any{userSchema}, "id": all[0], "userName": "s0@example.edu", "active": true}, only)
}

// A directory may name people who are in the class already.
func TestW01_SCIMTakesMembersOver(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	ada := w.stytch.AddMember(class.ID, "ada@example.edu", "instructor")
	session := w.stytch.SignIn(ada)
	d := newDirectory(w, class)
	require.Equal(t, 0.0, d.ok(200, "GET", "/Users", "")["totalResults"])
	d.refuses(404, "", "GET", "/Users/"+string(ada), "")
	require.Equal(t, string(ada), d.provision("ADA@example.edu"))
	require.Equal(t, []any{"stytch_member", "instructor"}, w.authenticate(session).at("member_session", "roles"))

	t.Run("a member whom the project deletes is inactive", func(t *testing.T) {
		d := d
		d.t = t
		w.ok(http.MethodDelete, organizations+"/"+class.Slug+"/members/"+string(ada), nil)
		require.Equal(t, false, d.ok(200, "GET", "/Users/"+string(ada), "")["active"])
	})
	t.Run("an address that another member has taken meanwhile stays theirs", func(t *testing.T) {
		d := d
		d.t = t
		w.stytch.AddStudent(class.ID, "ada@example.edu")
		d.refuses(409, "uniqueness", "PATCH", "/Users/"+string(ada), patchOf(`{"op":"replace","path":"active","value":true}`))
		require.Equal(t, "deleted", d.memberOf(string(ada)).text("status"))
	})
	t.Run("an address that the project has changed stays, and is not proven", func(t *testing.T) {
		d := d
		d.t = t
		id := d.provision("bob@example.edu")
		w.ok(http.MethodPut, organizations+"/"+class.Slug+"/members/"+id, object{"email_address": "robert@example.edu"})
		d.patch("/Users/"+id, `{"op":"replace","path":"title","value":"Dr"}`)
		require.Equal(t, "robert@example.edu", d.memberOf(id).text("email_address"))
		require.Equal(t, false, d.memberOf(id)["email_address_verified"])
	})
	t.Run("an inactive person is no member", func(t *testing.T) {
		d := d
		d.t = t
		id := d.ok(201, "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"eve@example.edu","active":false}`).text("id")
		require.Equal(t, "deleted", d.memberOf(id).text("status"))
	})
}

// The state file has the connection, its people and its groups, and says where records
// contradict each other.
func TestW01_SCIMInTheStateFile(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	d := newDirectory(w, class)
	id := d.provision("ada@example.edu")
	group := d.ok(201, "POST", "/Groups", `{"schemas":["`+groupSchema+`"],"displayName":"Tutors","members":[{"value":"`+id+`"}]}`).text("id")
	at := scimPath + "/" + class.Slug + "/connection"
	w.ok(http.MethodPut, at+"/"+w.ok(http.MethodGet, at, nil).text("connection", "connection_id"),
		object{"scim_group_implicit_role_assignments": []object{{"role_id": "tutor", "group_id": group}}})
	before := stateOf(t, w.stytch)
	require.Equal(t, before, stateOf(t, w.stytch))
	require.Equal(t, id, list(d.ok(200, "GET", "/Users"+filter(`userName eq "ada@example.edu"`), "")["Resources"])[0].(map[string]any)["id"])
	require.Len(t, d.memberOf(id)["roles"], 2)
	d.refuses(409, "uniqueness", "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"ada@example.edu"}`)

	for _, tt := range []struct{ name, from, to, want string }{
		{"unknown group", `"group_ids": [`, `"group_ids": ["g",`, "there is no group"},
		{"another connection", `"group_ids": [`, `"connection_id": "c", "group_ids": [`, "another connection"},
		{"no user_name", `"user_name": "ada@example.edu"`, `"user_name": ""`, "needs a user_name of its own"},
		{"group without an id", `"group_id": "` + group + `",
            "group_name"`, `"group_id": "", "group_name"`, "group_id of its own"},
		{"null for a group", `"groups": [`, `"groups": [null,`, "a group is null"},
		{"no token", `"token": "` + d.bearer + `"`, `"token": ""`, "needs a connection_id of its own and a bearer token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Contains(t, before, tt.from)
			said := newPanel(t, w.stytch).refused(400, http.MethodPut, "/fake/state", strings.Replace(before, tt.from, tt.to, 1), nil)
			require.Contains(t, said, tt.want)
		})
	}
}

// What a directory does is in the webhooks, with its source.
func TestW01_SCIMWebhooks(t *testing.T) {
	w, to := withReceiver(t)
	d := newDirectory(w, w.stytch.AddClass("LAWS1100"))
	after := func(want string) {
		t.Helper()
		require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
		require.Equal(t, want, to.what())
	}
	after("dashboard.organization.create dashboard.scim_connection.create")
	id := d.provision("ada@example.edu")
	after("scim.member.create")
	d.patch("/Users/"+id, `{"op":"replace","path":"displayName","value":"Ada"}`)
	after("scim.member.update")
	d.patch("/Users/"+id, `{"op":"replace","path":"active","value":false}`)
	after("scim.member.delete")
	d.patch("/Users/"+id, `{"op":"replace","path":"title","value":"Dr"}`)
	after("") // of a person who is no member
	d.patch("/Users/"+id, `{"op":"replace","path":"active","value":true}`)
	after("scim.member.update")
	d.refuses(409, "uniqueness", "POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"ada@example.edu"}`)
	d.refuses(400, "invalidPath", "PATCH", "/Users/"+id, patchOf(`{"op":"replace","path":"active","value":false},{"op":"remove","path":"x"}`))
	d.ok(200, "GET", "/Users", "")
	after("")
	d.ok(204, "DELETE", "/Users/"+id, "")
	after("scim.member.delete")
}
