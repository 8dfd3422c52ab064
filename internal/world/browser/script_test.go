package browser

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScript(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "", "Set-Cookie: a=1; Path=/", "Set-Cookie: h=2; Path=/; HttpOnly")
		empty := b.Open().Script()
		require.Empty(t, empty.Cookies())
		require.ErrorIs(t, empty.SetCookie("a=1"), ErrNotFound)

		tab := opened(t, n, b, home+"class/page")
		s := tab.Script()
		require.Equal(t, "a=1", s.Cookies())
		require.NoError(t, s.SetCookie("b=3"))
		require.Equal(t, "b=3; a=1", s.Cookies(), "its path is the page's folder")
		v, ok := s.Cookie("a")
		require.True(t, ok)
		require.Equal(t, "1", v)
		_, ok = s.Cookie("h")
		require.False(t, ok)
		require.ErrorIs(t, s.SetCookie("h=; Path=/; Max-Age=0"), ErrHTTPOnly)
		require.ErrorIs(t, s.SetCookie("x=1; HttpOnly"), ErrHTTPOnly)
	})
}

func TestSDK(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("/", "")
		tab := opened(t, n, b, home+"class/")
		sdk := SDK{Script: tab.Script()}
		require.NoError(t, sdk.Write("token", "jwt", time.Hour))
		all := b.Jar().Cookies()
		require.Equal(t, "stytch_session=…; Path=/; host tutor.example.edu; Expires=2000-01-01T01:00:00Z; Secure; SameSite=Lax", all[0].String())
		require.Equal(t, "stytch_session_jwt", all[1].Name)
		token, jwt := sdk.Read()
		require.Equal(t, "token jwt", token+" "+jwt)
		require.NoError(t, sdk.Write("token2", "", time.Hour))
		token, jwt = sdk.Read()
		require.Equal(t, "token2 jwt", token+" "+jwt)

		wide := SDK{Script: tab.Script(), AvailableToSubdomains: true}
		require.NoError(t, wide.Write("wide", "jwt", time.Hour))
		require.Len(t, b.Jar().Cookies(), 4, "two variants of each, side by side")
		require.False(t, b.Jar().Cookies()[2].HostOnly)
		require.NoError(t, wide.Delete())
		token, _ = sdk.Read()
		require.Equal(t, "token2", token)
		require.NoError(t, sdk.Delete())
		require.Empty(t, b.Jar().Cookies())

		named := SDK{Script: tab.Script(), TokenName: "t", JWTName: "j", Path: "/class", Domain: "example.edu"}
		require.NoError(t, named.Write("1", "2", time.Hour))
		require.Equal(t, "t=1; j=2", tab.Script().Cookies())
		opened(t, n, b, "https://blog.example.edu/class/")
		_, err := b.Tabs()[1].Reload(false)
		require.NoError(t, err)
		require.Equal(t, "t=1; j=2", n.header("/class/", "Cookie"))
	})
	t.Run("an HttpOnly cookie of the server is out of its reach", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *internet, b *Browser) {
			n.page("/", "", "Set-Cookie: stytch_session=server; Path=/; HttpOnly; Secure; SameSite=Lax")
			tab := opened(t, n, b, home)
			sdk := SDK{Script: tab.Script()}
			require.ErrorIs(t, sdk.Write("token", "jwt", time.Hour), ErrHTTPOnly)
			require.ErrorIs(t, sdk.Delete(), ErrHTTPOnly)
			token, jwt := sdk.Read()
			require.Empty(t, token+jwt)
			require.Equal(t, "stytch_session=server", cookieHeader(b.Jar().Cookies()))
		})
	})
	t.Run("on http", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *internet, b *Browser) {
			n.page("/", "")
			tab := opened(t, n, b, "http://localhost:3000/")
			require.ErrorIs(t, SDK{Script: tab.Script()}.Write("token", "jwt", time.Hour), ErrInsecure)
			require.NoError(t, SDK{Script: tab.Script(), Insecure: true}.Write("token", "jwt", time.Hour))
			require.NoError(t, SDK{Script: tab.Script(), Insecure: true, AvailableToSubdomains: true}.Write("token", "jwt", time.Hour))
			require.Len(t, b.Jar().Cookies(), 2, "localhost has no Domain cookies")
		})
	})
}
