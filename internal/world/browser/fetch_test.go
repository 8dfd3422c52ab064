package browser

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFetch(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "", "Set-Cookie: a=1; Path=/; HttpOnly")
		n.page("tutor.example.edu/api", `{"x":1}`, "Set-Cookie: b=2; Path=/", "X-Y: z")
		tab := opened(t, n, b, home)
		r, err := tab.Fetch("post", "api", `{}`)
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
		require.Equal(t, `{"x":1}`, r.Body)
		require.Equal(t, "z", r.Header.Get("X-Y"))
		require.Empty(t, r.Header.Get("Set-Cookie"), "a script cannot read it")
		require.Equal(t, "ada.t1.a2", r.Name)
		require.Equal(t, "/", tab.Page().Path(), "the page stays")
		for name, want := range map[string]string{
			"Accept": "*/*", "Content-Type": "application/json", "Origin": "https://tutor.example.edu", "Referer": home,
			"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-User": "", "Cookie": "a=1",
		} {
			require.Equal(t, want, n.header("/api", name), name)
		}
		_, err = tab.Fetch("GET", "/api", "")
		require.NoError(t, err)
		require.Empty(t, n.header("/api", "Origin"))
		require.Equal(t, "a=1; b=2", n.header("/api", "Cookie"))
		_, err = b.Open().Fetch("GET", home, "")
		require.ErrorIs(t, err, ErrNotFound, "an empty tab has no script")
		tab.Close(Drop)
		_, err = tab.Fetch("GET", "/api", "")
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestFetchRedirect(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "")
		n.redirect("tutor.example.edu/go", 303, "/end", "Set-Cookie: a=1; Path=/")
		n.redirect("tutor.example.edu/loop", 307, "/loop")
		tab := opened(t, n, b, home)
		r, err := tab.Fetch("POST", "/go", "x")
		require.NoError(t, err)
		require.True(t, r.Redirected)
		require.Equal(t, home+"end", r.Address.String())
		require.Equal(t, "ada.t1.a2.1", r.Name)
		require.Equal(t, []string{"POST " + home + "go", "GET " + home + "end a=1"}, n.requests())
		_, err = tab.Fetch("GET", "/loop", "")
		require.ErrorIs(t, err, ErrTooManyRedirects)
		require.Len(t, n.requests(), 21)
	})
}

// TestFetchAll: requests of one page at once leave in their order, and their
// answers arrive in the order of the latencies.
func TestFetchAll(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "")
		n.page("tutor.example.edu/1", "one", "Set-Cookie: x=1; Path=/")
		n.page("tutor.example.edu/2", "two", "Set-Cookie: x=2; Path=/")
		n.page("tutor.example.edu/3", "three", "Set-Cookie: x=3; Path=/")
		n.back["/1"], n.back["/2"], n.takes["/3"] = 3*time.Second, time.Second, 2*time.Second
		tab := opened(t, n, b, home)
		all := tab.FetchAll(FetchRequest{Address: "1"}, FetchRequest{Address: "2"}, FetchRequest{Address: "3"})
		for i, want := range []string{"one", "two", "three"} {
			require.NoError(t, all[i].Err)
			require.Equal(t, want, all[i].Body)
		}
		require.Equal(t, "x=1", cookieHeader(b.Jar().Cookies()), "the first was the last to arrive")
		require.Equal(t, []string{"GET " + home + "1", "GET " + home + "2", "GET " + home + "3"}, n.requests())
		var names []string
		for _, e := range b.Exchanges()[1:] {
			names = append(names, e.Request.Name)
		}
		require.Equal(t, []string{"ada.t1.a2.f1", "ada.t1.a2.f2", "ada.t1.a2.f3"}, names)
	})
}

