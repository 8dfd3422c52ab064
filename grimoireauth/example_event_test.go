package grimoireauth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
)

// One function for metrics, logs and audit, which knows every event there is.
func ExampleObserve() {
	var observe grimoireauth.Observe = func(_ context.Context, event grimoireauth.Event) {
		switch e := event.(type) {
		case grimoireauth.TokenVerified:
			fmt.Println("verified, from memory:", e.Cached)
		case grimoireauth.TokenRefused:
			fmt.Println("refused:", e.Reason)
		case grimoireauth.SessionRefreshed:
			fmt.Println("refreshed in", e.Took)
		case grimoireauth.RefreshShared:
			fmt.Println("waits for another request's refresh")
		case grimoireauth.RefreshFailed:
			fmt.Println("not refreshed, an outage:", errors.Is(e.Err, grimoireauth.ErrUnavailable))
		case grimoireauth.RefreshWithheld:
			fmt.Println("not asked again for", e.Wait)
		case grimoireauth.KeysFetched:
			fmt.Println("keys:", e.Keys, e.Err)
		case grimoireauth.OutageBegan:
			fmt.Println("no calls are made:", e.Outage.Of, e.Outage.Cause)
		case grimoireauth.OutageEnded:
			fmt.Println("calls are made again after", e.Took)
		case grimoireauth.OutageGraceUsed:
			fmt.Println("let in during an outage")
		case grimoireauth.Changed:
			fmt.Println("changed:", e.Op)
		case grimoireauth.StepDone:
			fmt.Printf("%s: %d of %d\n", e.Op, e.Done, e.Total)
		case grimoireauth.WebhookReceived:
			fmt.Println("changed elsewhere:", e.Source, e.Object, e.Action)
		case grimoireauth.WebhookRefused:
			fmt.Println("webhook refused:", e.Reason)
		case grimoireauth.SilenceBegan:
			fmt.Println("each session is confirmed by Stytch: Redis is silent for", e.Bound)
		case grimoireauth.SilenceEnded:
			fmt.Println("what other processes revoke is known again, after", e.Took)
		case grimoireauth.RevocationsLost:
			fmt.Println("published again:", e.Republished)
		case grimoireauth.OperatorAlarm:
			fmt.Println("ALARM:", e.Problem)
		}
	}
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: new(mock.Stytch).Secret() /* of another project */, BaseURL: stytch.BaseURL(), Transport: stytch,
		Observe: observe,
	}))
	_, err := client.Classes.BySlug(context.Background(), "torts")
	fmt.Println("an outage, to users:", errors.Is(err, grimoireauth.ErrUnavailable))
	// Output:
	// ALARM: Stytch refuses the project's id, secret or configuration: check ProjectID and Secret, and look the error_type up
	// an outage, to users: true
}

// A line of progress for an administrator who ends a person's sessions in all classes.
func ExampleStepDone() {
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			if step, ok := event.(grimoireauth.StepDone); ok {
				fmt.Printf("%s: %d of %d, failed: %d\n", step.Op, step.Done, step.Total, step.Failed)
			}
		},
	}))
	for _, class := range []string{"Torts", "Equity", "Contracts"} {
		stytch.SignIn(stytch.AddStudent(stytch.AddClass(class).ID, "sam@example.edu"))
	}
	report, err := client.Sessions.RevokeEverywhere(context.Background(), stytchclient.Identity{Email: "sam@example.edu"})
	fmt.Println(len(report), err)
	// Output:
	// revoke sessions everywhere: 1 of 3, failed: 0
	// revoke sessions everywhere: 2 of 3, failed: 0
	// revoke sessions everywhere: 3 of 3, failed: 0
	// 3 <nil>
}

// How long Stytch asks to wait.
func ExampleRetryAfter() {
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch, Retries: -1,
	}))
	class := stytch.AddClass("Torts").ID
	stytch.Fail(mock.Fault{Status: 429, RetryAfter: 3 * time.Second})
	_, err := client.Classes.Get(context.Background(), class)
	wait, asked := grimoireauth.RetryAfter(err)
	fmt.Println(errors.Is(err, grimoireauth.ErrRateLimited), wait, asked)
	// Output: true 3s true
}

// Who else has to know that a token is worthless: another replica, say.
func ExampleCut() {
	var tellOthers grimoireauth.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
		fmt.Println("a session:", revocation.Session != "", "a member:", revocation.Member != "", "a class:", revocation.Class != "")
		return nil
	}
	stytch := new(mock.Stytch)
	client := must(stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch, OnRevoke: tellOthers,
	}))
	ctx := context.Background()
	session := must(client.Sessions.Authenticate(ctx, stytch.SignIn(stytch.AddStudent(stytch.AddClass("Torts").ID, "sam@example.edu"))))
	fmt.Println(client.Sessions.Revoke(ctx, session.Session))
	// Output:
	// a session: true a member: false a class: false
	// <nil>
}

// A RoleFunc of one's own writes down why, for those who ask.
func ExampleNoteRole() {
	guests := func(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
		grimoireauth.NoteRole(ctx, grimoireauth.RoleReason{
			Source: "open day", Value: "2026-03-01", Role: grimoireauth.RoleStudent, Granted: true, Why: "everybody is a student today",
		})
		return grimoireauth.RoleStudent, nil
	}
	session := must(grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session", Member: "guest", Organization: "school"}))
	fmt.Println(grimoireauth.ExplainRole(context.Background(), guests, session, "torts"))
	// Output:
	// guest is student in torts
	//   granted student by open day "2026-03-01": everybody is a student today <nil>
}

// The question that a guard asks about a permission. A client answers it from the
// project's RBAC policy; a test may answer it like this.
func ExampleCanFunc() {
	var can grimoireauth.CanFunc = func(_ context.Context, session grimoireauth.Session, _ grimoireauth.ClassID, resource, action string) error {
		if session.HasRole("tutor") && resource == "essay" && action == "mark" {
			return nil
		}
		return grimoireauth.ErrForbidden
	}
	session := must(grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session", Member: "tove", Organization: "torts", Roles: []string{"tutor"}}))
	fmt.Println(can(context.Background(), session, "torts", "essay", "mark"))
	fmt.Println(can(context.Background(), session, "torts", "essay", "release"))
	// Output:
	// <nil>
	// not permitted
}
