package mock_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

var (
	webhookKey    = []byte("0123456789abcdef0123456789abcdef")
	webhookSecret = grimoireauth.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(webhookKey))
)

// receiver is an endpoint that checks each signature by itself.
type receiver struct {
	t      testing.TB
	status atomic.Int32 // of its answers; zero is 204
	got    []object
	raw    [][]byte
	ids    []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	require.NoError(r.t, err)
	for _, prefix := range []string{"Svix-", "Webhook-"} {
		id, at := req.Header.Get(prefix+"Id"), req.Header.Get(prefix+"Timestamp")
		mac := hmac.New(sha256.New, webhookKey)
		_, _ = mac.Write([]byte(id + "." + at + "." + string(body)))
		require.Equal(r.t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), req.Header.Get(prefix+"Signature"))
		require.Equal(r.t, strconv.FormatInt(time.Now().Unix(), 10), at)
	}
	require.Equal(r.t, "application/json", req.Header.Get("Content-Type"))
	r.ids = append(r.ids, req.Header.Get("Svix-Id"))
	var content object
	require.NoError(r.t, json.Unmarshal(body, &content))
	r.got, r.raw = append(r.got, content), append(r.raw, body)
	if status := int(r.status.Load()); status == 0 {
		w.WriteHeader(http.StatusNoContent)
	} else {
		w.WriteHeader(status)
	}
}

// what returns what arrived since the last call, each as source.object_type.action.
func (r *receiver) what() string {
	var out []string
	for _, e := range r.got {
		out = append(out, strings.ToLower(e.text("source")+"."+e.text("object_type")+"."+e.text("action")))
	}
	r.got = nil
	return strings.Join(out, " ")
}

func withReceiver(t testing.TB) (wire, *receiver) {
	to := &receiver{t: t}
	return wire{t: t, stytch: &mock.Stytch{Webhooks: []mock.Webhook{{Handler: to, Secrets: []grimoireauth.Secret{webhookSecret}}}}}, to
}

