package webhook_test

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/stretchr/testify/require"
)

// Only what is genuine and new has an effect.
func TestP08_OnlyGenuineAndNew(t *testing.T) {
	at := func(offset time.Duration) *http.Request { return delivery("msg_1", time.Now().Add(offset), event()) }
	headers := func(change func(h http.Header)) func() *http.Request {
		return func() *http.Request {
			r := at(0)
			change(r.Header)
			return r
		}
	}
	for _, row := range []struct {
		name    string
		request func() *http.Request
		want    int
		reason  string
	}{
		{"genuine", func() *http.Request { return at(0) }, 204, ""},
		{"four minutes and 59 seconds old", func() *http.Request { return at(-5*time.Minute + time.Second) }, 204, ""},
		{"old", func() *http.Request { return at(-5*time.Minute - time.Second) }, 400, "time"},
		{"from the near future", func() *http.Request { return at(5*time.Minute - time.Second) }, 204, ""},
		{"from the future", func() *http.Request { return at(5*time.Minute + time.Second) }, 400, "time"},
		{"forged: another secret", func() *http.Request { return delivery("msg_1", time.Now(), event(), newSecret) }, 400, "signature"},
		{"forged: another body", func() *http.Request {
			r := raw(event("id", "member-test-iris"), nil)
			r.Header = at(0).Header
			return r
		}, 400, "signature"},
		{"forged: another id", headers(func(h http.Header) { h.Set("svix-id", "msg_2") }), 400, "signature"},
		{"forged: another time", headers(func(h http.Header) { h.Set("svix-timestamp", strconv.FormatInt(time.Now().Unix()+1, 10)) }), 400, "signature"},
		{"forged: another spelling of the time", headers(func(h http.Header) { h.Set("svix-timestamp", "0"+h.Get("svix-timestamp")) }), 400, "signature"},
		{"forged: a number with a sign", headers(func(h http.Header) { h.Set("svix-timestamp", "+"+h.Get("svix-timestamp")) }), 400, "headers"},
		{"a time that is none", headers(func(h http.Header) { h.Set("svix-timestamp", "now") }), 400, "headers"},
		{"a time that is too large", headers(func(h http.Header) { h.Set("svix-timestamp", "99999999999999999999") }), 400, "headers"},
		{"forged: the signature in hexadecimal", headers(func(h http.Header) { h.Set("svix-signature", "v1,"+strings.Repeat("0f", 32)) }), 400, "signature"},
		{"forged: an empty signature", headers(func(h http.Header) { h.Set("svix-signature", "v1,") }), 400, "signature"},
		{"forged: no version", headers(func(h http.Header) { h.Set("svix-signature", h.Get("svix-signature")[3:]) }), 400, "signature"},
		{"another version", headers(func(h http.Header) { h.Set("svix-signature", "v2"+h.Get("svix-signature")[2:]) }), 400, "signature"},
		{"an asymmetric signature only", headers(func(h http.Header) { h.Set("svix-signature", "v1a"+h.Get("svix-signature")[2:]) }), 400, "signature"},
		{"several versions and signatures", headers(func(h http.Header) {
			h.Set("svix-signature", "v1a,x v1, v2,Ceo5 v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "+h.Get("svix-signature")+" garbage")
		}), 204, ""},
		{"very many signatures", headers(func(h http.Header) {
			h.Set("svix-signature", strings.Repeat("v1,x ", 1000)+h.Get("svix-signature"))
		}), 400, "headers"},
		{"unsigned", func() *http.Request { return raw(event(), nil) }, 400, "unsigned"},
		{"no id", headers(func(h http.Header) { h.Del("svix-id") }), 400, "unsigned"},
		{"no time", headers(func(h http.Header) { h.Del("svix-timestamp") }), 400, "unsigned"},
		{"no signature", headers(func(h http.Header) { h.Del("svix-signature") }), 400, "unsigned"},
		{"an empty id", func() *http.Request { return delivery("", time.Now(), event()) }, 400, "unsigned"},
		{"an id with a full stop", func() *http.Request { return delivery("msg.1", time.Now(), event()) }, 400, "headers"},
		{"an id with a line break", func() *http.Request { return delivery("msg\n1", time.Now(), event()) }, 400, "headers"},
		{"a very long id", func() *http.Request { return delivery(strings.Repeat("m", 129), time.Now(), event()) }, 400, "headers"},
		{"the names of Standard Webhooks", headers(func(h http.Header) {
			for _, name := range []string{"id", "timestamp", "signature"} {
				h.Set("webhook-"+name, h.Get("svix-"+name))
				h.Del("svix-" + name)
			}
		}), 204, ""},
		{"both names", headers(func(h http.Header) {
			for _, name := range []string{"id", "timestamp", "signature"} {
				h.Set("webhook-"+name, h.Get("svix-"+name))
			}
		}), 204, ""},
		{"contradicting ids", headers(func(h http.Header) { h.Set("webhook-id", "msg_2") }), 400, "headers"},
		{"contradicting times", headers(func(h http.Header) { h.Set("webhook-timestamp", "1614265330") }), 400, "headers"},
		{"contradicting signatures", headers(func(h http.Header) { h.Set("webhook-signature", "v1,x") }), 400, "headers"},
		{"two signatures in two lines", headers(func(h http.Header) { h.Add("svix-signature", "v1,x") }), 400, "headers"},
		{"not POST", func() *http.Request {
			r := at(0)
			r.Method = "PUT"
			return r
		}, 405, "method"},
		{"not JSON", headers(func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") }), 415, "media type"},
		{"of no type", headers(func(h http.Header) { h.Del("Content-Type") }), 415, "media type"},
		{"JSON with a charset", headers(func(h http.Header) { h.Set("Content-Type", "application/json; charset=utf-8") }), 204, ""},
		{"as large as the limit", func() *http.Request {
			body := event()
			return delivery("msg_1", time.Now(), body+strings.Repeat(" ", 1<<20-len(body)))
		}, 204, ""},
		{"too large", func() *http.Request {
			body := event()
			return delivery("msg_1", time.Now(), body+strings.Repeat(" ", 1<<20-len(body)+1))
		}, 413, "body"},
		{"of another project", func() *http.Request {
			return delivery("msg_1", time.Now(), event("project_id", "project-live-00000000-0000-4000-8000-000000000001"))
		}, 400, "project"},
		{"of no project", func() *http.Request { return delivery("msg_1", time.Now(), event("project_id", "")) }, 400, "malformed"},
		{"about a member without an id", func() *http.Request { return delivery("msg_1", time.Now(), event("id", "")) }, 400, "malformed"},
		{"about a member with the id of a class", func() *http.Request { return delivery("msg_1", time.Now(), event("id", "organization-test-1")) }, 400, "malformed"},
		{"about an organization with the id of a member", func() *http.Request { return delivery("msg_1", time.Now(), event("object_type", "organization")) }, 400, "malformed"},
		{"an empty body", func() *http.Request { return delivery("msg_1", time.Now(), "") }, 400, "malformed"},
		{"a list", func() *http.Request { return delivery("msg_1", time.Now(), "["+event()+"]") }, 400, "malformed"},
		{"two documents", func() *http.Request { return delivery("msg_1", time.Now(), event()+event()) }, 400, "malformed"},
		{"a name twice", func() *http.Request { return delivery("msg_1", time.Now(), `{"id":"member-test-iris",`+event()[1:]) }, 400, "malformed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReceiver(t, webhook.Config{})
				require.Equal(t, row.want, r.send(row.request()))
				require.Equal(t, row.reason, r.lastRefusal())
				if row.want == 204 {
					require.Equal(t, []grimoireauth.Revocation{{Member: "member-test-sam", At: r.revoked[0].At}}, r.revoked)
				} else {
					require.Empty(t, r.revoked)
					require.Empty(t, r.events)
				}
				for _, secret := range []string{oldSecret, newSecret} {
					require.NotContains(t, r.log.String(), secret[6:])
				}
			})
		})
	}
}

