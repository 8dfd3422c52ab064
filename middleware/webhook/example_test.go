package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware/webhook"
)

func Example() {
	key := []byte("24 bytes that Svix makes")
	revocations := new(jwtlocal.MemoryRevocations) // of the verifier
	handler, err := webhook.New(webhook.Config{
		Secrets:   []grimoireauth.Secret{grimoireauth.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(key))},
		ProjectID: "project-test-7c2a0a64-9b5e-4f0e-8d6b-0e6d5c1b2a33",
		OnRevoke:  revocations.Add,
		Observe: func(_ context.Context, event grimoireauth.Event) {
			switch e := event.(type) {
			case grimoireauth.WebhookReceived:
				fmt.Println(e.Source, e.Action, e.Member, "revoked:", e.Revoked)
			case grimoireauth.WebhookRefused:
				fmt.Println("refused:", e.Reason, e.Reason == webhook.ReasonSignature.String())
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/stytch", handler)

	// What Svix sends when an administrator has changed Sam in Stytch's dashboard.
	send := func(signature func(signed string) string) int {
		body := `{"project_id": "project-test-7c2a0a64-9b5e-4f0e-8d6b-0e6d5c1b2a33", "event_id": "webhook-event-test-1",
			"source": "DASHBOARD", "object_type": "member", "action": "UPDATE", "id": "member-test-sam"}`
		timestamp := fmt.Sprint(time.Now().Unix())
		r := httptest.NewRequest("POST", "/webhooks/stytch", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("svix-id", "msg_1")
		r.Header.Set("svix-timestamp", timestamp)
		r.Header.Set("svix-signature", signature("msg_1."+timestamp+"."+body))
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
	fmt.Println(send(func(string) string { return "v1,Zm9yZ2VkIGJ5IGEgc3RyYW5nZXIgd2hvIGhhcyBubyBzZWNyZXQ=" }))
	fmt.Println(send(func(signed string) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(signed))
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}))
	status, err := revocations.Status(context.Background(), "session", "member-test-sam", "organization-test-torts")
	fmt.Println("a session_jwt of Sam's is stale:", !status.NotBefore.IsZero(), err)
	// Output:
	// refused: signature true
	// 400
	// dashboard update member-test-sam revoked: true
	// 204
	// a session_jwt of Sam's is stale: true <nil>
}