func TestWebhooks(t *testing.T) {
	w, to := withReceiver(t)
	after := func(want string) {
		t.Helper()
		require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
		require.Equal(t, want, to.what())
	}
	organization := w.ok("POST", "/v1/b2b/organizations", object{"organization_name": "LAWS1100", "organization_slug": "laws1100"})
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Equal(t, organization.at("organization"), to.got[0].at("organization"))
	after("direct.organization.create")

	class := grimoireauth.ClassID(organization.text("organization", "organization_id"))
	roster := "/v1/b2b/organizations/laws1100/members"
	made := w.ok("POST", roster, object{"email_address": "ada@example.edu"})
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	e := to.got[0]
	require.Equal(t, made.at("member"), e.at("member"))
	require.Equal(t, made.at("member_id"), e.at("id"))
	require.Equal(t, w.stytch.ProjectID(), e.at("project_id"))
	require.Equal(t, "B2B", e.at("vertical"))
	require.Regexp(t, `^webhook-event-test-[0-9a-f-]{36}$`, e.text("event_id"))
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, e.text("timestamp"))
	require.Regexp(t, `^msg_[A-Za-z0-9_-]{27}$`, to.ids[len(to.ids)-1])
	require.Len(t, e, 9)
	after("direct.member.create")

	ada := made.text("member_id")
	w.ok("PUT", roster+"/"+ada, object{"name": "Ada", "roles": []string{"instructor"}})
	after("direct.member.update")
	w.refuses(404, "organization_not_found", "PUT", "/v1/b2b/organizations/laws1101/members/"+ada, object{"name": "Bob"})
	after("")
	w.stytch.SetRoles(memberID(ada), "tutor")
	after("dashboard.member.update")
	bob := w.stytch.AddStudent(class, "bob@example.edu")
	after("dashboard.member.create")
	w.ok("DELETE", roster+"/"+string(bob), nil)
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Nil(t, to.got[0].at("member"), "what is deleted is not shown")
	after("direct.member.delete")

	saml := w.ok("POST", "/v1/b2b/sso/saml/laws1100", object{"display_name": "University"})
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Equal(t, saml.at("connection"), to.got[0].at("saml_connection"))
	after("direct.saml_connection.create")
	w.ok("DELETE", "/v1/b2b/sso/laws1100/connections/"+saml.text("connection", "connection_id"), nil)
	after("direct.saml_connection.delete")
	w.stytch.AddSSO(class, "oidc", nil)
	after("dashboard.oidc_connection.create")

	saml = w.ok("POST", "/v1/b2b/sso/saml/laws1100", object{"display_name": "University"})
	oidc := w.ok("POST", "/v1/b2b/sso/oidc/laws1100", object{"display_name": "University"})
	after("direct.saml_connection.create direct.oidc_connection.create")
	at := "/v1/b2b/sso/saml/laws1100/connections/" + saml.text("connection", "connection_id")
	w.ok("PUT", at+"/url", object{"metadata_url": "https://idp.example.edu/metadata"})
	after("direct.saml_connection.update")
	saml = w.ok("PUT", at+"/url", object{"metadata_url": "https://idp.example.edu/metadata"})
	after("direct.saml_connection.update")
	certificate, _ := saml.at("connection", "verification_certificates").([]any)[0].(map[string]any)["certificate_id"].(string)
	w.ok("DELETE", at+"/verification_certificates/"+certificate, nil)
	after("direct.saml_connection.update")
	saml = w.ok("PUT", at, object{"saml_encryption_private_key": "-----BEGIN PRIVATE KEY-----"})
	after("direct.saml_connection.update")
	key, _ := saml.at("connection", "encryption_private_keys").([]any)[0].(map[string]any)["private_key_id"].(string)
	w.ok("DELETE", at+"/encryption_private_keys/"+key, nil)
	after("direct.saml_connection.update")
	w.ok("PUT", "/v1/b2b/sso/oidc/laws1100/connections/"+oidc.text("connection", "connection_id"), object{"display_name": "Institute"})
	after("direct.oidc_connection.update")

	scim := w.ok("POST", "/v1/b2b/scim/laws1100/connection", object{"display_name": "Directory"})
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.NotContains(t, string(to.raw[len(to.raw)-1]), scim.text("connection", "bearer_token"))
	after("direct.scim_connection.create")
	directory := "/v1/b2b/scim/laws1100/connection/" + scim.text("connection", "connection_id")
	w.ok("PUT", directory, object{"display_name": "Register"})
	w.ok("POST", directory+"/rotate/start", nil)
	w.ok("POST", directory+"/rotate/cancel", nil)
	w.ok("DELETE", directory, nil)
	after("direct.scim_connection.update direct.scim_connection.update direct.scim_connection.update direct.scim_connection.delete")

	w.ok("PUT", roster+"/"+ada, object{"external_id": "u1"})
	w.ok("DELETE", roster+"/u1/external_id", nil)
	after("direct.member.update direct.member.update")
	w.ok("PUT", "/v1/b2b/organizations/laws1100", object{"organization_external_id": "o1"})
	w.ok("DELETE", "/v1/b2b/organizations/o1/external_id", nil)
	after("direct.organization.update direct.organization.update")
	w.ok("PUT", "/v1/b2b/rbac/organizations/laws1100", object{"org_policy": object{"roles": []object{}}})
	after("direct.organization.update")
	for range 2 {
		w.ok("POST", "/v1/b2b/magic_links/email/invite", object{"organization_id": class, "email_address": "eve@example.edu"})
	}
	after("direct.member.create direct.member.update")
	w.ok("POST", "/v1/b2b/totp", object{"organization_id": class, "member_id": ada})
	after("direct.member.update")
	w.ok("POST", "/v1/b2b/passwords/migrate", object{"organization_id": class, "email_address": "joe@example.edu", "hash": strings.Repeat("ab", 16), "hash_type": "md_5"})
	after("direct.member.create")

	w.ok("POST", "/v1/b2b/magic_links/email/login_or_signup", object{"organization_id": class, "email_address": "ada@example.edu"})
	after("")
	w.ok("POST", "/v1/b2b/magic_links/authenticate", object{"magic_links_token": w.lastToken()})
	after("direct.member.update") // the address is proven now; there is none about the session
	w.ok("DELETE", "/v1/b2b/organizations/laws1100", nil)
	after("direct.organization.delete")
}

func TestWebhooksAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, to := withReceiver(t)
		to.status.Store(http.StatusInternalServerError)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.stytch.RunWebhooks(ctx) }()
		start := time.Now()
		w.stytch.AddClass("LAWS1100")
		synctest.Wait()
		require.Len(t, to.got, 1, "the first attempt is made at once")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, to.got, 4)
		to.status.Store(0)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		require.Len(t, to.got, 5, "an accepted webhook is not sent again")
		var at []time.Duration
		for i, a := range w.stytch.WebhookAttempts() {
			require.Equal(t, i+1, a.Attempt)
			require.Equal(t, to.ids[0], a.ID)
			require.Equal(t, to.ids[0], to.ids[i])
			require.Equal(t, to.raw[0], to.raw[i])
			require.Equal(t, "dashboard.organization.create", a.EventType)
			require.Equal(t, i == 4, a.Failed == "", a.Failed)
			at = append(at, a.At.Sub(start))
		}
		first := 5*time.Second + 5*time.Minute + 30*time.Minute
		require.Equal(t, []time.Duration{0, 5 * time.Second, 5*time.Second + 5*time.Minute, first, first + 2*time.Hour}, at)

		to.status.Store(http.StatusFound)
		w.stytch.AddClass("LAWS1200")
		time.Sleep(7 * 24 * time.Hour)
		synctest.Wait()
		require.Len(t, w.stytch.WebhookAttempts(), 5+8, "after the last pause it is given up")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// No call waits for an endpoint, and what one endpoint does not answer reaches another.
func TestWebhooksDoNotHoldUpCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &receiver{t: t}
		hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		secrets := []grimoireauth.Secret{webhookSecret}
		stytch := &mock.Stytch{Webhooks: []mock.Webhook{{Handler: hangs, Secrets: secrets}, {Handler: to, Secrets: secrets}}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- stytch.RunWebhooks(ctx) }()
		start := time.Now()
		stytch.AddClass("LAWS1100")
		require.Zero(t, time.Since(start))
		synctest.Wait()
		require.Equal(t, "dashboard.organization.create", to.what())
		time.Sleep(15 * time.Second)
		synctest.Wait()
		synctest.Wait()
		require.Len(t, stytch.WebhookAttempts(), 2)
		require.Contains(t, stytch.WebhookAttempts()[0].Failed+stytch.WebhookAttempts()[1].Failed, "deadline exceeded")
		cancel()
		<-ended
	})
}

// A receiver may ask Stytch while it receives.
func TestWebhookReceiverCallsStytch(t *testing.T) {
	var w wire
	calls := 0
	w = wire{t: t, stytch: &mock.Stytch{Webhooks: []mock.Webhook{{Secrets: []grimoireauth.Secret{webhookSecret}, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if calls++; calls == 1 {
			w.ok("POST", "/v1/b2b/organizations/laws1100/members", object{"email_address": "ada@example.edu"})
		}
	})}}}}
	w.stytch.AddClass("LAWS1100")
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Equal(t, 2, calls)
}

func (w wire) lastToken() string {
	outbox := w.stytch.Outbox()
	return outbox[len(outbox)-1].Token
}

// What was there at the start, or is restored, is no change.
func TestWebhooksAreAboutChanges(t *testing.T) {
	w, to := withReceiver(t)
	require.NoError(t, w.stytch.Seed([]byte(`{"organizations":[{"organization_name":"LAWS1100","organization_slug":"laws1100","members":[{"email_address":"ada@example.edu"}]}]}`)))
	p := newPanel(t, w.stytch)
	snapshot := p.send("GET", "/fake/state", "", nil).Body.String()
	p.ok("PUT", "/fake/state", snapshot)
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Empty(t, to.what())

	p.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"new@example.edu"}`)
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Equal(t, "dashboard.member.create dashboard.member.update", to.what(), "signing in proves the address")
	_, sent := p.ok("GET", "/fake/webhooks", "")
	require.Len(t, sent, 2)
	require.Equal(t, "new@example.edu", sent[0].text("body", "member", "email_address"))
	for name, want := range map[string]any{"id": to.ids[0], "event_type": "dashboard.member.create", "url": "http://webhook.localhost/", "attempt": 1., "status": 204., "failed": ""} {
		require.Equal(t, want, sent[0].at(name), name)
	}
	p.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"newer@example.edu"}`)
	p.ok("POST", "/fake/reset", "{}")
	_, sent = p.ok("GET", "/fake/webhooks", "")
	require.Empty(t, sent)
	require.NoError(t, w.stytch.DeliverWebhooks(t.Context()))
	require.Empty(t, to.what(), "a reset forgets what waits")
}

func TestWebhookOverANetwork(t *testing.T) {
	to := &receiver{t: t}
	server := httptest.NewServer(to)
	defer server.Close()
	stytch := &mock.Stytch{Webhooks: []mock.Webhook{{URL: server.URL + "/webhooks/stytch", Secrets: []grimoireauth.Secret{webhookSecret}}}}
	stytch.AddClass("LAWS1100")
	require.NoError(t, stytch.DeliverWebhooks(t.Context()))
	require.Equal(t, "dashboard.organization.create", to.what())
	server.Close()
	stytch.AddClass("LAWS1200")
	require.EqualError(t, stytch.DeliverWebhooks(t.Context()), "mock: 1 webhooks were not accepted")
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	require.EqualError(t, stytch.DeliverWebhooks(ended), "enough")
}

