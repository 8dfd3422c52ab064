package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain is the program itself where a test has started it.
func TestMain(m *testing.M) {
	if part := os.Getenv(partVariable); part != "" {
		os.Exit(playPart(part, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// needRedis skips where redis-server is missing, unless REQUIRE_REDIS is set.
func needRedis(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("REQUIRE_REDIS") != "" {
			t.Fatal("redis-server is missing, and REQUIRE_REDIS is set")
		}
		t.Skip("redis-server is missing")
	}
}

// output is what the program prints.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// demonstration is the program under test.
type demonstration struct {
	t   *testing.T
	url string
	out *output
}

func demonstrate(t *testing.T, args ...string) *demonstration {
	t.Helper()
	needRedis(t)
	d := &demonstration{t: t, out: new(output)}
	problems := new(output)
	ctx, stop := context.WithCancel(context.Background())
	exit := make(chan int, 1)
	go func() { exit <- command(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), d.out, problems) }()
	t.Cleanup(func() {
		stop()
		require.Equal(t, exitDone, <-exit, problems)
	})
	require.Eventually(t, func() bool {
		_, rest, ok := strings.Cut(d.out.String(), "three processes: ")
		if ok {
			d.url = strings.Fields(rest)[0]
		}
		return ok || len(exit) > 0
	}, 20*time.Second, 10*time.Millisecond, problems)
	require.NotEmpty(t, d.url, problems)
	for line := range strings.SplitSeq(d.out.String(), "\n") {
		require.LessOrEqual(t, len(line), 80, line)
	}
	return d
}

// browser is a browser of one person.
type browser struct {
	*demonstration
	client *http.Client
	class  string
}

func (d *demonstration) signIn(as string) *browser {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(d.t, err)
	b := &browser{demonstration: d, client: &http.Client{Jar: jar}}
	res, err := b.client.PostForm(d.url+"/sign-in", url.Values{"as": {as}})
	require.NoError(d.t, err)
	page, err := io.ReadAll(res.Body)
	require.NoError(d.t, err)
	require.NoError(d.t, res.Body.Close())
	require.Equal(d.t, http.StatusOK, res.StatusCode)
	_, rest, ok := strings.Cut(string(page), `data-class="`)
	require.True(d.t, ok)
	b.class, _, _ = strings.Cut(rest, `"`)
	require.Contains(d.t, string(page), " data-me=")
	return b
}

func (b *browser) post(path string, form url.Values) {
	b.t.Helper()
	res, err := b.client.PostForm(b.url+path, form)
	require.NoError(b.t, err)
	require.NoError(b.t, res.Body.Close())
	require.Equal(b.t, http.StatusOK, res.StatusCode, "the page that a form leads to")
}

// ask makes a request to a process, or to the next one.
func (b *browser) ask(process int) (status int, here place) {
	b.t.Helper()
	path := "/classes/" + b.class
	if process > 0 {
		path = fmt.Sprintf("/process/%d%s", process, path)
	}
	res, err := b.client.Get(b.url + path)
	require.NoError(b.t, err)
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		require.NoError(b.t, json.NewDecoder(res.Body).Decode(&here))
	}
	return res.StatusCode, here
}

func (b *browser) state(process int) (now state) {
	b.t.Helper()
	res, err := b.client.Get(fmt.Sprintf("%s/process/%d/status", b.url, process))
	require.NoError(b.t, err)
	defer res.Body.Close()
	require.NoError(b.t, json.NewDecoder(res.Body).Decode(&now))
	return now
}

// stream opens a stream of events. What it says comes as "event data", and the channel is
// closed after its last byte.
func (b *browser) stream(path string) <-chan string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	require.NoError(b.t, err)
	res, err := b.client.Do(r)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, res.StatusCode)
	said := make(chan string, 1000)
	go func() {
		defer close(said)
		defer res.Body.Close()
		event := ""
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				said <- event + " " + data
			}
		}
	}()
	return said
}

