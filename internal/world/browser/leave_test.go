package browser

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLateAnswer: a response stores its cookies when its header arrives, after
// those of a response that was made later and arrived earlier.
func TestLateAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/slow", "", "Set-Cookie: jwt=ada; Path=/")
		n.page("tutor.example.edu/quick", "", "Set-Cookie: jwt=bob; Path=/")
		n.page("tutor.example.edu/me", "")
		n.back["/slow"] = 10 * time.Second
		one, two := b.Open(), b.Open()
		slow := one.Start(func(t *Tab) (*Page, error) { return t.Navigate(home + "slow") })
		time.Sleep(time.Second)
		_, err := two.Navigate(home + "quick")
		require.NoError(t, err)
		require.False(t, slow.Done())
		require.True(t, one.Busy())
		_, err = two.Navigate(home + "me")
		require.NoError(t, err)
		page, err := slow.Wait()
		require.NoError(t, err)
		require.Equal(t, "/slow", page.Path())
		require.False(t, one.Busy())
		_, err = two.Navigate(home + "me")
		require.NoError(t, err)
		require.Equal(t, []string{"GET " + home + "slow", "GET " + home + "quick", "GET " + home + "me jwt=bob", "GET " + home + "me jwt=ada"}, n.requests())
	})
}

// TestSlowBody: the cookies of a response are there while its body is still coming.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Transport: func(*Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return &http.Response{StatusCode: 200, Header: http.Header{"Set-Cookie": {"a=1"}}, Body: io.NopCloser(slowBody{})}, nil
		}})
		tab := b.Open()
		pending := tab.Start(func(t *Tab) (*Page, error) { return t.Navigate(home) })
		time.Sleep(2 * time.Second)
		require.Len(t, b.Jar().Cookies(), 1)
		require.Nil(t, tab.Page())
		_, err := pending.Wait()
		require.NoError(t, err)
		require.NotNil(t, tab.Page())
	})
}

type slowBody struct{}

func (slowBody) Read([]byte) (int, error) {
	time.Sleep(5 * time.Second)
	return 0, io.EOF
}

// TestLeave: a request that the browser gives up, in every way, ends as Config.Leave says.
func TestLeave(t *testing.T) {
	ways := []struct {
		name   string
		leave  func(b *Browser, tab *Tab, leave Leave)
		closed bool
		other  bool // another page is shown then
	}{
		{"stop", func(_ *Browser, tab *Tab, leave Leave) { tab.Stop(leave) }, false, false},
		{"close", func(_ *Browser, tab *Tab, leave Leave) { tab.Close(leave) }, true, false},
		{"restart", func(b *Browser, _ *Tab, leave Leave) { b.Restart(leave) }, true, false},
		{"go elsewhere", func(b *Browser, tab *Tab, leave Leave) { b.config.Leave = leave; tab.Navigate(home + "other") }, false, true},
	}
	for _, way := range ways {
		for _, leave := range []Leave{Drop, Finish} {
			t.Run(way.name+map[Leave]string{Drop: ", dropped", Finish: ", finished"}[leave], func(t *testing.T) {
				bubble(t, func(t *testing.T, n *internet, b *Browser) {
					n.page("tutor.example.edu/{$}", "<title>Home</title>")
					n.page("tutor.example.edu/other", "<title>Other</title>")
					n.redirect("tutor.example.edu/slow", 303, "/end", "Set-Cookie: a=1; Path=/; Max-Age=600")
					n.back["/slow"] = time.Minute
					tab := opened(t, n, b, home)
					pending := tab.Start(func(t *Tab) (*Page, error) { return t.Navigate(home + "slow") })
					time.Sleep(time.Second)
					way.leave(b, tab, leave)
					_, err := pending.Wait()
					require.ErrorIs(t, err, ErrAbandoned)
					require.Empty(t, b.Jar().Cookies())
					require.Equal(t, way.closed, tab.Closed())
					require.Equal(t, way.closed, len(b.Tabs()) == 0)
					b.Wait()
					all := b.Exchanges()
					e := all[1]
					require.Equal(t, "/slow", e.Request.URL.Path)
					require.Equal(t, leave == Drop, e.Dropped)
					require.Equal(t, leave == Finish, !e.Arrived.IsZero())
					require.Equal(t, leave == Finish, len(b.Jar().Cookies()) == 1)
					require.Equal(t, leave == Drop, len(n.dropped) == 1, "the server sees it by the context")
					require.NotContains(t, n.requests(), "GET "+home+"end", "no redirect is followed")
					if way.other {
						require.Equal(t, "Other", tab.Page().Document.Title)
					} else {
						require.Equal(t, "Home", tab.Page().Document.Title)
					}
					_, err = tab.Navigate(home)
					if way.closed {
						require.ErrorIs(t, err, ErrClosed)
					} else {
						require.NoError(t, err)
					}
				})
			})
		}
	}
}

