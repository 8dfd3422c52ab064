package webhook

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The vector that Svix and Standard Webhooks publish.
// Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
func TestSign(t *testing.T) {
	key, err := Key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	for _, tt := range []struct {
		name string
		keys [][]byte
		want string
	}{
		{"one secret", [][]byte{key}, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"two during a rotation", [][]byte{key, key}, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			sign(h, tt.keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
			for _, prefix := range []string{"svix-", "webhook-"} {
				require.Equal(t, tt.want, h.Get(prefix+"signature"))
				require.Equal(t, "msg_p5jXN8AQM9LWM0D4loKWxJek", h.Get(prefix+"id"))
				require.Equal(t, "1614265330", h.Get(prefix+"timestamp"))
			}
		})
	}
}

func TestKey(t *testing.T) {
	for _, secret := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ", "whsec_!!!!", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"} {
		_, err := Key(secret)
		require.Error(t, err, secret)
	}
}
