package docs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// plan compares a file with a class and changes nothing.
func plan(ctx context.Context, client *grimoireauth.Client, class grimoireauth.ClassID, file io.Reader, importer grimoireauth.Role) (classlist.Plan, error) {
	config := classlist.Config{Highest: importer} // nobody appoints their superiors
	list, err := classlist.Read(file, config)
	if err != nil {
		return classlist.Plan{}, err // a classlist.Faults with every bad row
	}
	members, err := classlist.Members(ctx, client.Roster, class)
	if err != nil {
		return classlist.Plan{}, err
	}
	return classlist.NewPlan(class, list, members, config)
}

func Example_import() {
	ctx, s := context.Background(), newSchool(nil)
	client, class := s.client, s.stytch.AddClass("LAWS1100").ID
	s.stytch.AddInstructor(class, "ines@example.edu")
	file := strings.NewReader("Email address,First name,Last name\nsam@example.edu,Sam,Lee\nnoor@example.edu,Noor,Haddad\n")

	wanted, err := plan(ctx, client, class, file, grimoireauth.RoleInstructor)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range wanted.Changes() {
		fmt.Println(step) // show it to whoever decides
	}
	report, err := wanted.Apply(ctx, client.Roster)
	if errors.Is(err, grimoireauth.ErrUnavailable) {
		fmt.Println("apply the same plan again: it does what is left")
	}
	fmt.Print(report)
	// Output:
	// line 2: add sam@example.edu (Sam Lee), student
	// line 3: add noor@example.edu (Noor Haddad), student
	// done 2, already so 0, failed 0, not tried 0
}

func Example_roster() {
	ctx, s := context.Background(), newSchool(nil)
	client, class := s.client, s.stytch.AddClass("LAWS1100").ID
	ines := s.stytch.AddInstructor(class, "ines@example.edu")

	sam, err := client.Roster.Enroll(ctx, class, grimoireauth.NewMember{Email: "sam@example.edu", Name: "Sam"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Roster.SetRole(ctx, class, sam.Member, grimoireauth.RoleTutor); err != nil {
		log.Fatal(err)
	}
	err = client.Roster.Remove(ctx, class, ines)
	fmt.Println("the only instructor stays:", errors.Is(err, grimoireauth.ErrLastInstructor))

	for member, err := range client.Roster.Members(ctx, class) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(member.Email, member.Role)
	}
	// Output:
	// the only instructor stays: true
	// ines@example.edu instructor
	// sam@example.edu tutor
}
