package classlist_test

import (
	"context"
	"fmt"
	"log"

	"github.com/promptgrimoire/auth/grimoireauth/classlist"
)

// A Report has the result of every change.
func ExampleReport() {
	_, client, class := exampleClient()
	list := classlist.List{{Line: 2, Email: "ada@example.edu"}, {Line: 3, Email: "bo@example.edu"}}
	plan, err := classlist.NewPlan(class, list, nil, classlist.Config{})
	if err != nil {
		log.Fatal(err)
	}
	report, err := plan.Apply(context.Background(), client.Roster)
	if err != nil {
		log.Fatal(err)
	}
	for _, outcome := range report.Outcomes {
		fmt.Println(outcome.Step, "->", outcome.Result)
	}
	fmt.Println(report.Count(classlist.Done), "of", plan.Count(classlist.Add))
	// Output:
	// line 2: add ada@example.edu, student -> done
	// line 3: add bo@example.edu, student -> done
	// 2 of 2
}
