package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const home = "https://tutor.example.edu/"

func TestNavigate(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "<title>Home</title><p>Hello", "Set-Cookie: a=1; Secure; HttpOnly")
		tab := b.Open()
		require.Nil(t, tab.Page())
		page, err := tab.Navigate(home + "#top")
		require.NoError(t, err)
		require.Equal(t, "Home", page.Document.Title)
		require.Equal(t, 200, page.Status)
		require.Equal(t, home, page.Address.String())
		require.Same(t, page, tab.Page())
		for name, want := range map[string]string{
			"Accept":         accepts[KindNavigation],
			"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1",
			"Origin": "", "Referer": "", "Cookie": "", "Upgrade-Insecure-Requests": "1",
		} {
			require.Equal(t, want, n.header("/", name), name)
		}
		_, err = tab.Navigate(home)
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home, "GET " + home + " a=1"}, n.requests())

		all := b.Exchanges()
		require.Len(t, all, 2)
		require.Equal(t, "ada.t1.a1", all[0].Request.Name)
		require.Equal(t, "ada.t1.a2", all[1].Request.Name)
		require.Empty(t, all[0].Request.Sent)
		require.Len(t, all[0].Received, 1)
		require.Equal(t, "a", all[1].Request.Sent[0].Name)
		require.Equal(t, 2*time.Millisecond, all[0].Arrived.Sub(all[0].Request.At))
	})
}

func TestNavigateNowhere(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		tab := b.Open()
		for _, address := range []string{"", "/path", "mailto:a@example.edu", "javascript:1", "https://", "://", "ftp://example.edu/"} {
			_, err := tab.Navigate(address)
			require.ErrorIs(t, err, ErrBlocked, address)
		}
		require.Nil(t, tab.Page())
		require.Empty(t, b.Exchanges())
		_, err := tab.Visit("/")
		require.ErrorIs(t, err, ErrNotFound, "an empty tab has no script")
	})
}

func TestRedirects(t *testing.T) {
	form := `<form method=post action=/go><input name=x value=1><button>Go</button></form>`
	rows := []struct {
		name   string
		status int
		post   bool
		want   []string
		method string // of the page at the end
	}{
		{"301 of a GET", 301, false, []string{"GET /go", "GET /end"}, "GET"},
		{"301 of a POST", 301, true, []string{"POST /go x=1", "GET /end"}, "GET"},
		{"302 of a POST", 302, true, []string{"POST /go x=1", "GET /end"}, "GET"},
		{"303 of a POST", 303, true, []string{"POST /go x=1", "GET /end"}, "GET"},
		{"307 of a POST", 307, true, []string{"POST /go x=1", "POST /end x=1"}, "POST"},
		{"308 of a POST", 308, true, []string{"POST /go x=1", "POST /end x=1"}, "POST"},
		{"307 of a GET", 307, false, []string{"GET /go", "GET /end"}, "GET"},
		{"300 is none", 300, false, []string{"GET /go"}, "GET"},
		{"201 is none", 201, true, []string{"POST /go x=1"}, "POST"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				var got []string
				n.page("tutor.example.edu/{$}", form)
				see := func(r *http.Request) {
					body := ""
					if r.ParseForm() == nil {
						body = r.PostForm.Encode()
					}
					got = append(got, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+body))
				}
				n.mux.HandleFunc("tutor.example.edu/go", func(w http.ResponseWriter, r *http.Request) {
					see(r)
					w.Header().Set("Location", "end")
					w.WriteHeader(row.status)
				})
				n.mux.HandleFunc("tutor.example.edu/end", func(w http.ResponseWriter, r *http.Request) { see(r) })
				tab := opened(t, n, b, home)
				var page *Page
				var err error
				if row.post {
					page, err = tab.Submit(tab.Page().Form("/go"), nil, "Go")
				} else {
					page, err = tab.Navigate(home + "go")
				}
				require.NoError(t, err)
				require.Equal(t, row.want, got)
				require.Equal(t, row.method, page.Method)
			})
		})
	}
}

