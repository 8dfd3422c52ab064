package classlist_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// exampleClient is a client of a Stytch in memory, with one class.
func exampleClient() (*mock.Stytch, *stytchclient.Client, grimoireauth.ClassID) {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		log.Fatal(err)
	}
	return stytch, client, stytch.AddClass("LAWS1100").ID
}

// A list from Moodle becomes the roster of a class in three steps: read, plan, apply.
func Example() {
	_, client, class := exampleClient()
	ctx := context.Background()
	config := classlist.Config{Highest: grimoireauth.RoleTutor}

	file := strings.NewReader("First name,Last name,ID number,Email address,Roles,Groups\n" +
		"Ada,Lovelace,4501,ada@example.edu,Student,\"[Tutorial 1], [Lab A]\"\n" +
		"Tove,Jansson,,tove@example.edu,Non-editing teacher,[Tutorial 1]\n")
	list, err := classlist.Read(file, config)
	if err != nil {
		log.Fatal(err)
	}
	members, err := classlist.Members(ctx, client.Roster, class)
	if err != nil {
		log.Fatal(err)
	}
	plan, err := classlist.NewPlan(class, list, members, config)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range plan.Changes() {
		fmt.Println(step)
	}
	for range 2 {
		report, err := plan.Apply(ctx, client.Roster)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(report)
	}
	// Output:
	// line 2: add ada@example.edu (Ada Lovelace), student
	// line 3: add tove@example.edu (Tove Jansson), tutor
	// done 2, already so 0, failed 0, not tried 0
	// done 0, already so 2, failed 0, not tried 0
}

func ExampleRead() {
	list, err := classlist.Read(strings.NewReader("Email;Name;Groups\nada@example.edu;Lovelace, Ada;[Tutorial 1], [Lab A]\n"), classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range list {
		fmt.Println(row.Line, row.Name, row.Email, row.Groups)
	}
	// Output:
	// 2 Ada Lovelace ada@example.edu [Tutorial 1 Lab A]
}

// A file is rejected as a whole, with the fault of every row.
func ExampleFaults() {
	_, err := classlist.Read(strings.NewReader("Email,Role\nada,Student\nbo@example.edu,Observer\ncy@example.edu,TA\n"), classlist.Config{})
	var faults classlist.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			fmt.Println(fault)
		}
	}
	// Output:
	// line 2, column "Email", "ada": the e-mail address is not of the form name@example.edu: is this the right column?
	// line 3, column "Role": the role "Observer" is not known: correct it, delete the line, or tell the import what the word means
	// line 4, column "Role": it gives the role tutor, and this import may give student at most
}

// A table from elsewhere, such as a database, becomes a list by the rules for files.
func ExampleFromRecords() {
	table := [][]string{{"email", "full name"}, {"ada@example.edu", "Ada Lovelace"}}
	list, err := classlist.FromRecords(slices.All(table), classlist.Config{})
	fmt.Println(list[0].Email, list[0].Name, err)
	// Output:
	// ada@example.edu Ada Lovelace <nil>
}

// A plan can be printed for the person who decides. A member who was added by hand
// stays, and a truncated file is rejected.
func ExampleNewPlan() {
	class := grimoireauth.ClassID("laws1100")
	member := func(email string, role grimoireauth.Role, metadata grimoireauth.Metadata) grimoireauth.Member {
		return grimoireauth.Member{
			Person: grimoireauth.Person{Member: grimoireauth.MemberID("id of " + email), Class: class},
			Email:  email, Status: grimoireauth.StatusActive, Role: role, Metadata: metadata,
		}
	}
	imported := grimoireauth.Metadata{classlist.SourceKey: "classlist student"}
	members := []grimoireauth.Member{
		member("ines@example.edu", grimoireauth.RoleInstructor, nil),
		member("ada@example.edu", grimoireauth.RoleStudent, imported),
		member("bo@example.edu", grimoireauth.RoleStudent, imported),
	}
	list := classlist.List{{Line: 2, Email: "ada@example.edu"}, {Line: 3, Email: "cy@example.edu", Name: "Cy"}}
	plan, err := classlist.NewPlan(class, list, members, classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)

	_, err = classlist.NewPlan(class, nil, members, classlist.Config{})
	fmt.Println(errors.Is(err, classlist.ErrTooManyRemoved))
	// Output:
	// class laws1100: add 1, reactivate 0, change role 0, change details 0, remove 1, keep 1
	// line 3: add cy@example.edu (Cy), student
	// remove bo@example.edu, student
	// true
}

// Config.Progress gets the counts and the outcome after every row.
func ExamplePlan_Apply() {
	stytch, client, class := exampleClient()
	config := classlist.Config{Concurrency: 1, Progress: func(p classlist.Progress) {
		fmt.Printf("%d of %d: %v\n", p.Done, p.Total, p.Outcome.Result)
	}}
	list := classlist.List{{Line: 2, Email: "ada@example.edu"}, {Line: 3, Email: "bo@example.edu"}}
	plan, err := classlist.NewPlan(class, list, nil, config)
	if err != nil {
		log.Fatal(err)
	}
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/organizations/{organization_id}/members", Status: 400, ErrorType: "invalid_email", Times: 1})
	report, err := plan.Apply(context.Background(), client.Roster)
	fmt.Println(report.Count(classlist.Failed), "failed:", errors.Is(err, grimoireauth.ErrInvalid))
	// Output:
	// 1 of 2: failed
	// 2 of 2: done
	// 1 failed: true
}
