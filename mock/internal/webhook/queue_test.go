package webhook

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Clear also forgets the message that is on its way: a failure does not bring it back,
// and what was taken together with it is not sent.
func TestW01_ClearForgetsWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q *Queue
		arrived := 0
		q = NewQueue(Endpoint{URL: "http://webhook.localhost/", Keys: [][]byte{make([]byte, 24)}, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if arrived++; arrived == 1 {
				q.Clear()
			}
			w.WriteHeader(http.StatusInternalServerError)
		})})
		add := func() {
			arrived = 0
			q.Add(Message{ID: "msg_1"})
			q.Add(Message{ID: "msg_2"})
		}
		add()
		failed, err := q.Deliver(t.Context())
		require.NoError(t, err)
		require.Zero(t, failed)
		require.Equal(t, 1, arrived)
		require.Zero(t, q.Waiting())
		require.Empty(t, q.Attempts())

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go q.Run(ctx)
		add()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Equal(t, 1, arrived)
		require.Empty(t, q.Attempts())
		q.Add(Message{ID: "msg_3"})
		synctest.Wait()
		require.Equal(t, 2, arrived)
		require.Equal(t, 1, q.Waiting())
		require.Equal(t, "msg_3", q.Attempts()[0].ID)
		cancel()
		synctest.Wait()
	})
}
