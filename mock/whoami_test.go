package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/consumer/debug"

	"github.com/promptgrimoire/auth/mock"
)

func TestW06_Whoami(t *testing.T) {
	stytch := new(mock.Stytch)
	out, err := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch).Debug.Whoami(t.Context(), &debug.WhoamiParams{})
	require.NoError(t, err)
	require.Equal(t, stytch.ProjectID(), out.ProjectID)
	require.NotEmpty(t, out.Name)
	wire{t: t, stytch: stytch}.refuses(405, "method_not_allowed", http.MethodPost, "/v1/debug/whoami", nil)
	_, err = connect(t, stytch.ProjectID(), "secret-test-"+"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", stytch).Debug.Whoami(t.Context(), &debug.WhoamiParams{})
	require.Error(t, err)
}
