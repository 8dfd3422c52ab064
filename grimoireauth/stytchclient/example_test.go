package stytchclient_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// offline returns a client of a Stytch in memory. A real one takes ProjectID and
// Secret from the environment and nothing else.
func offline() (*mock.Stytch, *stytchclient.Client) {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
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

	class := must(client.Classes.Create(ctx, stytchclient.NewClass{
		Name: "LAWS1100 Contracts, 2026 S1", ExternalID: "LAWS1100-2026-1",
	}))
	fmt.Println(class.Slug, class.Settings.Allows(grimoireauth.MethodGoogle))

	class = must(client.Classes.Update(ctx, class.ID, stytchclient.ClassChange{
		Methods:     stytchclient.Set([]grimoireauth.SignInMethod{grimoireauth.MethodSSO, grimoireauth.MethodMagicLink}),
		JoinByEmail: stytchclient.Set(grimoireauth.AdmitListed),
		Domains:     stytchclient.Set([]string{"students.mq.edu.au"}),
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
	for class, err := range client.Classes.Find(context.Background(), stytchclient.ClassQuery{Name: "contracts"}) {
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
	class := must(client.Classes.Create(ctx, stytchclient.NewClass{Name: "Torts", LogoURL: "https://example.edu/torts.png"}))

	class = must(client.Classes.Update(ctx, class.ID, stytchclient.ClassChange{Name: stytchclient.Set("Torts and Delicts")}))
	fmt.Printf("%s, logo %q\n", class.Name, class.LogoURL)
	class = must(client.Classes.Update(ctx, class.ID, stytchclient.ClassChange{LogoURL: stytchclient.Set("")}))
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

	sam := must(client.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: "sam@example.edu", Name: "Sam"}))
	fmt.Println("enrolled:", sam.Role, sam.Status)
	sam = must(client.Roster.SetRole(ctx, class, sam.Member, grimoireauth.RoleTutor))
	fmt.Println("promoted:", sam.Role)
	guest := must(client.Roster.Invite(ctx, class, stytchclient.Invitation{
		NewMember: stytchclient.NewMember{Email: "guest@elsewhere.edu", Role: grimoireauth.RoleTutor}, By: ines,
	}))
	fmt.Println("invited:", guest.Status)
	sam = must(client.Roster.Suspend(ctx, class, sam.Member))
	fmt.Println("suspended:", sam.Suspended)

	err := client.Roster.Remove(ctx, class, ines)
	fmt.Println(errors.Is(err, grimoireauth.ErrLastInstructor))
	fmt.Println(client.Roster.Remove(ctx, class, ines, stytchclient.EvenLastInstructor))
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
	for tutor, err := range client.Roster.Find(context.Background(), stytchclient.MemberQuery{Role: grimoireauth.RoleTutor}, torts, equity) {
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
	sam := stytchclient.Identity{Email: "sam@example.edu"}
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

// From one class to another without signing in again.
func ExampleSessions_Switch() {
	stytch, client := offline()
	ctx := context.Background()
	torts, equity := stytch.AddClass("Torts").ID, stytch.AddClass("Equity").ID
	credentials := stytch.SignIn(stytch.AddInstructor(torts, "ada@example.edu"))
	stytch.AddStudent(equity, "ada@example.edu")

	there, err := client.Sessions.Switch(ctx, credentials, equity)
	var unfinished *stytchclient.StepUpError
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
