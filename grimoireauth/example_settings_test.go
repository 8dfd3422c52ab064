package grimoireauth_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Who gets into a class, and how.
func ExampleClassSettings() {
	stytch, client := offline()
	ctx := context.Background()
	class := must(client.Classes.Create(ctx, grimoireauth.NewClass{Name: "Torts", Settings: grimoireauth.ClassSettings{
		Methods:            []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodSSO},
		SecondFactorForAll: true,
		JoinByEmail:        grimoireauth.AdmitListed,
		Domains:            []string{"students.mq.edu.au", "staff.mq.edu.au"},
		DomainRoles:        []grimoireauth.DomainRole{{Domain: "staff.mq.edu.au", Role: grimoireauth.RoleTutor}},
	}}))
	fmt.Println(class.Settings.Allows(grimoireauth.MethodPassword), class.Settings.AllowsSecondFactor(grimoireauth.SecondFactorSMS))

	stytch.AddStudent(class.ID, "sam@students.mq.edu.au")
	_, err := client.SignIn.WithPassword(ctx, grimoireauth.PasswordSignIn{
		Class: class.ID, Email: "sam@students.mq.edu.au", Password: grimoireauth.NewSecret("correct horse battery staple"),
	})
	var notAllowed *grimoireauth.NotAllowedError
	if errors.As(err, &notAllowed) {
		fmt.Println("offer these instead:", notAllowed.Methods)
	}
	// Output:
	// false true
	// offer these instead: [magic_link sso]
}

// A class and the identity provider of its school.
func ExampleConnections() {
	stytch, client := offline()
	ctx, connections := context.Background(), client.SignIn.Connections
	class := stytch.AddClass("Torts").ID

	made := must(connections.CreateSAML(ctx, class, grimoireauth.NewConnection{Name: "School account", Provider: "shibboleth"}))
	fmt.Println(made.Kind, "active:", made.Active) // its administrator needs made.AnswerURL and made.Audience
	changed := must(connections.UpdateSAML(ctx, class, made.ID, grimoireauth.SAMLChange{
		Attributes: grimoireauth.Set(map[string]string{"email": "mail", "full_name": "displayName", "groups": "memberOf"}),
		GroupRoles: grimoireauth.Set([]grimoireauth.GroupRole{{Group: "tutors", Role: grimoireauth.RoleTutor}}),
	}))
	fmt.Println(changed.GroupRoles[0].Group, changed.GroupRoles[0].Role)

	other := must(connections.CreateOIDC(ctx, class, grimoireauth.NewConnection{Name: "Another"}))
	other = must(connections.UpdateOIDC(ctx, class, other.ID, grimoireauth.OIDCChange{ClientID: grimoireauth.Set("classes")}))
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
	sam := must(client.Roster.Enroll(context.Background(), class, grimoireauth.NewMember{
		Email: "sam@example.edu", Name: "Sam", Metadata: grimoireauth.Metadata{"desk": "4", "lab": "A"},
	}))
	sam = must(client.Roster.Update(context.Background(), class, sam.Member, grimoireauth.MemberChange{
		Name: grimoireauth.Set("Sam Lee"), Metadata: grimoireauth.Metadata{"lab": nil},
	}))
	fmt.Println(sam.Name, sam.Email, sam.Metadata)
	// Output: Sam Lee sam@example.edu map[desk:4]
}
