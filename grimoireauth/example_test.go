package grimoireauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// offline returns a client of a Stytch in memory. A real one takes ProjectID and
// Secret from the environment and nothing else.
func offline() (*mock.Stytch, *grimoireauth.Client) {
	stytch := new(mock.Stytch)
	client, err := grimoireauth.New(grimoireauth.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(),
		BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		panic(err) // names every fault of the configuration
	}
	return stytch, client
}

// must keeps the examples short; a program handles its errors.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A semester in the life of a class.
func ExampleClasses() {
	_, client := offline()
	ctx := context.Background()

	class := must(client.Classes.Create(ctx, grimoireauth.NewClass{
		Name: "LAWS1100 Contracts, 2026 S1", ExternalID: "LAWS1100-2026-1",
	}))
	fmt.Println(class.Slug, class.Settings.Allows(grimoireauth.MethodGoogle))

	class = must(client.Classes.Update(ctx, class.ID, grimoireauth.ClassChange{
		Methods:     grimoireauth.Set([]grimoireauth.SignInMethod{grimoireauth.MethodSSO, grimoireauth.MethodMagicLink}),
		JoinByEmail: grimoireauth.Set(grimoireauth.AdmitListed),
		Domains:     grimoireauth.Set([]string{"students.mq.edu.au"}),
	}))
	fmt.Println(class.Settings.Methods, class.Settings.Allows(grimoireauth.MethodGoogle))

	class = must(client.Classes.Archive(ctx, class.ID))
	fmt.Println("archived:", class.Archived, class.Settings.JoinByEmail)

	same := must(client.Classes.ByExternalID(ctx, "LAWS1100-2026-1"))
	fmt.Println(same.ID == class.ID)
	// Output:
	// laws1100-contracts-2026-s1 true
	// [sso magic_link] false
	// archived: true NOT_ALLOWED
	// true
}

// Pages are iterators: a loop that stops asks no further.
func ExampleClasses_Find() {
	stytch, client := offline()
	for _, name := range []string{"Contracts A", "Contracts B", "Torts"} {
		stytch.AddClass(name)
	}
	for class, err := range client.Classes.Find(context.Background(), grimoireauth.ClassQuery{Name: "contracts"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(class.Name)
	}
	// Output:
	// Contracts A
	// Contracts B
}

// The zero Change leaves a field as it is; Set clears it, too.
func ExampleSet() {
	_, client := offline()
	ctx := context.Background()
	class := must(client.Classes.Create(ctx, grimoireauth.NewClass{Name: "Torts", LogoURL: "https://example.edu/torts.png"}))

	class = must(client.Classes.Update(ctx, class.ID, grimoireauth.ClassChange{Name: grimoireauth.Set("Torts and Delicts")}))
	fmt.Printf("%s, logo %q\n", class.Name, class.LogoURL)
	class = must(client.Classes.Update(ctx, class.ID, grimoireauth.ClassChange{LogoURL: grimoireauth.Set("")}))
	fmt.Printf("%s, logo %q\n", class.Name, class.LogoURL)
	// Output:
	// Torts and Delicts, logo "https://example.edu/torts.png"
	// Torts and Delicts, logo ""
}

// What an instructor does with a roster.
func ExampleRoster() {
	stytch, client := offline()
	ctx := context.Background()
	class := stytch.AddClass("Contracts").ID
	ines := stytch.AddInstructor(class, "ines@example.edu")

	sam := must(client.Roster.Enroll(ctx, class, grimoireauth.NewMember{Email: "sam@example.edu", Name: "Sam"}))
	fmt.Println("enrolled:", sam.Role, sam.Status)
	sam = must(client.Roster.SetRole(ctx, class, sam.Member, grimoireauth.RoleTutor))
	fmt.Println("promoted:", sam.Role)
	guest := must(client.Roster.Invite(ctx, class, grimoireauth.Invitation{
		NewMember: grimoireauth.NewMember{Email: "guest@elsewhere.edu", Role: grimoireauth.RoleTutor}, By: ines,
	}))
	fmt.Println("invited:", guest.Status)
	sam = must(client.Roster.Suspend(ctx, class, sam.Member))
	fmt.Println("suspended:", sam.Suspended)

	err := client.Roster.Remove(ctx, class, ines)
	fmt.Println(errors.Is(err, grimoireauth.ErrLastInstructor))
	fmt.Println(client.Roster.Remove(ctx, class, ines, grimoireauth.EvenLastInstructor))
	// Output:
	// enrolled: student active
	// promoted: tutor
	// invited: invited
	// suspended: true
	// true
	// <nil>
}

// Look-ups across classes; conditions are joined by "and".
func ExampleRoster_Find() {
	stytch, client := offline()
	torts, equity := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	stytch.AddMember(torts, "tom@example.edu", "tutor")
	stytch.AddMember(equity, "tilda@example.edu", "tutor")
	stytch.AddStudent(equity, "sam@example.edu")
	for tutor, err := range client.Roster.Find(context.Background(), grimoireauth.MemberQuery{Role: grimoireauth.RoleTutor}, torts, equity) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(tutor.Email)
	}
	// Output:
	// tom@example.edu
	// tilda@example.edu
}

