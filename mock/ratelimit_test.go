package mock_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := wire{t: t, stytch: &mock.Stytch{RateLimits: true}}
		org := w.organization(nil)
		w.member(org, object{"email_address": "ada@example.edu"})
		w.member(org, object{"email_address": "bob@example.edu"})
		mail := object{"organization_id": org, "email_address": "ada@example.edu"}
		send := links + "/email/login_or_signup"
		w.ok(http.MethodPost, send, mail)
		w.refuses(429, "too_many_requests", http.MethodPost, send, mail)
		w.refuses(429, "too_many_requests", http.MethodPost, links+"/email/discovery/send", object{"email_address": "ADA@example.edu"})
		w.ok(http.MethodPost, send, with(mail, object{"email_address": "bob@example.edu"}))
		time.Sleep(time.Second)
		w.ok(http.MethodPost, send, mail)

		time.Sleep(time.Minute)
		for range 100 {
			w.ok(http.MethodPost, organizations+"/search", object{"limit": 1})
		}
		w.refuses(429, "too_many_requests", http.MethodPost, organizations+"/search", object{"limit": 1})
		w.ok(http.MethodPost, organizations+"/members/search", object{"organization_ids": []string{org}})
		time.Sleep(time.Minute)
		w.ok(http.MethodPost, organizations+"/search", object{"limit": 1})
	})
	t.Run("off unless asked for", func(t *testing.T) {
		w := newWire(t)
		for range 101 {
			status, _ := w.do(http.MethodPost, organizations+"/search", object{"limit": 1})
			require.Equal(t, http.StatusOK, status)
		}
	})
}