// The example of Svix's documentation, with which its libraries are tested:
// github.com/svix/svix-webhooks, javascript/src/webhook.test.ts, "sign function works".
func TestP08_PublishedVector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(1614265330, 0)))
		r := newReceiver(t, webhook.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}})
		const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
		for _, prefix := range []string{"svix-", "webhook-"} {
			headers := map[string]string{prefix + "id": "msg_p5jXN8AQM9LWM0D4loKWxJek", prefix + "timestamp": "1614265330", prefix + "signature": signature}
			require.Equal(t, 400, r.send(raw(`{"test": 2432232314}`, headers)))
			require.Equal(t, "malformed", r.lastRefusal(), "the signature is right, and the body is no event of Stytch's")
			require.Equal(t, 400, r.send(raw(`{"test": 2432232315}`, headers)))
			require.Equal(t, "signature", r.lastRefusal())
		}
		require.Equal(t, signature, sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`),
			"the signer of these tests")
	})
}

// While a secret is replaced, Svix signs with both, and one of them is enough.
func TestP08_TwoSecretsDuringARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := newReceiver(t, webhook.Config{})
		during := newReceiver(t, webhook.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(oldSecret), grimoireauth.NewSecret(newSecret)}})
		after := newReceiver(t, webhook.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(newSecret)}})
		for i, row := range []struct {
			by                    []string
			before, during, after int
		}{
			{[]string{oldSecret}, 204, 204, 400},
			{[]string{newSecret}, 400, 204, 204},
			{[]string{oldSecret, newSecret}, 204, 204, 204},
			{[]string{newSecret, oldSecret}, 204, 204, 204},
		} {
			id := "msg_" + strconv.Itoa(i)
			require.Equal(t, row.before, before.send(delivery(id, time.Now(), event(), row.by...)), i)
			require.Equal(t, row.during, during.send(delivery(id, time.Now(), event(), row.by...)), i)
			require.Equal(t, row.after, after.send(delivery(id, time.Now(), event(), row.by...)), i)
		}
		require.Len(t, during.revoked, 4)
		require.Equal(t, 1, strings.Count(before.log.String(), "was the endpoint's secret replaced?"), "one line, however often")
	})
}

// The settings that have a limit.
func TestP08_ToleranceAndSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Config{Tolerance: time.Minute, MaxBody: 100})
		require.Equal(t, 400, r.send(delivery("msg_1", time.Now().Add(-61*time.Second), "{}")))
		require.Equal(t, "time", r.lastRefusal())
		require.Equal(t, 400, r.send(delivery("msg_1", time.Now().Add(-60*time.Second), "{}")))
		require.Equal(t, "malformed", r.lastRefusal())
		require.Equal(t, 413, r.send(delivery("msg_1", time.Now(), strings.Repeat(" ", 101))))
	})
}

// The examples of Stytch's catalogue are read, whatever names an event has.
func TestP08_Catalogue(t *testing.T) {
	text, err := os.ReadFile("testdata/catalogue.txt")
	require.NoError(t, err)
	n := 0
	for sample := range strings.SplitSeq(string(text), "\n\n") {
		want, body, _ := strings.Cut(strings.TrimSpace(sample), "\n")
		if strings.HasPrefix(want, "#") {
			continue
		}
		n++
		t.Run(want, func(t *testing.T) {
			r := newReceiver(t, webhook.Config{ProjectID: "project-test-00000000-0000-0000-0000-000000000000"})
			require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
			require.Len(t, r.events, 1)
			e := r.events[0]
			require.Equal(t, want, e.Source+" "+e.Object+" "+e.Action)
			require.Equal(t, "webhook-event-test-00000000-0000-0000-0000-000000000000", e.Event)
			require.Equal(t, e.Action != "create", e.Revoked)
		})
	}
	require.GreaterOrEqual(t, n, 4)
}