func TestFetchElsewhere(t *testing.T) {
	const other, sibling = "https://idp.school.edu/", "https://blog.example.edu/"
	allow := []string{"Access-Control-Allow-Origin: https://tutor.example.edu", "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Headers: content-type, X-A", "Access-Control-Allow-Methods: PUT"}
	rows := []struct {
		name   string
		fetch  FetchRequest
		header []string // of the other server
		want   []string // requests; METHOD and the cookies that came
		err    error
		opaque bool
		stored bool // the cookie that the answer sets
	}{
		{name: "no permission", fetch: FetchRequest{Address: other}, want: []string{"GET"}, err: ErrBlocked},
		{name: "allowed, without cookies", fetch: FetchRequest{Address: other}, header: allow, want: []string{"GET"}},
		{name: "allowed to all", fetch: FetchRequest{Address: other}, header: []string{"Access-Control-Allow-Origin: *"}, want: []string{"GET"}},
		{name: "include", fetch: FetchRequest{Address: other, Credentials: Include}, header: allow, want: []string{"GET none"}, stored: true},
		{name: "include needs more than *", fetch: FetchRequest{Address: other, Credentials: Include}, header: []string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"}, want: []string{"GET none"}, err: ErrBlocked, stored: true},
		{name: "a sibling with include is same-site", fetch: FetchRequest{Address: sibling, Credentials: Include}, header: allow, want: []string{"GET lax none"}, stored: true},
		{name: "a sibling without", fetch: FetchRequest{Address: sibling}, header: allow, want: []string{"GET"}},
		{name: "a preflight that nothing answers", fetch: FetchRequest{Method: "PUT", Address: other, Credentials: Include}, want: []string{"OPTIONS"}, err: ErrBlocked},
		{name: "a preflight that allows it", fetch: FetchRequest{Method: "PUT", Address: other, Credentials: Include, ContentType: "application/json", Header: http.Header{"X-A": {"1"}, "Cookie": {"x=y"}}}, header: allow, want: []string{"OPTIONS", "PUT none"}, stored: true},
		{name: "a preflight that allows another method", fetch: FetchRequest{Method: "DELETE", Address: other}, header: allow, want: []string{"OPTIONS"}, err: ErrBlocked},
		{name: "a preflight that allows another header", fetch: FetchRequest{Address: other, Header: http.Header{"X-B": {"1"}}}, header: allow, want: []string{"OPTIONS"}, err: ErrBlocked},
		{name: "a simple POST needs none", fetch: FetchRequest{Method: "POST", Address: other, ContentType: "text/plain", Body: "x"}, header: allow, want: []string{"POST"}},
		{name: "no-cors sends and reads nothing", fetch: FetchRequest{Method: "POST", Address: other, Mode: ModeNoCORS, Credentials: Include, Body: "x"}, want: []string{"POST none"}, opaque: true, stored: true},
		{name: "omit at home", fetch: FetchRequest{Address: home, Credentials: Omit}, want: []string{"GET"}},
		{name: "a WebSocket elsewhere", fetch: FetchRequest{Address: "wss://idp.school.edu/", Mode: ModeWebSocket}, want: []string{"GET none"}, stored: true},
		{name: "a WebSocket of a sibling", fetch: FetchRequest{Address: "wss://blog.example.edu/", Mode: ModeWebSocket}, want: []string{"GET lax none"}, stored: true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				n.page("tutor.example.edu/", "")
				n.page("/", "", append([]string{"Set-Cookie: new=1; SameSite=None; Secure"}, row.header...)...)
				tab := opened(t, n, b, home)
				for _, line := range []string{"lax=1; SameSite=Lax", "none=1; SameSite=None; Secure"} {
					for _, host := range []string{home, other, sibling} {
						_, err := b.Jar().Receive(at(t, host), line)
						require.NoError(t, err)
					}
				}
				before := len(b.Jar().Cookies())
				r := tab.FetchAll(row.fetch)[0]
				require.ErrorIs(t, r.Err, row.err)
				var got []string
				for _, e := range b.Exchanges()[1:] {
					s := e.Request.Method
					for _, c := range e.Request.Sent {
						s += " " + c.Name
					}
					got = append(got, s)
					if origin := e.Request.Header.Get("Origin"); row.fetch.Address != home {
						if row.fetch.Mode != ModeNoCORS || e.Request.Method != "GET" {
							require.Equal(t, "https://tutor.example.edu", origin)
						}
					}
					require.NotEqual(t, "x=y", e.Request.Header.Get("Cookie"))
				}
				require.Equal(t, row.want, got)
				require.Equal(t, row.opaque, r.Opaque)
				require.Equal(t, row.stored, len(b.Jar().Cookies()) > before)
			})
		})
	}
}

