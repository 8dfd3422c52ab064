package grimoireauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A Member holds personal data, and does not show it in a log.
func ExampleMember() {
	stytch, client := offline()
	class := stytch.AddClass("Torts").ID
	ada := must(client.Roster.Enroll(context.Background(), class, stytchclient.NewMember{
		Email: "ada@example.edu", Name: "Ada", Role: grimoireauth.RoleInstructor, Metadata: grimoireauth.Metadata{"office": "E7A 312"},
	}))
	fmt.Println(ada.Name, ada.Role, ada.Status, ada.Metadata["office"])

	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey || slices.Contains([]string{"member", "class"}, a.Key) && a.Value.Kind() == slog.KindString {
			return slog.Attr{} // different in each run
		}
		return a
	}}))
	log.Info("enrolled", "who", ada)
	// Output:
	// Ada instructor active E7A 312
	// level=INFO msg=enrolled
}

// What a session says, and how it ends.
func ExampleSession() {
	stytch, client := offline()
	ctx := context.Background()
	ada := stytch.AddInstructor(stytch.AddClass("Torts").ID, "ada@example.edu")
	credentials := stytch.SignIn(ada)

	var authenticate grimoireauth.AuthFunc = client.Sessions.Authenticate
	session := must(authenticate(ctx, credentials))
	fmt.Println(session.Member() == ada, session.OrganizationSlug(), session.HasRole("instructor"))
	for _, factor := range session.Factors() {
		fmt.Println(factor.Type, factor.DeliveryMethod)
	}
	if err := client.Sessions.Revoke(ctx, session.Session); err != nil {
		fmt.Println(err)
	}
	_, err := client.Sessions.Authenticate(ctx, credentials)
	fmt.Println(errors.Is(err, grimoireauth.ErrSessionEnded))
	// Output:
	// true torts true
	// magic_link email
	// true
}

// A Secret cannot be printed by mistake.
func ExampleSecret() {
	token := grimoireauth.NewSecret("WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY")
	fmt.Println(token)
	fmt.Printf("%v %+v %#v\n", token, struct{ Token grimoireauth.Secret }{token}, token)
	fmt.Println(len(token.Reveal()))
	// Output:
	// [secret]
	// [secret] {Token:[secret]} [secret]
	// 44
}

// Roles are ordered, and a forgotten one grants nothing.
func ExampleRole() {
	fmt.Println(grimoireauth.RoleCoordinator.AtLeast(grimoireauth.RoleInstructor))
	fmt.Println(grimoireauth.RoleTutor.AtLeast(grimoireauth.RoleInstructor))
	var forgotten grimoireauth.Role
	fmt.Println(grimoireauth.RoleCoordinator.AtLeast(forgotten))
	// Output:
	// true
	// false
	// false
}

// Another school calls its roles differently. The same table reads and writes.
func ExampleRoleTable() {
	table := grimoireauth.RoleTable{
		{ID: "stytch_member", Role: grimoireauth.RoleStudent},
		{ID: "convenor", Role: grimoireauth.RoleCoordinator},
		{ID: "lecturer", Role: grimoireauth.RoleInstructor},
	}
	fmt.Println(table.Role("stytch_member", "lecturer"))
	fmt.Println(table.Role("instructor")) // not in this table
	fmt.Println(grimoireauth.DefaultRoleTable().Role("instructor"))
	// Output:
	// instructor
	// none
	// instructor
}

// Every change of a class or a roster is one event, with ids only.
func ExampleChanged() {
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			if e, ok := event.(grimoireauth.Changed); ok {
				fmt.Println(e.Op, e.Fields)
			}
		},
	}))
	class := stytch.AddClass("Torts").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	must(client.Roster.SetRole(context.Background(), class, sam, grimoireauth.RoleInstructor))
	// Output: set role [{role student instructor} {roles stytch_member stytch_member instructor}]
}

// An error says what to do; its text has no name and no address in it.
func ExampleError() {
	stytch, client := offline()
	class := stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")
	_, err := client.Roster.Enroll(context.Background(), class, stytchclient.NewMember{Email: "sam@example.edu"})
	fmt.Println(errors.Is(err, grimoireauth.ErrConflict))
	var e *grimoireauth.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.Status, e.Type, e.RequestID != "")
	}
	// Output:
	// true
	// enroll 400 duplicate_member_email true
}
