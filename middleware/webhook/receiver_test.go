package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/stretchr/testify/require"
)

const project = "project-test-00000000-0000-4000-8000-000000000001"

// Two signing secrets, as before and after a rotation.
var (
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the old one, of 24 bytes"))
	newSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the new one, of 24 bytes"))
)

// receiver is a Handler and what it has told.
type receiver struct {
	t       *testing.T
	handler *webhook.Handler
	revoked []grimoireauth.Revocation
	events  []grimoireauth.WebhookReceived
	refused []string
	log     bytes.Buffer
	fail    error // what OnRevoke returns
}

func newReceiver(t *testing.T, config webhook.Config) *receiver {
	t.Helper()
	r := &receiver{t: t}
	if config.Secrets == nil {
		config.Secrets = []grimoireauth.Secret{grimoireauth.NewSecret(oldSecret)}
	}
	if config.ProjectID == "" {
		config.ProjectID = project
	}
	if config.OnRevoke == nil {
		config.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
			if r.fail != nil {
				return r.fail
			}
			r.revoked = append(r.revoked, revocation)
			return nil
		}
	}
	config.Observe = func(_ context.Context, event grimoireauth.Event) {
		switch e := event.(type) {
		case grimoireauth.WebhookReceived:
			r.events = append(r.events, e)
		case grimoireauth.WebhookRefused:
			r.refused = append(r.refused, e.Reason)
		}
	}
	config.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	var err error
	r.handler, err = webhook.New(config)
	require.NoError(t, err)
	return r
}

// lastRefusal returns the reason of the last refusal since the last call, or "".
func (r *receiver) lastRefusal() string {
	if len(r.refused) == 0 {
		return ""
	}
	last := r.refused[len(r.refused)-1]
	r.refused = nil
	return last
}

// sign returns a signature as Svix makes it.
func sign(secret, id, timestamp, body string) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// delivery is a webhook as Svix sends it.
func delivery(id string, at time.Time, body string, secrets ...string) *http.Request {
	if len(secrets) == 0 {
		secrets = []string{oldSecret}
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	var signatures []string
	for _, secret := range secrets {
		signatures = append(signatures, sign(secret, id, timestamp, body))
	}
	return raw(body, map[string]string{"svix-id": id, "svix-timestamp": timestamp, "svix-signature": strings.Join(signatures, " ")})
}

func raw(body string, headers map[string]string) *http.Request {
	r := httptest.NewRequest("POST", "/webhooks/stytch", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

// send returns the status. No answer says more than that.
func (r *receiver) send(request *http.Request) int {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	require.Empty(r.t, w.Body.String())
	require.Equal(r.t, "no-store", w.Header().Get("Cache-Control"))
	return w.Code
}

// event is the body of a webhook about a member, unless the words say otherwise.
func event(words ...string) string {
	fields := map[string]string{
		"project_id": project, "event_id": "webhook-event-test-1", "action": "UPDATE", "object_type": "member", "source": "DASHBOARD",
		"id": "member-test-sam", "timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), "vertical": "B2B",
	}
	for i := 0; i+1 < len(words); i += 2 {
		fields[words[i]] = words[i+1]
	}
	var members []string
	for name, value := range fields {
		switch {
		case value == "":
		case strings.HasPrefix(value, "{"):
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		default:
			members = append(members, fmt.Sprintf("%q:%q", name, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

var errTest = errors.New("hunter2hunter2")
