package mock_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Entra writes flags in filters as texts, and sets each part of a role by a path of its
// own, the display name among them.
// Source: SingleAppRoleAssignment in
// https://learn.microsoft.com/en-us/entra/identity/app-provisioning/customize-application-attributes
func TestW01_SCIMRolesOfEntra(t *testing.T) {
	w := newWire(t)
	d := newDirectory(w, w.stytch.AddClass("LAWS1100"))
	at := "/Users/" + d.provision("ada@example.edu")
	role := func(value, kind string) []any {
		one := map[string]any{"value": value, "primary": true}
		if kind != "" {
			one["type"] = kind
		}
		return []any{one}
	}
	require.Equal(t, role("tutor", ""), d.patch(at, `{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "tutor"}`)["roles"])
	now := d.patch(at, `{"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "Tutor"},
		{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "instructor"},
		{"op": "Add", "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole"}`)
	require.Equal(t, role("instructor", "WindowsAzureActiveDirectoryRole"), now["roles"])
	now = d.patch(at, `{"op": "add", "value": {"roles[primary eq \"True\"].value": "coordinator", "emails[type eq \"work\"].display": "Ada"}}`)
	require.Equal(t, role("coordinator", "WindowsAzureActiveDirectoryRole"), now["roles"])
	require.Empty(t, now["emails"], "a display name alone is no address")
	require.Empty(t, d.patch(at, `{"op": "Remove", "path": "roles[primary eq \"True\"]"}`)["roles"])

	d.refuses(400, "invalidFilter", "PATCH", at, patchOf(`{"op":"add","path":"roles[primary eq \"maybe\"].value","value":"x"}`))
	d.refuses(400, "invalidFilter", "PATCH", at, patchOf(`{"op":"add","path":"emails[type eq true].value","value":"x@example.edu"}`))
	// With two lists it would be a matter of luck which one is applied.
	d.refuses(400, "invalidSyntax", "PATCH", at, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations":[{"op":"replace","path":"title","value":"x"}],"operations":[{"op":"replace","path":"active","value":false}]}`)
}
