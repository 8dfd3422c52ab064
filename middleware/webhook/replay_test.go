package webhook_test

import (
	"context"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware/webhook"
	"github.com/stretchr/testify/require"
)

// A message counts once for as long as a copy of it would be accepted.
func TestP08_Replayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Config{})
		first := time.Now()
		body := event()
		for _, offset := range []time.Duration{5 * time.Minute, 0} { // signed by a clock that is ahead, then behind it
			id := "msg_" + strconv.Itoa(int(offset))
			require.Equal(t, 204, r.send(delivery(id, first.Add(offset), body)))
			sent := len(r.revoked)
			for range 300 {
				time.Sleep(2 * time.Second)
				status := r.send(delivery(id, first.Add(offset), body))
				if reason := r.lastRefusal(); reason == "time" {
					require.Equal(t, 400, status)
				} else {
					require.Equal(t, 204, status, "so that Svix does not send it again")
					require.Equal(t, "replayed", reason)
				}
			}
			require.Len(t, r.revoked, sent)
			require.Len(t, r.events, sent)
			first = time.Now()
		}
		// An attempt that was signed later, because the answer got lost: it can be copied for
		// longer.
		first = time.Now()
		require.Equal(t, 204, r.send(delivery("msg_lost", first, body)))
		time.Sleep(4 * time.Minute)
		again := time.Now()
		require.Equal(t, 204, r.send(delivery("msg_lost", again, body)))
		time.Sleep(4 * time.Minute)
		require.Equal(t, 204, r.send(delivery("msg_lost", again, body)))
		require.Len(t, r.revoked, 3)
	})
}

// A delivery whose handling failed is delivered again, and counts then.
func TestP08_AFailureIsDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Config{})
		body := event()
		sent := time.Now()
		r.fail = errTest
		for range 3 {
			require.Equal(t, 500, r.send(delivery("msg_1", time.Now(), body)))
			time.Sleep(time.Second)
		}
		require.Len(t, r.events, 3)
		for _, e := range r.events {
			require.ErrorIs(t, e.Err, grimoireauth.ErrUnavailable)
			require.NotContains(t, e.Err.Error(), errTest.Error())
			require.False(t, e.Revoked)
		}
		require.NotContains(t, r.log.String(), errTest.Error())
		r.fail = nil
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
		require.Equal(t, []grimoireauth.Revocation{{Member: "member-test-sam", At: sent.UTC()}}, r.revoked)
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
		require.Equal(t, "replayed", r.lastRefusal())
	})
}

// A panic of OnRevoke leaves nothing behind that would refuse the next attempt.
func TestP08_APanicIsDeliveredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := newReceiver(t, webhook.Config{OnRevoke: func(context.Context, grimoireauth.Revocation) error {
			if calls++; calls == 1 {
				panic("here")
			}
			return nil
		}})
		require.Panics(t, func() { r.send(delivery("msg_1", time.Now(), event())) })
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), event())))
		require.Equal(t, 2, calls)
	})
}

// Svix hangs up after 15 seconds and sends the message again. OnRevoke is not interrupted,
// and the second attempt does not begin a second one.
func TestP08_SlowAndSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := newReceiver(t, webhook.Config{OnRevoke: func(ctx context.Context, _ grimoireauth.Revocation) error {
			calls++
			time.Sleep(30 * time.Second)
			return ctx.Err()
		}})
		ctx, hangUp := context.WithTimeout(t.Context(), 15*time.Second)
		defer hangUp()
		body := event()
		first := delivery("msg_1", time.Now(), body).WithContext(ctx)
		done := make(chan int)
		go func() {
			w := httptest.NewRecorder()
			r.handler.ServeHTTP(w, first)
			done <- w.Code
		}()
		time.Sleep(20 * time.Second)
		require.Equal(t, 503, r.send(delivery("msg_1", time.Now(), body)))
		require.Equal(t, "pending", r.lastRefusal())
		require.Equal(t, 204, <-done)
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
		require.Equal(t, 1, calls)
	})
}

// Strangers who cannot sign do not make the memory forget, nor do they fill it.
func TestP08_StrangersFillNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, webhook.Config{Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(oldSecret)}})
		body := event()
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
		for i := range 1 << 12 {
			require.Equal(t, 400, r.send(delivery("msg_forged_"+strconv.Itoa(i), time.Now(), body, newSecret)))
		}
		require.Equal(t, 204, r.send(delivery("msg_1", time.Now(), body)))
		require.Len(t, r.revoked, 1)
		require.Equal(t, 1, webhook.Remembered(r.handler))
	})
}
