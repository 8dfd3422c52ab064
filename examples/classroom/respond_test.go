package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every address and method below the pages is answered with a page in the frame of the
// others: with a heading, an icon and a way on. What a browser does not show as a page
// (files, JSON) is left out.
func TestEveryAddressHasAPage(t *testing.T) {
	room, arrive := open(t)
	contracts := string(room.rooms[0].ID)
	stranger, sam, iris := arrive(), arrive(), arrive()
	sam.signIn(room.demo.stytch, room.rooms[0].ID, "sam@example.edu")
	iris.signIn(room.demo.stytch, room.rooms[0].ID, "iris@example.edu")
	addresses := []string{
		"/", "/no-such-page", "/no/such/page/", "/classes", "/classes/", "/classes/" + contracts, "/classes/x", "/classes/" + contracts + "/", "/classes/" + contracts + "/roster",
		"/classes/" + contracts + "/invitations", "/outbox", "/outbox/", "/authenticator", "/stytch", "/stytch/power", "/stytch/time", "/stytch/stale", "/stytch/x",
		"/auth", "/auth/", "/auth/x", "/auth/start", "/auth/code", "/auth/sent", "/auth/oauth/google", "/auth/oauth/x", "/auth/oauth", "/auth/sso/x", "/auth/callback", "/auth/confirm", "/auth/account",
		"/auth/new-password", "/auth/unfinished", "/auth/factor", "/auth/factor/send", "/auth/factor/enrol", "/auth/classes", "/auth/switch", "/auth/logout", "/auth/signed-out",
		"/favicon.ico/x", "/style.css/x", "/healthz/x",
	}
	for who, visitor := range map[string]*visitor{"a stranger": stranger, "a student": sam, "an instructor": iris} {
		for _, site := range []string{"same-origin", "cross-site"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, "BREW"} {
				for _, address := range addresses {
					if method == http.MethodPost && address == "/auth/logout" {
						continue // ends the session
					}
					r, err := http.NewRequestWithContext(t.Context(), method, visitor.home+address, nil)
					require.NoError(t, err)
					r.Header.Set("Accept", "text/html")
					r.Header.Set("Sec-Fetch-Site", site)
					res, err := visitor.client.Do(r)
					require.NoError(t, err)
					raw, err := io.ReadAll(res.Body)
					require.NoError(t, err)
					require.NoError(t, res.Body.Close())
					page, where := string(raw), who+", "+site+": "+method+" "+address
					if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || res.StatusCode >= http.StatusInternalServerError {
						t.Errorf("%s: %s, %s %.80q", where, res.Status, res.Header.Get("Content-Type"), page)
						continue
					}
					for _, part := range []string{"<h1", "<main", `rel="icon"`, "<title>"} {
						if !strings.Contains(page, part) {
							t.Errorf("%s: %s: no %s", where, res.Status, part)
						}
					}
					if res.Request.URL.Host == r.URL.Host && !strings.Contains(page, `class="top"`) {
						t.Errorf("%s: %s: it is in another frame", where, res.Status)
					}
				}
			}
		}
	}
}