// until waits for an event that begins like this, and returns all of it.
func until(t *testing.T, said <-chan string, begins string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, open := <-said:
			require.True(t, open, "the stream ended without %q", begins)
			if strings.HasPrefix(line, begins) {
				return line
			}
		case <-timeout:
			t.Fatalf("no %q came", begins)
		}
	}
}

// TestSigningOutEndsAllStreams: signing out at each process in turn ends the streams at all
// three, and each refuses the session from then on.
func TestSigningOutEndsAllStreams(t *testing.T) {
	d := demonstrate(t)
	for at := 1; at <= count; at++ {
		sam, other := d.signIn("sam@example.edu"), d.signIn("ada@example.edu")
		var streams [count]<-chan string
		for i := range streams {
			streams[i] = sam.stream(fmt.Sprintf("/process/%d/classes/%s/events", i+1, sam.class))
			require.Equal(t, fmt.Sprintf(`begin {"process":%d,"role":"student"}`, i+1), until(t, streams[i], "begin"))
		}
		page := sam.stream("/stage/events")
		for range count {
			until(t, page, "begin")
		}
		cookies := sam.client.Jar

		began := time.Now()
		form, err := http.NewRequest(http.MethodPost, fmt.Sprintf("%s/process/%d/sign-out", d.url, at), nil)
		require.NoError(t, err)
		res, err := (&http.Client{Transport: withCookies(cookies, form), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(form)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		answered := time.Since(began)
		for i := range streams {
			require.Equal(t, `end {"code":"session_ended"}`, until(t, streams[i], "end"))
			_, open := <-streams[i]
			require.False(t, open)
			t.Logf("signed out at process %d: the stream of process %d has ended after %v", at, i+1, time.Since(began).Round(time.Microsecond))
		}
		t.Logf("the sign-out itself was answered after %v", answered.Round(time.Microsecond))
		for range count {
			require.Contains(t, until(t, page, "over"), `"code":"session_ended","after":`)
		}
		for i := range streams {
			status, _ := sam.ask(i + 1) // its jar still has the cookies
			require.Equal(t, http.StatusUnauthorized, status)
			status, _ = other.ask(i + 1)
			require.Equal(t, http.StatusOK, status, "another person's session")
		}
	}
	require.Eventually(t, func() bool { return strings.Contains(d.out.String(), "Signed out at process 3. Ended: 1 after") }, 5*time.Second, 10*time.Millisecond)
	t.Log(d.out)
}

// withCookies sends the cookies of a jar and keeps none: a browser that a person has
// copied the cookies out of.
func withCookies(jar http.CookieJar, r *http.Request) http.RoundTripper {
	for _, cookie := range jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	return http.DefaultTransport
}

// TestARoleCountsEverywhere: an instructor who makes herself a student at one process is one
// at all, and her streams end and begin again.
func TestARoleCountsEverywhere(t *testing.T) {
	d := demonstrate(t)
	iris := d.signIn("iris@example.edu")
	page := iris.stream("/stage/events")
	for range count {
		require.Contains(t, until(t, page, "begin"), `"role":"instructor"`)
	}
	who := iris.memberIn("Iris Okafor")
	iris.post("/process/2/classes/"+iris.class+"/roles", url.Values{"member": {who}, "role": {"student"}})
	var ends, begins int
	for ends < count || begins < count {
		switch line := until(t, page, ""); {
		case strings.HasPrefix(line, "over"):
			require.Contains(t, line, `"code":"role_changed","after":`)
			t.Log(line)
			ends++
		case strings.HasPrefix(line, "begin"):
			require.Contains(t, line, `"role":"student"`)
			begins++
		}
	}
	for process := 1; process <= count; process++ {
		_, here := iris.ask(process)
		require.Equal(t, place{process, "student"}, here)
	}
	ada := d.signIn("ada@example.edu")
	res, err := ada.client.PostForm(d.url+"/classes/"+ada.class+"/roles", url.Values{"member": {ada.memberIn("Ada Quist")}, "role": {"student"}})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusForbidden, res.StatusCode, "the last instructor")
	require.Contains(t, d.out.String(), "Changed a role at process 2. Ended: 1 after")
}

// memberIn finds a person on the page.
func (b *browser) memberIn(name string) string {
	b.t.Helper()
	res, err := b.client.Get(b.url)
	require.NoError(b.t, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	before, _, ok := strings.Cut(string(page), `">`+name+`</option>`)
	require.True(b.t, ok)
	return before[strings.LastIndex(before, `"`)+1:]
}

// TestWithoutRedis: after Bound without Redis each process asks Stytch once in Bound, and
// serves. Without Stytch, too, it answers 503; the person is still signed in afterwards.
func TestWithoutRedis(t *testing.T) {
	d := demonstrate(t, "-bound", "1s")
	sam := d.signIn("sam@example.edu")
	all := func(want int) {
		t.Helper()
		for process := 1; process <= count; process++ {
			status, _ := sam.ask(process)
			require.Equal(t, want, status, "process %d", process)
		}
	}
	all(http.StatusOK)
	sam.post("/stage/redis", url.Values{"on": {"no"}})
	silent := func(want bool) {
		t.Helper()
		require.Eventually(t, func() bool {
			for process := 1; process <= count; process++ {
				if sam.state(process).Silent != want {
					return false
				}
			}
			return true
		}, 15*time.Second, 10*time.Millisecond)
	}
	silent(true)
	asked := sam.state(1).Asked
	for began := time.Now(); time.Since(began) < 2500*time.Millisecond; time.Sleep(20 * time.Millisecond) {
		all(http.StatusOK)
	}
	calls := sam.state(1).Asked - asked
	t.Logf("process 1 asked Stytch %d times in 2.5 s of requests, with a Bound of 1 s", calls)
	require.True(t, calls >= 2 && calls <= 4, "%d calls", calls)

	sam.post("/stage/stytch", url.Values{"on": {"no"}})
	time.Sleep(1100 * time.Millisecond) // what Stytch has confirmed counts for Bound
	all(http.StatusServiceUnavailable)
	sam.post("/stage/redis", url.Values{"on": {"yes"}})
	silent(false)
	sam.post("/stage/stytch", url.Values{"on": {"yes"}})
	require.Eventually(t, func() bool {
		for process := 1; process <= count; process++ {
			if status, _ := sam.ask(process); status != http.StatusOK {
				return false
			}
		}
		return true
	}, 15*time.Second, 50*time.Millisecond, "the breaker tries again, and all serve")
}

// TestRequestsGoRound: the proxy gives each request to the next process.
func TestRequestsGoRound(t *testing.T) {
	d := demonstrate(t)
	sam := d.signIn("sam@example.edu")
	seen := make(map[int]int)
	for range 2 * count {
		_, here := sam.ask(0)
		seen[here.Process]++
	}
	require.Equal(t, map[int]int{1: 2, 2: 2, 3: 2}, seen)
	res, err := sam.client.Get(d.url + "/process/4/status")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotFound, res.StatusCode)
}

func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		args string
		code int
		says string
	}{
		{"-h", exitDone, "-redis"},
		{"-nothing", exitWrong, "-nothing"},
		{"8080", exitWrong, "no flag"},
		{"-bound 1ms", exitWrong, "-bound"},
		{"-redis http://user:hunter2@127.0.0.1", exitWrong, "redis://"},
		{"-addr 127.0.0.1:99999", exitFailed, "-addr"},
	} {
		var out bytes.Buffer
		require.Equal(t, row.code, command(t.Context(), strings.Fields(row.args), &out, &out), row.args)
		require.Contains(t, out.String(), row.says)
		require.NotContains(t, out.String(), "hunter2")
	}

	t.Setenv("PATH", t.TempDir())
	var out bytes.Buffer
	require.Equal(t, exitFailed, command(t.Context(), []string{"-addr", "127.0.0.1:0"}, &out, &out))
	require.Contains(t, out.String(), "apt-get install redis-server")
	for line := range strings.SplitSeq(out.String(), "\n") {
		require.LessOrEqual(t, len(line), 80, line)
	}
}
