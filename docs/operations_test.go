package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
)

// observer counts events and logs those that an operator should see. It is called during
// requests, so it must return soon.
func observer(logger *slog.Logger, count func(name string)) grimoireauth.Observe {
	return func(ctx context.Context, event grimoireauth.Event) {
		switch e := event.(type) {
		case grimoireauth.OperatorAlarm: // wake an operator
			count("alarm")
			logger.ErrorContext(ctx, e.Problem, "error", e.Err, "count", e.Count)
		case grimoireauth.OutageBegan:
			logger.WarnContext(ctx, "Stytch does not answer", "of", e.Outage.Of, "cause", e.Outage.Cause)
		case grimoireauth.OutageEnded:
			logger.InfoContext(ctx, "the outage is over", "of", e.Outage.Of, "reason", e.Reason, "after", e.Took)
		case grimoireauth.RefreshFailed:
			if errors.Is(e.Err, grimoireauth.ErrUnavailable) {
				count("stytch_unavailable")
			}
		case grimoireauth.OutageGraceUsed:
			count("outage_grace")
		case grimoireauth.KeysFetched:
			if e.Err != nil {
				count("keys_failed")
			}
		case grimoireauth.TokenRefused:
			count("refused_" + e.Reason) // the text of a jwtlocal.Reason
		case grimoireauth.Changed: // the audit log
			logger.InfoContext(ctx, "changed", "op", e.Op, "by", e.By, "impersonated", e.Impersonated, "class", e.Class, "member", e.Member, "fields", e.Fields)
		case grimoireauth.StepDone: // progress of doctor.Check and RevokeEverywhere
			logger.DebugContext(ctx, e.Op, "done", e.Done, "failed", e.Failed, "of", e.Total, "class", e.Class, "error", e.Err)
		case grimoireauth.WebhookReceived: // what others have changed at Stytch
			logger.InfoContext(ctx, "changed elsewhere", "source", e.Source, "object", e.Object, "action", e.Action, "id", e.ID, "class", e.Class, "revoked", e.Revoked, "error", e.Err)
		case grimoireauth.WebhookRefused:
			count("webhook_refused_" + e.Reason) // the text of a webhook.Reason
		}
	}
}

// observed gives the same function to the client and the verifier.
func observed(id string, secret grimoireauth.Secret, see grimoireauth.Observe) (*jwtlocal.Verifier, error) {
	client, err := stytchclient.New(stytchclient.Config{ProjectID: id, Secret: secret, Observe: see})
	if err != nil {
		return nil, err
	}
	return jwtlocal.New(jwtlocal.Config{ProjectID: id, Refresh: client.Sessions.Authenticate, Observe: see})
}

var _ = observed

func Example_events() {
	counted := make(map[string]int)
	var lines bytes.Buffer
	s := newSchool(observer(slog.New(slog.NewTextHandler(&lines, nil)), func(name string) { counted[name]++ }))
	class := s.stytch.AddClass("LAWS1100").ID
	sam := s.stytch.AddStudent(class, "sam@example.edu")
	ctx := context.Background()

	if _, err := s.client.Roster.SetRole(ctx, class, sam, grimoireauth.RoleTutor); err != nil {
		log.Fatal(err)
	}
	_, err := s.verifier.Verify(ctx, s.stytch.Forged(sam).JWT)
	fmt.Println("forged:", errors.Is(err, grimoireauth.ErrUnauthenticated))
	s.stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Status: 500})
	_, err = s.verifier.Authenticate(ctx, s.stytch.Stale(s.stytch.SignIn(sam)))
	fmt.Println("outage:", errors.Is(err, grimoireauth.ErrUnavailable))

	fmt.Println(counted)
	fmt.Println("the log has no names:", !bytes.Contains(lines.Bytes(), []byte("sam@")))
	// Output:
	// forged: true
	// outage: true
	// map[refused_revoked:1 refused_signature:1 stytch_unavailable:1]
	// the log has no names: true
}
