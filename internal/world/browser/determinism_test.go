package browser

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDeterminism: a busy quarter of an hour of three tabs leaves the same
// history every time, to the nanosecond and the last cookie, whatever the
// number of processors: only the latencies, which depend on the seed and the name of the
// request, decide.
func TestDeterminism(t *testing.T) {
	different := map[string]bool{}
	for seed := range 20 {
		first := busy(t, seed)
		for range 3 {
			require.Equal(t, first, busy(t, seed), "seed %d", seed)
		}
		different[first] = true
	}
	require.Len(t, different, 20, "other latencies, other histories")
}

// latency is between 1 ms and about 66 s, as the seed and the name say.
func latency(seed int, name string) time.Duration {
	h := fnv.New64a()
	fmt.Fprint(h, seed, name)
	v := h.Sum64()
	return time.Millisecond<<(v%16) + time.Duration(v>>40)
}

func busy(t *testing.T, seed int) string {
	var history strings.Builder
	synctest.Test(t, func(t *testing.T) {
		var count atomic.Int64
		b := New(Config{Name: "ada", Transport: func(r *Request) (*http.Response, error) {
			time.Sleep(latency(seed, r.Name))
			served := count.Add(1)
			h := http.Header{"Set-Cookie": {fmt.Sprintf("n=%d; Path=/", served), fmt.Sprintf("c%d=%d; Path=/; Max-Age=%d", served%7, served, served%90)}}
			html := `<img src=/1><img src=/2><img src=/3><a href=/next>next</a><form method=post action=/post><button>go</button></form>`
			status := 200
			if r.Kind == KindNavigation && served%5 == 0 {
				status = 303
				h.Set("Location", "/landed")
			}
			time.Sleep(latency(seed, r.Name+" back"))
			return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(html))}, nil
		}})
		tabs := []*Tab{b.Open(), b.Open(), b.Open()}
		var pending []*Pending
		for step := range 12 {
			tab := tabs[step%3]
			pending = append(pending, tab.Start(func(t *Tab) (*Page, error) {
				switch step % 4 {
				case 0:
					return t.Navigate(home)
				case 1:
					t.FetchAll(FetchRequest{Address: "/f"}, FetchRequest{Address: "/g", KeepAlive: true})
					return nil, nil
				case 2:
					if p := t.Page(); p != nil && p.Form("/post") != nil {
						return t.Submit(p.Form("/post"), nil, "go")
					}
					return t.Navigate(home + "else")
				default:
					return t.Reload(true)
				}
			}))
			time.Sleep(latency(seed, fmt.Sprint("step", step)))
		}
		tabs[0].Close(Finish)
		for i, p := range pending {
			_, err := p.Wait()
			fmt.Fprintln(&history, i, err)
		}
		b.Wait()
		for _, e := range b.Exchanges() {
			fmt.Fprintln(&history, e.Request.Name, e.Request.Method, e.Request.URL, cookieHeader(e.Request.Sent), e.Request.At.UnixNano(), e.Arrived.UnixNano(), e.Status, e.Dropped)
		}
		fmt.Fprintln(&history, time.Now().UnixNano(), cookieHeader(b.Jar().Cookies()))
	})
	return history.String()
}