// TestFetchThroughAnotherOrigin: after a detour a fetch is no longer same-origin.
func TestFetchThroughAnotherOrigin(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "", "Access-Control-Allow-Origin: null", "Set-Cookie: a=1; Path=/")
		n.redirect("idp.school.edu/", 302, home, "Access-Control-Allow-Origin: https://tutor.example.edu")
		n.redirect("tutor.example.edu/go", 302, "https://idp.school.edu/")
		tab := opened(t, n, b, home)
		_, err := tab.Fetch("GET", "/go", "")
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home + "go a=1", "GET https://idp.school.edu/", "GET " + home}, n.requests())
		require.Equal(t, "null", n.header("/", "Origin"))
		require.Equal(t, "cross-site", n.header("/", "Sec-Fetch-Site"))
	})
}

func TestResources(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		b.config.SkipResources = false
		n.page("tutor.example.edu/{$}", `<link rel="stylesheet" href="/style.css"><script src="/app.js"></script><img src="https://idp.school.edu/logo.png">`, "Set-Cookie: a=1; Path=/")
		n.page("tutor.example.edu/", "", "Set-Cookie: late=1; Path=/")
		n.redirect("tutor.example.edu/app.js", 302, "/app2.js")
		n.takes["/style.css"] = time.Second
		tab := b.Open()
		begun := time.Now()
		_, err := tab.Navigate(home)
		require.NoError(t, err)
		require.Equal(t, 2*time.Millisecond, time.Since(begun), "the page does not wait for them")
		tab.Settle()
		require.Equal(t, time.Second+4*time.Millisecond+time.Microsecond, time.Since(begun))
		var got []string
		for _, e := range b.Exchanges()[1:] {
			h := e.Request.Header
			got = append(got, e.Request.Name+" "+e.Request.Kind.String()+" "+e.Request.URL.String()+" "+h.Get("Sec-Fetch-Dest")+" "+h.Get("Sec-Fetch-Mode")+" "+h.Get("Sec-Fetch-Site")+" "+h.Get("Cookie"))
		}
		require.Equal(t, []string{
			"ada.t1.a1.r1 stylesheet " + home + "style.css style no-cors same-origin a=1",
			"ada.t1.a1.r2 script " + home + "app.js script no-cors same-origin a=1",
			"ada.t1.a1.r3 image https://idp.school.edu/logo.png image no-cors cross-site ",
			"ada.t1.a1.r2.1 script " + home + "app2.js script no-cors same-origin a=1",
		}, got)
		require.Len(t, b.Jar().Cookies(), 2)
	})
}

// TestResourcesOfALeftPage: what was not yet asked for is not, and what is under
// way is dropped.
func TestResourcesOfALeftPage(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		b.config.SkipResources, b.config.Gap = false, time.Second
		n.page("tutor.example.edu/{$}", `<img src="/1"><img src="/2"><img src="/3">`)
		n.page("tutor.example.edu/", "")
		n.takes["/1"] = time.Minute
		tab := b.Open()
		_, err := tab.Navigate(home)
		require.NoError(t, err)
		time.Sleep(1500 * time.Millisecond)
		tab.Close(Drop)
		b.Wait()
		all := b.Exchanges()
		require.Len(t, all, 2)
		require.True(t, all[1].Dropped)
	})
}