func TestRedirectCookies(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.redirect("tutor.example.edu/a", 303, "/b", "Set-Cookie: first=1; Path=/", "Set-Cookie: gone=1; Path=/")
		n.redirect("tutor.example.edu/b", 303, "/c", "Set-Cookie: second=2; Path=/", "Set-Cookie: gone=; Path=/; Max-Age=0")
		n.page("tutor.example.edu/c", "")
		tab := b.Open()
		_, err := tab.Navigate(home + "a")
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home + "a", "GET " + home + "b first=1; gone=1", "GET " + home + "c first=1; second=2"}, n.requests())
		all := b.Exchanges()
		require.Equal(t, "ada.t1.a1.1", all[1].Request.Name)
		require.Equal(t, "ada.t1.a1.2", all[2].Request.Name)
	})
}

func TestRedirectLimit(t *testing.T) {
	for _, last := range []int{20, 21} {
		t.Run(fmt.Sprint(last), func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				for i := range last {
					n.redirect(fmt.Sprintf("tutor.example.edu/%d", i), 302, fmt.Sprintf("/%d", i+1))
				}
				n.page(fmt.Sprintf("tutor.example.edu/%d", last), "")
				page, err := b.Open().Navigate(home + "0")
				if last == 20 {
					require.NoError(t, err)
					require.Equal(t, "/20", page.Path())
				} else {
					require.ErrorIs(t, err, ErrTooManyRedirects)
					require.Zero(t, page.Status)
				}
			})
		})
	}
}

// TestCrossSite: which cookies come along, and what Sec-Fetch-Site says, on the
// ways that lead from one site to another and back.
func TestCrossSite(t *testing.T) {
	link := func(address string) string { return `<a href="` + address + `">go</a>` }
	post := func(address string) string {
		return `<form method=post action="` + address + `"><button>go</button></form>`
	}
	const idp = "https://idp.school.edu/"
	rows := []struct {
		name, start string
		page        string // what the page at start holds; empty: start is typed and is the end
		hops        map[string]int
		want        string // what arrives at the tutor's /end
		site        string
	}{
		{"typed", home + "end", "", nil, "GET def lax none strict", "none"},
		{"typed, redirected by another site", idp + "sso", "", nil, "GET def lax none strict", "none"},
		{"a link of its own", home + "page", link("/end"), nil, "GET def lax none strict", "same-origin"},
		{"a link of a sibling", "https://blog.example.edu/page", link(home + "end"), nil, "GET def lax none strict", "same-site"},
		{"a link of another site", idp + "page", link(home + "end"), nil, "GET def lax none", "cross-site"},
		{"a link of the http page", "http://tutor.example.edu/page", link(home + "end"), nil, "GET def lax none", "cross-site"},
		{"a form of another site", idp + "page", post(home + "end"), nil, "POST none", "cross-site"},
		{"a form of another site to the tutor's redirect", idp + "page", post(home + "start"), nil, "GET def lax none", "cross-site"},
		{"a form of another site to its redirect", idp + "page", post(idp + "sso"), nil, "GET def lax none", "cross-site"},
		{"a link of its own, redirected by another site", home + "page", link(idp + "sso"), nil, "GET def lax none strict", "cross-site"},
		{"a form of its own, kept by another site's redirect", home + "page", post(idp + "keep"), nil, "POST def lax none strict", "cross-site"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				n.page("/end", "")
				n.redirect("tutor.example.edu/start", 303, "/end")
				n.redirect("idp.school.edu/sso", 302, home+"end")
				n.redirect("idp.school.edu/keep", 307, home+"end")
				n.page("/page", row.page)
				for _, line := range []string{"def=1", "lax=1; SameSite=Lax", "none=1; SameSite=None; Secure", "strict=1; SameSite=Strict"} {
					_, err := b.Jar().Receive(at(t, home), line+"; Path=/")
					require.NoError(t, err)
				}
				tab := b.Open()
				_, err := tab.Navigate(row.start)
				require.NoError(t, err)
				switch {
				case strings.HasPrefix(row.page, "<a"):
					_, err = tab.Click("go")
				case row.page != "":
					_, err = tab.Submit(tab.Page().Form("go"), nil, "go")
				}
				require.NoError(t, err)
				all := b.Exchanges()
				r := all[len(all)-1].Request
				require.Equal(t, "/end", r.URL.Path)
				got := r.Method
				for _, c := range r.Sent {
					got += " " + c.Name
				}
				require.Equal(t, row.want, got)
				require.Equal(t, row.site, r.Header.Get("Sec-Fetch-Site"))
			})
		})
	}
}

