package main

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// lists are the samples: last week's list, which is imported already, and this week's.
//
//go:embed lists/lastweek.csv lists/laws1100.csv
var lists embed.FS

// sample is the path of this week's list, from the project's root.
const sample = "examples/roster/lists/laws1100.csv"

// slow is the latency of the Stytch in memory, like that of the real one, so that the
// progress can be seen.
const slow = 60 * time.Millisecond

// newDemo completes the options of the command line: a Stytch in memory, a class and, if
// no list was given, the sample and a class that has imported last week's list.
func newDemo(o options) (options, error) {
	stytch := new(mock.Stytch)
	o.projectID, o.secret, o.stytchURL, o.transport = stytch.ProjectID(), stytch.Secret(), stytch.BaseURL(), stytch
	o.class = stytch.AddClass("LAWS1100").ID
	o.config.Highest = cmp.Or(o.config.Highest, grimoireauth.RoleInstructor)
	if o.name == "" {
		o.name, o.sample = sample, true
		o.open = func() (io.ReadCloser, error) { return lists.Open("lists/laws1100.csv") }
		if err := lastWeek(context.Background(), stytch, o); err != nil {
			return o, fmt.Errorf("prepare the demonstration: %w", err)
		}
	}
	stytch.Fail(mock.Fault{Latency: slow})
	return o, nil
}

// lastWeek adds people to the class, so that this week's list makes changes of every kind:
// an instructor who was added by hand, people that an import added, and one of them who
// was removed since.
func lastWeek(ctx context.Context, stytch *mock.Stytch, o options) error {
	stytch.AddInstructor(o.class, "ines@example.edu")
	file, err := lists.ReadFile("lists/lastweek.csv")
	if err != nil {
		return err
	}
	client, err := o.client()
	if err != nil {
		return err
	}
	list, err := classlist.Read(bytes.NewReader(file), o.config)
	if err != nil {
		return err
	}
	plan, err := o.plan(ctx, client, list)
	if err != nil {
		return err
	}
	if _, err := plan.Apply(ctx, client.Roster); err != nil {
		return err
	}
	for bo, err := range client.Roster.Find(ctx, stytchclient.MemberQuery{Email: "bo@example.edu"}, o.class) {
		if err != nil {
			return err
		}
		stytch.SignIn(bo.Member) // Stytch reactivates only members with a verified address
		return client.Roster.Remove(ctx, o.class, bo.Member)
	}
	return errors.New("the sample has no bo@example.edu")
}
