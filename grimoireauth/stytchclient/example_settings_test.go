package stytchclient_test

import (
	"context"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// A class and the identity provider of its school.
func ExampleConnections() {
	stytch, client := offline()
	ctx, connections := context.Background(), client.Connections
	class := stytch.AddClass("Torts").ID

	made := must(connections.CreateSAML(ctx, class, stytchclient.NewConnection{Name: "School account", Provider: "shibboleth"}))
	fmt.Println(made.Kind, "active:", made.Active) // its administrator needs made.AnswerURL and made.Audience
	changed := must(connections.UpdateSAML(ctx, class, made.ID, stytchclient.SAMLChange{
		Attributes: stytchclient.Set(map[string]string{"email": "mail", "full_name": "displayName", "groups": "memberOf"}),
		GroupRoles: stytchclient.Set([]stytchclient.GroupRole{{Group: "tutors", Role: grimoireauth.RoleTutor}}),
	}))
	fmt.Println(changed.GroupRoles[0].Group, changed.GroupRoles[0].Role)

	other := must(connections.CreateOIDC(ctx, class, stytchclient.NewConnection{Name: "Another"}))
	other = must(connections.UpdateOIDC(ctx, class, other.ID, stytchclient.OIDCChange{ClientID: stytchclient.Set("classes")}))
	for _, c := range must(connections.List(ctx, class)) {
		fmt.Println(c.Kind, c.Name)
	}
	fmt.Println(connections.Delete(ctx, class, other.ID))
	// Output:
	// saml active: false
	// tutors tutor
	// saml School account
	// oidc Another
	// <nil>
}

// The zero fields of a change leave things as they are.
func ExampleMemberChange() {
	stytch, client := offline()
	class := stytch.AddClass("Torts").ID
	sam := must(client.Roster.Enroll(context.Background(), class, stytchclient.NewMember{
		Email: "sam@example.edu", Name: "Sam", Metadata: grimoireauth.Metadata{"fixture": "4", "lab": "A"},
	}))
	sam = must(client.Roster.Update(context.Background(), class, sam.Member, stytchclient.MemberChange{
		Name: stytchclient.Set("Sam Lee"), Metadata: grimoireauth.Metadata{"lab": nil},
	}))
	fmt.Println(sam.Name, sam.Email, sam.Metadata)
	// Output: Sam Lee sam@example.edu map[fixture:4]
}
