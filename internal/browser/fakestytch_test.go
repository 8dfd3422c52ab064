package browser

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The page of fakestytch, with uncommon names in it, is right on every screen.
func TestFakestytchPage(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass(longName)
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	for _, one := range uncommon {
		member := stytch.AddStudent(class.ID, one.email)
		_, err := client.Roster.Update(t.Context(), class.ID, member, stytchclient.MemberChange{Name: stytchclient.Set(one.name)})
		require.NoError(t, err)
		stytch.SignIn(member)
		require.NoError(t, client.SignIn.SendMagicLink(t.Context(), stytchclient.MagicLink{Class: class.ID, Email: one.email, RedirectURL: "http://localhost:3000/authenticate"}))
	}
	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/revoke", Status: http.StatusTooManyRequests})
	server := httptest.NewServer(stytch.Control())
	t.Cleanup(server.Close)
	p := arriveAt(t, server.URL, time.Minute)
	c := p.listen()
	require.EqualValues(t, http.StatusOK, p.open("/"))
	p.looks("fakestytch")
	c.isEmpty(t)
}
