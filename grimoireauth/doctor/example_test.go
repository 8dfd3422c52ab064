package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// A school with many classes, and an administrator who stops the check with Ctrl-C after the
// first of them. What was found is reported, and it is no fault that classes are left.
func ExampleReport_Err() {
	stytch := new(mock.Stytch)
	var classes []grimoireauth.ClassID
	for i := range 100 {
		class := stytch.AddClass(fmt.Sprintf("Class %d", i))
		stytch.AddInstructor(class.ID, "ines@example.edu")
		classes = append(classes, class.ID)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err := doctor.Check(ctx, stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			if step, ok := event.(grimoireauth.StepDone); ok && step.Done == 1 {
				fmt.Println("progress:", step.Done, "of", step.Total)
				stop()
			}
		},
	}, doctor.Options{Classes: classes}).Err()
	fmt.Println("something is wrong:", errors.Is(err, grimoireauth.ErrInvalid))
	fmt.Println("classes are left:", errors.Is(err, doctor.ErrIncomplete))
	// Output:
	// progress: 1 of 100
	// something is wrong: false
	// classes are left: true
}

// A check when the program starts. Here somebody has forgotten to make a role in the
// dashboard, has staffed one class only, and has misspelt the slug of another.
func ExampleCheck() {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "tutor"}, {ID: "instructor"}}}
	torts, equity := stytch.AddClass("Torts"), stytch.AddClass("Equity")
	stytch.AddInstructor(torts.ID, "ines@example.edu")

	diagnosis := doctor.Check(context.Background(), stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	}, doctor.Options{Classes: []grimoireauth.ClassID{torts.ID}, Slugs: []string{"equity", "contracts"}})

	// Ids differ in each run.
	ids := strings.NewReplacer(string(torts.ID), "organization-1", string(equity.ID), "organization-2")
	fmt.Print(ids.Replace(diagnosis.String()))
	// A program that must not start like this returns diagnosis.Err().
	for _, finding := range diagnosis {
		if finding.Severity == grimoireauth.SeverityFault {
			fmt.Println(finding.Code)
		}
	}
	// Output:
	// ok       configuration: ids, secret and base URL are those of a test project
	// ok       keys: the key set verifies session_jwts (keys: 1)
	// ok       secret: Stytch takes the project's id and secret
	// fault    role-not-in-policy: the role table gives people the role "coordinator",
	//          which the project's RBAC policy does not have, so that it cannot be
	//          given
	//          -> Make the role in the Stytch dashboard, Roles & permissions, or take
	//             it out of Config.Roles.
	// unknown  limits: no call of Stytch's tells whether user locks are on, nor which
	//          rate limits this project has
	//          -> Look in the Stytch dashboard. Without user locks, only package
	//             signin limits wrong codes and passwords, in each process by itself.
	// ok       class: organization-1: people
	//          get into "torts" as its settings say
	// warning  no-instructor: organization-2:
	//          its roster has no instructor or coordinator
	//          -> Enroll one: Roster.Enroll with RoleInstructor.
	// fault    class-not-found: the project has no class "contracts"
	//          -> Look the class up in the Stytch dashboard, Organizations, or create
	//             it.
	// 4 ok, 1 warning, 2 fault, 1 unknown
	// role-not-in-policy
	// class-not-found
}