// TestDroppedAfterTheHeader: a connection dropped while the body is coming has
// brought its cookies.
func TestDroppedAfterTheHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Config{Transport: func(*Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return &http.Response{StatusCode: 200, Header: http.Header{"Set-Cookie": {"a=1"}}, Body: io.NopCloser(slowBody{})}, nil
		}})
		defer b.Wait()
		tab := b.Open()
		pending := tab.Start(func(t *Tab) (*Page, error) { return t.Navigate(home) })
		time.Sleep(2 * time.Second)
		tab.Close(Drop)
		_, err := pending.Wait()
		require.ErrorIs(t, err, ErrAbandoned)
		require.Len(t, b.Jar().Cookies(), 1)
		require.False(t, b.Exchanges()[0].Dropped)
	})
}

// TestRestart: session cookies go, others stay, and tabs are numbered on.
func TestRestart(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "", "Set-Cookie: a=1", "Set-Cookie: b=2; Max-Age=600")
		tab := opened(t, n, b, home)
		b.Restart(Drop)
		require.True(t, tab.Closed())
		require.Equal(t, "b=2", cookieHeader(b.Jar().Cookies()))
		require.Equal(t, 2, b.Open().Number())
	})
}

// TestLeavingThePage: the fetches of a page end with it, unless they have keepalive.
func TestLeavingThePage(t *testing.T) {
	bubble(t, func(t *testing.T, n *internet, b *Browser) {
		n.page("tutor.example.edu/", "")
		n.page("tutor.example.edu/slow", "", "Set-Cookie: slow=1; Path=/")
		n.page("tutor.example.edu/kept", "", "Set-Cookie: kept=1; Path=/")
		n.takes["/slow"], n.takes["/kept"] = time.Minute, time.Minute
		tab := opened(t, n, b, home)
		var responses []*Response
		fetches := tab.Start(func(t *Tab) (*Page, error) {
			responses = t.FetchAll(FetchRequest{Address: "/slow"}, FetchRequest{Address: "/kept", KeepAlive: true})
			return nil, nil
		})
		time.Sleep(time.Second)
		_, err := tab.Navigate(home + "next")
		require.NoError(t, err)
		_, _ = fetches.Wait()
		require.ErrorIs(t, responses[0].Err, ErrAbandoned)
		require.ErrorIs(t, responses[1].Err, ErrAbandoned, "its script is gone")
		b.Wait()
		require.Equal(t, "kept=1", cookieHeader(b.Jar().Cookies()))
	})
}

// TestObserve: the observer sees the cookies stored, in the order of arrival.
func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &internet{mux: http.NewServeMux(), headers: map[string]http.Header{}, back: map[string]time.Duration{"/a": time.Second}}
		n.page("/a", "", "Set-Cookie: a=1")
		n.page("/b", "", "Set-Cookie: b=1")
		var saw []string
		var b *Browser
		b = New(Config{Transport: n.carry, Observe: func(e *Exchange) {
			saw = append(saw, e.Request.Name+" "+cookieHeader(b.Jar().Cookies()))
		}})
		defer b.Wait()
		one := b.Open().Start(func(t *Tab) (*Page, error) { return t.Navigate(home + "a") })
		_, err := b.Open().Navigate(home + "b")
		require.NoError(t, err)
		_, err = one.Wait()
		require.NoError(t, err)
		require.Equal(t, []string{"browser.t2.a1 b=1", "browser.t1.a1 b=1; a=1"}, saw)
	})
}