// One human in two classes is two members. An Identity brings them together.
func ExampleIdentity() {
	stytch, client := offline()
	ctx := context.Background()
	for _, name := range []string{"Torts", "Equity"} {
		stytch.SignIn(stytch.AddStudent(stytch.AddClass(name).ID, "sam@example.edu"))
	}
	sam := grimoireauth.Identity{Email: "sam@example.edu"}
	for membership, err := range client.Roster.ClassesOf(ctx, sam) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(membership.Class.Name, membership.Member.Role)
	}
	report := must(client.Sessions.RevokeEverywhere(ctx, sam))
	fmt.Println("signed out of", len(report), "classes")
	// Output:
	// Torts student
	// Equity student
	// signed out of 2 classes
}

// A Member holds personal data, and does not show it in a log.
func ExampleMember() {
	stytch, client := offline()
	class := stytch.AddClass("Torts").ID
	ada := must(client.Roster.Enroll(context.Background(), class, grimoireauth.NewMember{
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

// From one class to another without signing in again.
func ExampleSessions_Switch() {
	stytch, client := offline()
	ctx := context.Background()
	torts, equity := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	credentials := stytch.SignIn(stytch.AddInstructor(torts, "ada@example.edu"))
	stytch.AddStudent(equity, "ada@example.edu")

	there, err := client.Sessions.Switch(ctx, credentials, equity)
	var unfinished *grimoireauth.StepUpError
	switch {
	case errors.As(err, &unfinished):
		fmt.Println("that class asks for more:", unfinished.Methods, unfinished.MFA)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(there.Class.Name, there.Member.Role, there.HasRole("instructor"))
	}
	// Output: Equity student false
}

// What a session says, and how it ends.
func ExampleSession() {
	stytch, client := offline()
	ctx := context.Background()
	ada := stytch.AddInstructor(stytch.AddClass("Torts").ID, "ada@example.edu")
	credentials := stytch.SignIn(ada)

	session := must(client.Sessions.Authenticate(ctx, credentials))
	fmt.Println(session.Member() == ada, session.OrganizationSlug(), session.HasRole("instructor"))
	if err := client.Sessions.Revoke(ctx, session.Session); err != nil {
		fmt.Println(err)
	}
	_, err := client.Sessions.Authenticate(ctx, credentials)
	fmt.Println(errors.Is(err, grimoireauth.ErrSessionEnded))
	// Output:
	// true torts true
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
	// Output:
	// instructor
	// none
}

// Every change of a class or a roster is one event, with ids only.
func ExampleChanged() {
	stytch := new(mock.Stytch)
	client := must(grimoireauth.New(grimoireauth.Config{
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

// An error says what to do; its text names nobody.
func ExampleError() {
	stytch, client := offline()
	class := stytch.AddClass("Torts").ID
	stytch.AddStudent(class, "sam@example.edu")
	_, err := client.Roster.Enroll(context.Background(), class, grimoireauth.NewMember{Email: "sam@example.edu"})
	fmt.Println(errors.Is(err, grimoireauth.ErrConflict))
	var e *grimoireauth.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.Status, e.Type, e.RequestID != "")
	}
	// Output:
	// true
	// enroll 400 duplicate_member_email true
}
