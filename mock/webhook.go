package mock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/webhook"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Webhook is an endpoint that receives what Stytch sends, by way of Svix, when a member,
// an organization or an SSO connection was created, changed or deleted: a POST with a JSON
// object, signed in the headers svix-id, svix-timestamp and svix-signature, and under the
// names of Standard Webhooks as well. There are no webhooks about sessions. The source in
// the object is DIRECT after a call of the API, and DASHBOARD after a method of Stytch,
// such as SetRoles, or a call of the control plane.
type Webhook struct {
	// URL is where the requests go. It may be empty with a Handler.
	URL string
	// Secrets sign each request: "whsec_" and 24 to 64 bytes in base64. The first is the
	// newest; for a time after a rotation there are two. At least one is required.
	Secrets []grimoireauth.Secret
	// Handler receives the requests in this process, without a network, so that it works
	// inside a testing/synctest bubble. Nil: the URL is called.
	Handler http.Handler
}

func (w Webhook) endpoint() (webhook.Endpoint, error) {
	out := webhook.Endpoint{URL: w.URL, Handler: w.Handler}
	var faults []error
	switch {
	case w.URL == "" && w.Handler != nil:
		out.URL = "http://webhook.localhost/"
	case !wire.IsWebURL(w.URL):
		faults = append(faults, fmt.Errorf("the URL %.100q is not an http or https URL with a host", w.URL))
	}
	if len(w.Secrets) == 0 {
		faults = append(faults, errors.New("there is no secret"))
	}
	for _, secret := range w.Secrets {
		key, err := webhook.Key(secret.Reveal())
		if err != nil {
			faults = append(faults, err)
		}
		out.Keys = append(out.Keys, key)
	}
	return out, errors.Join(faults...)
}

// WebhookAttempt is one request to an endpoint.
type WebhookAttempt struct {
	ID        string // the svix-id, the same at each attempt
	EventType string // "direct.member.update"
	Body      []byte
	URL       string
	Attempt   int    // from 1
	Status    int    // zero if there was no answer
	Failed    string // why it is tried again, or given up; empty if it was accepted
	At        time.Time
}

// RunWebhooks delivers webhooks as Svix does, each endpoint apart from the others, until
// ctx ends: at once and in the order of the changes, and again after 5 seconds, 5 minutes,
// 30 minutes, 2, 5, 10 and 10 hours if the endpoint does not answer 2xx within 15 seconds.
// No call of the API waits for it. What is not delivered when it returns waits for the
// next RunWebhooks or DeliverWebhooks. Its goroutines have ended when it returns; its
// error is the cause of ctx's end.
func (s *Stytch) RunWebhooks(ctx context.Context) error {
	s.configure()
	var running sync.WaitGroup
	for _, queue := range s.core.Webhooks {
		running.Go(func() { queue.Run(ctx) })
	}
	<-ctx.Done()
	running.Wait()
	return context.Cause(ctx)
}

// DeliverWebhooks tries each webhook that waits once, now, and those that come while it
// does: a test calls it where Stytch's webhooks would have arrived. Its error says how many
// attempts failed, or is the cause of the end of ctx. WebhookAttempts tells the rest.
func (s *Stytch) DeliverWebhooks(ctx context.Context) error {
	s.configure()
	failed := 0
	for _, queue := range s.core.Webhooks {
		n, err := queue.Deliver(ctx)
		if err != nil {
			return err
		}
		failed += n
	}
	if failed > 0 {
		return fmt.Errorf("mock: %d webhooks were not accepted", failed)
	}
	return nil
}

// WebhookAttempts returns the requests to all endpoints so far, oldest first: at most the
// last 10,000 for each of them.
func (s *Stytch) WebhookAttempts() []WebhookAttempt {
	s.configure()
	var out []WebhookAttempt
	for _, queue := range s.core.Webhooks {
		for _, a := range queue.Attempts() {
			out = append(out, WebhookAttempt{a.ID, a.EventType, slices.Clone(a.Body), a.URL, a.Number, a.Status, a.Failed, a.At})
		}
	}
	slices.SortStableFunc(out, func(a, b WebhookAttempt) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return out
}