// TestOriginAndReferer: what a form and a link tell of the page that they are on.
func TestOriginAndReferer(t *testing.T) {
	const other = "https://idp.school.edu/"
	rows := []struct {
		name, policy, to string
		rel              string
		origin, referer  string
	}{
		{"to its own origin", "", home + "end", "", "https://tutor.example.edu", home + "page?q=1"},
		{"to another", "", other + "end", "", "https://tutor.example.edu", home},
		{"to http", "", "http://tutor.example.edu/end", "", "null", ""},
		{"no-referrer", "no-referrer", home + "end", "", "null", ""},
		{"same-origin, at home", "same-origin", home + "end", "", "https://tutor.example.edu", home + "page?q=1"},
		{"same-origin, elsewhere", "same-origin", other + "end", "", "null", ""},
		{"origin", "origin", other + "end", "", "https://tutor.example.edu", home},
		{"strict-origin, to http", "strict-origin", "http://tutor.example.edu/end", "", "null", ""},
		{"origin-when-cross-origin, at home", "origin-when-cross-origin", home + "end", "", "https://tutor.example.edu", home + "page?q=1"},
		{"unsafe-url, to http", "unsafe-url", "http://tutor.example.edu/end", "", "https://tutor.example.edu", home + "page?q=1"},
		{"no-referrer-when-downgrade", "no-referrer-when-downgrade", other + "end", "", "https://tutor.example.edu", home + "page?q=1"},
		{"an unknown policy", "odd", other + "end", "", "https://tutor.example.edu", home},
		{"the last known policy of a list", "no-referrer, origin, odd", other + "end", "", "https://tutor.example.edu", home},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *internet, b *Browser) {
				n.page("/end", "")
				n.page("tutor.example.edu/page", `<a href="`+row.to+`">go</a><form method=post action="`+row.to+`"><button>post</button></form>`, "Referrer-Policy: "+row.policy)
				tab := opened(t, n, b, home+"page?q=1")
				_, err := tab.Submit(tab.Page().Form("post"), nil, "")
				require.NoError(t, err)
				require.Equal(t, row.origin, n.header("/end", "Origin"))
				require.Equal(t, row.referer, n.header("/end", "Referer"))
				_, err = tab.Back()
				require.NoError(t, err)
				_, err = tab.Click("go")
				require.NoError(t, err)
				require.Empty(t, n.header("/end", "Origin"), "a link has none")
				require.Equal(t, row.referer, n.header("/end", "Referer"))
			})
		})
	}
	t.Run("rel=noreferrer", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *internet, b *Browser) {
			n.page("/end", "")
			n.page("tutor.example.edu/page", `<a href="/end" rel="noopener noreferrer">go</a>`)
			tab := opened(t, n, b, home+"page")
			_, err := tab.Click("go")
			require.NoError(t, err)
			require.Empty(t, n.header("/end", "Referer"))
		})
	})
	t.Run("a POST that another site redirects to a third one", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *internet, b *Browser) {
			n.page("tutor.example.edu/end", "")
			n.redirect("idp.school.edu/keep", 307, home+"end")
			n.page("evil.example/page", `<form method=post action="https://idp.school.edu/keep"><button>post</button></form>`)
			tab := opened(t, n, b, "https://evil.example/page")
			_, err := tab.Submit(tab.Page().Form("post"), nil, "")
			require.NoError(t, err)
			require.Equal(t, "null", n.header("/end", "Origin"))
		})
	})
}

