package docs_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/promptgrimoire/auth/mock"
)

// hooked is a mux that receives webhooks behind the guard of everything else.
func hooked(mux *http.ServeMux, guard *middleware.Guard, projectID string, secrets []grimoireauth.Secret, revocations *jwtlocal.MemoryRevocations, see grimoireauth.Observe) (http.Handler, error) {
	webhooks, err := webhook.New(webhook.Config{
		Secrets:   secrets, // "whsec_…"
		ProjectID: projectID,
		OnRevoke:  revocations.Add, // as for the client
		Observe:   see,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("POST /webhooks/stytch", webhooks)
	return guard.Protect(mux, "POST /webhooks/stytch"), nil
}

// both tells the other replicas and the application's own tables.
func both(tellReplicas grimoireauth.OnRevoke, removeMember func(context.Context, grimoireauth.MemberID) error) grimoireauth.OnRevoke {
	return func(ctx context.Context, revocation grimoireauth.Revocation) error {
		if revocation.Member != "" {
			if err := removeMember(ctx, revocation.Member); err != nil {
				return err // Svix sends the webhook again
			}
		}
		return tellReplicas(ctx, revocation)
	}
}

var _ = both

func Example_webhooks() {
	secrets := []grimoireauth.Secret{grimoireauth.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}
	mux, revocations := http.NewServeMux(), new(jwtlocal.MemoryRevocations)
	stytch := &mock.Stytch{Webhooks: []mock.Webhook{{URL: "https://school.edu/webhooks/stytch", Handler: mux, Secrets: secrets}}}
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch, OnRevoke: revocations.Add,
	})
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch,
		Refresh: client.Sessions.Authenticate, Revocations: revocations,
	})
	if err != nil {
		log.Fatal(err)
	}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{})
	if err != nil {
		log.Fatal(err)
	}
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux.Handle("GET /classes/{class}/drafts", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(page))
	app, err := hooked(mux, guard, stytch.ProjectID(), secrets, revocations, nil)
	if err != nil {
		log.Fatal(err)
	}

	class := stytch.AddClass("LAWS1100").ID
	iris := stytch.AddInstructor(class, "iris@example.edu")
	session := stytch.SignIn(iris)
	status := func() int {
		return school{guard: guard}.status(app, "GET", "/classes/"+string(class)+"/drafts", session)
	}
	stytch.SetRoles(iris) // in the dashboard
	fmt.Println("before the webhook:", status())
	if err := stytch.DeliverWebhooks(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("after the webhook:", status())
	// Output:
	// before the webhook: 200
	// after the webhook: 403
}
