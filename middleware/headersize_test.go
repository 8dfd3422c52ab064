package middleware_test

import (
	"net/http/httptest"
	"testing"

	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// C04: a proxy takes 4 kB of response headers as a rule (nginx: proxy_buffer_size). The
// refusal that deletes planted cookies has to arrive, on long paths as well.
func TestC04_DeletionsFitAResponse(t *testing.T) {
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{PlantableCookieNames: true})
	r := httptest.NewRequest("GET", "https://classes.law.school.example/classes/organization-live-00000000-0000-0000-0000-000000000000/weeks/3/essays/9", nil)
	r.Header.Set("Cookie", "stytch_session=a; stytch_session=b")
	res := serve(guard.Require(whoami), r)
	require.Equal(t, 401, res.StatusCode)
	size := 0
	for name, lines := range res.Header {
		for _, line := range lines {
			size += len(name) + len(line) + 4
		}
	}
	t.Logf("%d bytes, %d cookies", size, len(res.Header["Set-Cookie"]))
	require.Less(t, size, 3500)
}