func TestWrongWebhookPanics(t *testing.T) {
	for want, webhook := range map[string]mock.Webhook{
		"there is no secret":                    {URL: "https://grimoire.example.edu/webhooks"},
		"whsec_ and 24 to 64 bytes":             {URL: "https://grimoire.example.edu/webhooks", Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("whsec_")}},
		"is not an http or https URL with a ho": {Secrets: []grimoireauth.Secret{webhookSecret}},
	} {
		func() {
			defer func() { require.Contains(t, recover(), want) }()
			(&mock.Stytch{Webhooks: []mock.Webhook{webhook}}).ProjectID()
		}()
	}
}

// A receiver that applies what it receives knows of each member and organization what
// Stytch knows, after each call of all conformance flows.
func TestWebhooksMissNothing(t *testing.T) {
	applied := 0
	for _, f := range readSuite(t) {
		t.Run(f.Name, func(t *testing.T) {
			w, to := withReceiver(t)
			w.stytch.CrossOrgPasswords = f.CrossOrgPasswords
			m := &mirror{t: t, wire: w, from: to, objects: make(map[string]any), control: w.stytch.Control()}
			playAgainstMock(t, f, w.stytch, m, make(map[string]bool))
			applied += m.applied
		})
	}
	require.Greater(t, applied, 50)
}

// mirror applies webhooks after each request, and compares the result with the API.
type mirror struct {
	t       *testing.T
	wire    wire
	from    *receiver
	control http.Handler
	objects map[string]any // by id
	applied int
}

func (m *mirror) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := m.wire.stytch.RoundTrip(req)
	if err != nil || !strings.Contains(req.URL.Path, "/v1/b2b/") {
		return res, err
	}
	require.NoError(m.t, m.wire.stytch.DeliverWebhooks(m.t.Context()))
	for _, e := range m.from.got {
		m.applied++
		if e.text("action") == "DELETE" {
			delete(m.objects, e.text("id"))
		} else {
			m.objects[e.text("id")] = e.at(e.text("object_type"))
		}
	}
	m.from.got = nil
	m.compare(req.Method + " " + req.URL.Path)
	return res, nil
}

func (m *mirror) compare(after string) {
	var state struct {
		Organizations []struct {
			ID string `json:"organization_id"`
		}
		Members []struct {
			ID     string `json:"member_id"`
			Status string `json:"status"`
		}
	}
	snapshot := panel{t: m.t, handler: m.control}.send("GET", "/fake/state", "", nil).Body.Bytes()
	require.NoError(m.t, json.Unmarshal(snapshot, &state))
	for _, o := range state.Organizations {
		now := m.wire.ok("GET", "/v1/b2b/organizations/"+o.ID, nil).at("organization")
		m.same(after, o.ID, now, "sso_active_connections", "scim_active_connection")
	}
	for _, one := range state.Members {
		if one.Status == "deleted" {
			continue
		}
		now := m.wire.ok("GET", "/v1/b2b/organizations/members/dangerously_get/"+one.ID, nil).at("member")
		// What the settings of the organization or the end of a connection bring.
		m.same(after, one.ID, now, "roles", "is_admin", "sso_registrations", "is_locked", "lock_created_at", "lock_expires_at")
	}
}

func (m *mirror) same(after, id string, now any, derived ...string) {
	m.t.Helper()
	if strings.HasSuffix(id, "007d9d4a-deac-4a87-ba0a-e6e8afba4d4b") {
		return // the sandbox organization is Stytch's own
	}
	known, ok := m.objects[id].(map[string]any)
	require.True(m.t, ok, "after %s the receiver does not know %s", after, id)
	for name, value := range now.(map[string]any) {
		if !slices.Contains(derived, name) {
			require.Equal(m.t, value, known[name], "after %s: %s of %s", after, name, id)
		}
	}
}

// A receiver hears what was changed in Stytch's dashboard, in a test
// without a network.
func ExampleStytch_webhooks() {
	receiver := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct{ Source, Action, ObjectType string }
		_ = json.NewDecoder(r.Body).Decode(&event)
		fmt.Println(event.Source, event.Action, r.Header.Get("svix-id") != "")
	})
	stytch := &mock.Stytch{Webhooks: []mock.Webhook{{
		Handler: receiver, Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")},
	}}}
	stytch.AddInstructor(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	fmt.Println("error:", stytch.DeliverWebhooks(context.Background()))
	for _, sent := range stytch.WebhookAttempts() {
		fmt.Println(sent.EventType, sent.Status)
	}
	// Output:
	// DASHBOARD CREATE true
	// DASHBOARD CREATE true
	// error: <nil>
	// dashboard.organization.create 200
	// dashboard.member.create 200
}