func TestForgedPost(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("/", "", "Set-Cookie: a=1; SameSite=Lax; Path=/")
		opened(t, n, b, home)
		tab := opened(t, n, b, "https://evil.example/")
		_, err := tab.Post(home+"transfer", url.Values{"to": {"eve"}})
		require.NoError(t, err)
		require.Equal(t, []string{"POST " + home + "transfer"}, n.requests())
		require.Equal(t, "https://evil.example", n.header("/transfer", "Origin"))
		require.Equal(t, "cross-site", n.header("/transfer", "Sec-Fetch-Site"))
		require.Empty(t, n.header("/transfer", "Sec-Fetch-User"))
		require.Equal(t, []string{"to=eve"}, n.bodies)
	})
}

func TestMetaRefresh(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/soon", `<meta http-equiv="refresh" content="2; url=end">`)
		n.page("tutor.example.edu/late", `<meta http-equiv="refresh" content="60; url=end">`)
		n.page("tutor.example.edu/loop", `<meta http-equiv="refresh" content="0; url=/loop">`)
		n.page("tutor.example.edu/header", "", "Refresh: 0; url=/end")
		n.page("tutor.example.edu/end", "<title>End</title>")
		tab := opened(t, n, b, home+"end")
		begun := time.Now()
		page, err := tab.Navigate(home + "soon")
		require.NoError(t, err)
		require.Equal(t, "/end", page.Path())
		require.Equal(t, 2*time.Second+4*time.Millisecond, time.Since(begun))
		require.Equal(t, "same-origin", n.header("/end", "Sec-Fetch-Site"))
		require.Empty(t, n.header("/end", "Sec-Fetch-User"))
		page, err = tab.Back()
		require.NoError(t, err)
		require.Equal(t, "/end", page.Path(), "a refresh takes the place of its page")
		require.Equal(t, "End", page.Document.Title)
		page, err = tab.Navigate(home + "late")
		require.NoError(t, err)
		require.Equal(t, "/late", page.Path())
		require.Equal(t, time.Minute, page.Document.Refresh.After)
		page, err = tab.Navigate(home + "header")
		require.NoError(t, err)
		require.Equal(t, "/end", page.Path())
		_, err = tab.Navigate(home + "loop")
		require.ErrorIs(t, err, ErrTooManyRedirects)
	})
}

// TestMetaRefreshAbandoned: a page that waits for its refresh can be left.
func TestMetaRefreshAbandoned(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/soon", `<title>Soon</title><meta http-equiv="refresh" content="2; url=end">`)
		tab := b.Open()
		pending := tab.Start(func(t *Tab) (*Page, error) { return t.Navigate(home + "soon") })
		time.Sleep(time.Second)
		require.Equal(t, "Soon", tab.Page().Document.Title)
		tab.Stop(Drop)
		_, err := pending.Wait()
		require.ErrorIs(t, err, ErrAbandoned)
		time.Sleep(time.Minute)
		require.Equal(t, "/soon", tab.Page().Path())
		require.Len(t, b.Exchanges(), 1)
	})
}

func TestNoDocument(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/{$}", "<title>Home</title>")
		n.page("tutor.example.edu/file", "a,b", "Content-Disposition: attachment; filename=x.csv", "Set-Cookie: a=1; Path=/")
		n.mux.HandleFunc("tutor.example.edu/nothing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
		n.page("tutor.example.edu/text", "<b>1</b>", "Content-Type: text/plain; charset=utf-8")
		tab := opened(t, n, b, home)
		for _, path := range []string{"file", "nothing"} {
			page, err := tab.Navigate(home + path)
			require.NoError(t, err)
			require.Nil(t, page)
			require.Equal(t, "Home", tab.Page().Document.Title)
		}
		require.Len(t, b.Jar().Cookies(), 1)
		page, err := tab.Navigate(home + "text")
		require.NoError(t, err)
		require.Equal(t, "<b>1</b>", page.Document.Text)
	})
}

func TestBrokenConnection(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "<title>Home</title>")
		n.broken["/"] = true
		tab := b.Open()
		page, err := tab.Navigate(home)
		require.ErrorIs(t, err, errBroken)
		require.Same(t, page, tab.Page())
		require.Zero(t, page.Status)
		require.ErrorIs(t, b.Exchanges()[0].Err, errBroken)
		n.broken["/"] = false
		page, err = tab.Reload(false)
		require.NoError(t, err)
		require.Equal(t, "Home", page.Document.Title)
	})
}
