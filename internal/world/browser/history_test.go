package browser

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counter serves a page whose text is how often it was asked for.
func counter(n *internet, address string, header ...string) {
	times := 0
	n.mux.HandleFunc(address, func(w http.ResponseWriter, r *http.Request) {
		times++
		set(w, header)
		w.Write([]byte(`<p>` + string(rune('0'+times)) + `<form method=post action=/post><input name=x><button>Post</button></form>`))
	})
}

func TestReload(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		counter(n, "tutor.example.edu/get")
		counter(n, "tutor.example.edu/post", "Set-Cookie: new=1; Path=/")
		tab := b.Open()
		_, err := tab.Reload(true)
		require.ErrorIs(t, err, ErrNotFound)
		tab = opened(t, n, b, home+"get")
		page, err := tab.Reload(false)
		require.NoError(t, err)
		require.Equal(t, "2", page.Document.Text[:1])
		require.Equal(t, "none", n.header("/get", "Sec-Fetch-Site"))

		_, err = tab.Submit(page.Form("/post"), url.Values{"x": {"essay & more"}}, "Post")
		require.NoError(t, err)
		_, err = tab.Reload(false)
		require.ErrorIs(t, err, ErrConfirm)
		page, err = tab.Reload(true)
		require.NoError(t, err)
		require.Equal(t, "2", page.Document.Text[:1])
		require.Equal(t, []string{"x=essay+%26+more", "x=essay+%26+more"}, n.bodies, "the same body is posted again")
		require.Equal(t, "https://tutor.example.edu", n.header("/post", "Origin"))
		require.Equal(t, "application/x-www-form-urlencoded", n.header("/post", "Content-Type"))
		require.Equal(t, []string{"GET " + home + "get", "POST " + home + "post", "POST " + home + "post new=1"}, n.requests(), "with the cookies of now")

		page, err = tab.Back()
		require.NoError(t, err)
		require.Equal(t, "/get", page.Path(), "a reload is no place of its own")
	})
}

// TestReloadKeepsTheSite: the reload of a page that another site led to is cross-site as well.
func TestReloadKeepsTheSite(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "", "Set-Cookie: a=1; SameSite=Strict")
		n.page("evil.example/", `<a href="`+home+`">go</a>`)
		opened(t, n, b, home)
		tab := opened(t, n, b, "https://evil.example/")
		for _, act := range []func() (*Page, error){func() (*Page, error) { return tab.Click("go") }, func() (*Page, error) { return tab.Reload(false) }} {
			_, err := act()
			require.NoError(t, err)
			require.Equal(t, []string{"GET " + home}, n.requests())
		}
		_, err := tab.Navigate(home)
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home + " a=1"}, n.requests())
	})
}

func TestBack(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		counter(n, "tutor.example.edu/kept")
		counter(n, "tutor.example.edu/private", "Cache-Control: private, No-Store")
		counter(n, "tutor.example.edu/post", "Cache-Control: no-store")
		tab := opened(t, n, b, home+"kept")
		_, err := tab.Back()
		require.ErrorIs(t, err, ErrNotFound)

		_, err = tab.Navigate(home + "private")
		require.NoError(t, err)
		n.requests()
		page, err := tab.Back()
		require.NoError(t, err)
		require.Equal(t, "/kept", page.Path())
		require.Empty(t, n.requests(), "it is shown as it was")

		_, err = tab.Navigate(home + "private")
		require.NoError(t, err)
		_, err = tab.Navigate(home + "kept")
		require.NoError(t, err)
		n.requests()
		page, err = tab.Back()
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home + "private"}, n.requests(), "no-store keeps nothing")
		require.Equal(t, "3", page.Document.Text[:1])

		_, err = tab.Submit(page.Form("/post"), url.Values{"x": {"1"}}, "")
		require.NoError(t, err)
		_, err = tab.Navigate(home + "kept")
		require.NoError(t, err)
		n.requests()
		page, err = tab.Back()
		require.ErrorIs(t, err, ErrConfirm)
		require.ErrorIs(t, page.Err, ErrConfirm)
		require.Empty(t, n.requests())
		require.Equal(t, "/post", tab.Page().Path())
		_, err = tab.Reload(false)
		require.ErrorIs(t, err, ErrConfirm)
		page, err = tab.Reload(true)
		require.NoError(t, err)
		require.Equal(t, "2", page.Document.Text[:1])
		require.Equal(t, []string{"POST " + home + "post"}, n.requests())
		require.Equal(t, []string{"x=1", "x=1"}, n.bodies)
		page, err = tab.Back()
		require.NoError(t, err)
		require.Equal(t, "/private", page.Path())
	})
}

// TestBackAbandoned: until the page before has come again, this one is shown.
func TestBackAbandoned(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		counter(n, "tutor.example.edu/private", "Cache-Control: no-store")
		counter(n, "tutor.example.edu/here")
		tab := opened(t, n, b, home+"private")
		_, err := tab.Navigate(home + "here")
		require.NoError(t, err)
		n.takes["/private"] = time.Minute
		pending := tab.Start((*Tab).Back)
		time.Sleep(time.Second)
		tab.Stop(Drop)
		_, err = pending.Wait()
		require.ErrorIs(t, err, ErrAbandoned)
		require.Equal(t, "/here", tab.Page().Path())
	})
}

// TestForgottenFuture: after going back and then to another page, there is no page ahead.
func TestForgottenFuture(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		for _, path := range []string{"a", "b", "c"} {
			n.page("tutor.example.edu/"+path, "")
		}
		tab := opened(t, n, b, home+"a")
		for _, act := range []func() (*Page, error){
			func() (*Page, error) { return tab.Navigate(home + "b") },
			tab.Back,
			func() (*Page, error) { return tab.Navigate(home + "c") },
			tab.Back,
		} {
			_, err := act()
			require.NoError(t, err)
		}
		require.Equal(t, "/a", tab.Page().Path())
		_, err := tab.Back()
		require.ErrorIs(t, err, ErrNotFound)
	})
}
