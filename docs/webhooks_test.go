package docs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/webhook"
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
	s := newSchool(nil)
	secret := grimoireauth.NewSecret("whsec_MjQgYnl0ZXMgdGhhdCBTdml4IG1ha2Vz")
	app, err := hooked(http.NewServeMux(), s.guard, s.stytch.ProjectID(), []grimoireauth.Secret{secret}, new(jwtlocal.MemoryRevocations), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("POST", "/webhooks/stytch", nil)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	fmt.Println("not signed:", w.Code)
	// Output: not signed: 400
}
