package classlist

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ApplyAs is [Plan.Apply] on behalf of a member. Their own role in the class bounds
// what the list gives, takes and brings back, whatever [Config.Highest] says, and
// the project's RBAC policy has to permit them what the plan does: "search" on
// stytch.member, "create" for people who are added or brought back, or get an ID number
// or groups, "update.settings.roles" and "update.info.name" for another role and name,
// and "delete" for people who are removed. Both are asked before the first change and
// every ten seconds of the import; if the member may no longer, the rows that are left
// are not tried.
//
// The rows themselves are changed with the project's power, because an import keeps
// its record in the members' metadata, which Stytch lets no member write.
//
// Errors: those of Apply; [grimoireauth.ErrForbidden] if they may not do that, and
// [grimoireauth.ErrUnauthenticated] if their session is not live or they are
// suspended. Nothing has changed then, unless the Report says so.
func (p Plan) ApplyAs(ctx context.Context, client *grimoireauth.Client, credentials grimoireauth.Credentials) (Report, error) {
	if p.class == "" {
		return Report{}, nil
	}
	return p.apply(ctx, client.Roster, &actor{client: client, credentials: credentials, plan: p, turn: make(chan struct{}, 1)})
}

// actorTime is how long an answer about the actor counts.
const actorTime = 10 * time.Second

// actor is the member on whose behalf an import runs. A nil actor is the program
// itself, which may do everything.
type actor struct {
	client      *grimoireauth.Client
	credentials grimoireauth.Credentials
	// turn is held by the one worker that asks, and guards what follows. A mutex would
	// hide from a test in virtual time that the others wait.
	turn  chan struct{}
	plan  Plan
	asked time.Time // when the last yes was asked for
	role  grimoireauth.Role
	err   error // what has ended the import
}

// may returns why the actor may not go on with the plan.
func (a *actor) may(ctx context.Context) error {
	if a == nil {
		return nil
	}
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	if a.err != nil || !a.asked.IsZero() && time.Since(a.asked) < actorTime {
		return a.err
	}
	for attempt := 1; ; attempt++ {
		now := time.Now()
		err := a.ask(ctx)
		if err == nil {
			a.asked = now
			return nil
		}
		if !passing(err) || attempt >= orDefault(a.plan.config.Attempts, defaultAttempts) || !rest(ctx, pause(ctx, attempt, err)) {
			a.err = err
			return err
		}
	}
}

// also bounds what is to be done now, which can be about a higher role than the
// plan says: of a member who was promoted since it was made.
func (a *actor) also(now Plan) error {
	if a == nil {
		return nil
	}
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	a.plan.steps = slices.Concat(a.plan.steps, now.steps)
	return bounded(now, a.role)
}

// ask asks who acts and whether they may. The caller has its turn.
func (a *actor) ask(ctx context.Context) error {
	role, err := a.client.As(a.credentials).Role(ctx, a.plan.class)
	if err != nil {
		return err
	}
	a.role = role
	if err := bounded(a.plan, role); err != nil {
		return err
	}
	for _, action := range a.plan.actions() {
		permission := grimoireauth.Permission{Class: a.plan.class, Resource: "stytch.member", Action: action}
		if _, err := a.client.Sessions.Authorize(ctx, a.credentials, permission); err != nil {
			return err
		}
	}
	return nil
}

// bounded refuses a plan that is about a role above this one.
func bounded(p Plan, role grimoireauth.Role) error {
	for _, step := range p.Changes() {
		if highest := max(step.From, step.To); !role.AtLeast(highest) {
			return fmt.Errorf("classlist: %w: line %d is about %v, and the member who imports is %v", grimoireauth.ErrForbidden, step.Line, highest, role)
		}
	}
	return nil
}

// actions lists what the plan does, in the words of Stytch's policy.
func (p Plan) actions() []string {
	out := []string{"search"} // the roster is read in any case
	needed := make(map[string]bool)
	for _, step := range p.Changes() {
		switch step.Action {
		case Add, Reactivate:
			needed["create"] = true
		case Remove:
			needed["delete"] = true
		}
		if step.Action == ChangeRole || step.Action == Reactivate && step.From != step.To {
			needed["update.settings.roles"] = true
		}
		if step.changes(FieldName) {
			needed["update.info.name"] = true
		}
		// Stytch has no action for these two. They belong to a member from the beginning.
		if step.changes(FieldID) || step.changes(FieldGroups) {
			needed["create"] = true
		}
	}
	for _, action := range []string{"create", "update.settings.roles", "update.info.name", "delete"} {
		if needed[action] {
			out = append(out, action)
		}
	}
	return out
}
