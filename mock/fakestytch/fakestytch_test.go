package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	project = "project-test-11111111-1111-4111-8111-111111111111"
	secret  = "secret-test-0123456789abcdef"
)

var readyLine = regexp.MustCompile(`^fakestytch ready url=(http://127\.0\.0\.1:\d+) project_id=(project-test-[0-9a-f-]{36}) secret=(secret-test-\S+)\n$`)

// running is a fakestytch in this process.
type running struct {
	t                  testing.TB
	url, project, secr string
	stop               func() (code int, stderr string)
}

// start runs the command on a free port until stop is called.
func start(t *testing.T, args ...string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- command(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, &stderr)
		_ = stdout.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	match := readyLine.FindStringSubmatch(line)
	require.NotNil(t, match, line)
	r := running{t: t, url: match[1], project: match[2], secr: match[3]}
	r.stop = func() (int, string) {
		cancel()
		rest, err := io.ReadAll(lines)
		require.NoError(t, err)
		require.Empty(t, string(rest), "there is one line on standard output")
		return <-code, stderr.String()
	}
	return r
}

// call sends JSON as the project, and returns the answer.
func (r running) call(method, path, body string) (int, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(r.project, r.secr)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, res.Body.Close()) }()
	var out map[string]any
	raw, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	if json.Unmarshal(raw, &out) != nil {
		out = map[string]any{"raw": string(raw)}
	}
	return res.StatusCode, out
}

func (r running) ok(method, path, body string) map[string]any {
	r.t.Helper()
	status, out := r.call(method, path, body)
	require.Equal(r.t, http.StatusOK, status, "%v", out)
	return out
}

func seedFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

const school = `{"organizations":[{"organization_name":"LAWS1100","organization_slug":"laws1100","members":[{"email_address":"ada@example.edu"}]}]}`

func TestServesTheAPIAndTheControlPlane(t *testing.T) {
	r := start(t, "-project", project, "-secret", secret, "-seed", seedFile(t, school), "-jwt-life", "2m")
	require.Equal(t, project, r.project)
	require.Equal(t, secret, r.secr)
	const authenticate = "/v1/b2b/sessions/authenticate"

	r.ok("POST", "/v1/b2b/magic_links/email/login_or_signup", `{"organization_id":"laws1100","email_address":"ada@example.edu"}`)
	outbox := r.ok("GET", "/fake/outbox?to=ada@example.edu", "")["raw"].(string)
	var sent []struct{ Link, Token string }
	require.NoError(t, json.Unmarshal([]byte(outbox), &sent))
	require.True(t, strings.HasPrefix(sent[0].Link, r.url+"/v1/b2b/magic_links/redirect?"), sent[0].Link)
	r.ok("POST", "/v1/b2b/magic_links/authenticate", `{"magic_links_token":"`+sent[0].Token+`"}`)

	login := r.ok("POST", "/fake/login", `{"organization_id":"laws1100","email_address":"ada@example.edu"}`)
	credential := `{"session_token":"` + login["session_token"].(string) + `"}`
	r.ok("POST", "/fake/faults", `{"endpoint":"POST `+authenticate+`","status":429,"retry_after":3,"times":1}`)
	status, _ := r.call("POST", authenticate, credential)
	require.Equal(t, http.StatusTooManyRequests, status)
	r.ok("POST", authenticate, credential)
	state, err := json.Marshal(r.ok("GET", "/fake/state", ""))
	require.NoError(t, err)
	r.ok("POST", "/fake/age", `{"by":"2h"}`)
	status, out := r.call("POST", authenticate, credential)
	require.Equal(t, http.StatusNotFound, status, "%v", out)
	r.ok("PUT", "/fake/state", string(state))
	r.ok("POST", authenticate, credential)
	r.ok("POST", "/fake/rotate-keys", "{}")
	r.ok("POST", "/fake/reset", "{}")
	status, _ = r.call("POST", authenticate, credential)
	require.Equal(t, http.StatusNotFound, status)
	r.ok("GET", "/v1/b2b/organizations/laws1100", "")
	require.Contains(t, r.ok("GET", "/fake/journal", "")["raw"], "/v1/b2b/organizations/laws1100")
	require.Contains(t, r.ok("GET", "/", "")["raw"], "LAWS1100")
	status, out = r.call("GET", "//v1/b2b/rbac/policy", "")
	require.Equal(t, http.StatusOK, status, "a doubled slash is not redirected: %v", out)
	status, out = r.call("GET", "/fakes", "")
	require.Equal(t, "route_not_found", out["error_type"], "%d", status)

	code, stderr := r.stop()
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
}

// What a browser asks for gets a page, or an icon; what a program does, Stytch's answer.
func TestAddressesForPeople(t *testing.T) {
	for _, tt := range []struct {
		path    string
		browser bool
		want    bool
	}{
		{"/", false, true},
		{"/fake/outbox", false, true},
		{"/favicon.ico", false, true},
		{"/nothing", true, true},
		{"/nothing", false, false},
		{"/v1/b2b/magic_links/redirect", true, false},
		{"//v1/b2b/rbac/policy", false, false},
		{"/mock/idp", true, false},
		{"/sdk/v1/b2b/sessions/authenticate", true, false},
	} {
		r := httptest.NewRequest("GET", "http://127.0.0.1:4010"+tt.path, nil)
		if tt.browser {
			r.Header.Set("Accept", "text/html")
		}
		require.Equal(t, tt.want, isForPeople(r), "%v", tt)
	}
}

// By the flag or by the seed file: the same ids, keys and messages at each start.
func TestW12_RandomSeed(t *testing.T) {
	seen := func(args ...string) string {
		r := start(t, args...)
		r.ok("POST", "/v1/b2b/magic_links/email/login_or_signup", `{"organization_id":"laws1100","email_address":"ada@example.edu"}`)
		var sent []struct{ Token string }
		require.NoError(t, json.Unmarshal([]byte(r.ok("GET", "/fake/outbox", "")["raw"].(string)), &sent))
		answer := r.ok("POST", "/v1/b2b/magic_links/authenticate", `{"magic_links_token":"`+sent[0].Token+`"}`)
		keys, err := json.Marshal(r.ok("GET", "/v1/b2b/sessions/jwks/"+r.project, "")["keys"])
		require.NoError(t, err)
		code, stderr := r.stop()
		require.Zero(t, code, stderr)
		return strings.Join([]string{r.project, r.secr, sent[0].Token, answer["session_token"].(string), answer["request_id"].(string), string(keys)}, " ")
	}
	flag := seen("-random-seed", "7", "-seed", seedFile(t, school))
	require.Equal(t, flag, seen("-random-seed", "7", "-seed", seedFile(t, school)))
	require.Equal(t, flag, seen("-seed", seedFile(t, strings.Replace(school, "{", `{"random_seed":7,`, 1))))
	require.NotEqual(t, flag, seen("-random-seed", "8", "-seed", seedFile(t, school)))
	require.NotEqual(t, flag, seen("-seed", seedFile(t, school)))
}

// Another program reads the start as JSON, and links lead where browsers reach it.
func TestJSONLine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- command(ctx, []string{"-addr", "127.0.0.1:0", "-json", "-url", "http://stytch.test:4010/", "-random-seed", "7"}, stdout, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var said map[string]string
	require.NoError(t, json.Unmarshal([]byte(line), &said))
	require.Len(t, said, 5)
	require.Equal(t, "http://stytch.test:4010", said["url"])
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, said["listening"])
	require.Regexp(t, `^project-test-`, said["project_id"])
	require.Regexp(t, `^secret-test-`, said["secret"])
	require.Regexp(t, `^public-token-test-`, said["public_token"])
	r := running{t: t, url: "http://" + said["listening"], project: said["project_id"], secr: said["secret"]}
	r.ok("POST", "/v1/b2b/magic_links/email/discovery/send", `{"email_address":"ada@example.edu"}`)
	require.Contains(t, r.ok("GET", "/fake/outbox", "")["raw"], `"link":"http://stytch.test:4010/v1/b2b/magic_links/redirect?`)
	cancel()
	require.Zero(t, <-code)
}

func TestHealth(t *testing.T) {
	r := start(t)
	r.ok("POST", "/fake/faults", `{"status":500}`)
	require.Equal(t, map[string]any{"status": "ok", "project_id": r.project}, r.ok("GET", "/fake/health", ""), "faults are Stytch's")
	require.NotContains(t, r.ok("GET", "/fake/journal", "")["raw"], "health")
	var stderr strings.Builder
	require.Zero(t, command(t.Context(), []string{"-health", r.url}, io.Discard, &stderr), stderr.String())
	r.stop()
	require.Equal(t, 1, command(t.Context(), []string{"-health", r.url}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "refused")
}

// The flags name an endpoint, and so does the seed file.
func TestSendsWebhooks(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	arrived := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && strings.HasPrefix(r.Header.Get("Svix-Signature"), "v1,") {
			arrived <- r.URL.Path + string(body)
		}
	}))
	defer server.Close()
	seed := strings.Replace(school, "{", `{"webhooks":[{"url":"`+server.URL+`/seed","secrets":["`+secret+`"]}],`, 1)
	r := start(t, "-webhook-url", server.URL+"/flag", "-webhook-secret", secret, "-seed", seedFile(t, seed))
	r.ok("POST", "/v1/b2b/organizations/laws1100/members", `{"email_address":"bob@example.edu"}`)
	both := []string{<-arrived, <-arrived}
	slices.Sort(both)
	for i, path := range []string{"/flag{", "/seed{"} {
		require.True(t, strings.HasPrefix(both[i], path), both[i])
		require.Contains(t, both[i], `"email_address":"bob@example.edu"`)
		require.Contains(t, both[i], `"source":"DIRECT"`)
	}
	require.Eventually(t, func() bool {
		return strings.Count(r.ok("GET", "/fake/webhooks", "")["raw"].(string), `"status":200`) == 2
	}, 5*time.Second, time.Millisecond)
	code, stderr := r.stop()
	require.Zero(t, code, stderr)
}

// Whatever it is doing when it is told to stop, nothing of it stays behind.
func TestStopsWithNothingLeft(t *testing.T) {
	r := start(t)
	r.ok("POST", "/fake/faults", `{"endpoint":"GET /v1/b2b/rbac/policy","latency":"1h"}`)
	held := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/v1/b2b/rbac/policy", nil)
		if err == nil {
			_, err = (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		}
		held <- err
	}()
	// The request is known to be under way once it has used up its rule; there is no
	// other sign of it from outside, so ask the goroutines.
	require.Eventually(t, func() bool { return strings.Contains(stacks(), "mock.wait(") }, 5*time.Second, time.Millisecond)
	code, stderr := r.stop()
	require.Zero(t, code, stderr)
	require.Error(t, <-held)
	require.Eventually(t, func() bool {
		return !strings.Contains(stacks(), "net/http.(*Server)") && !strings.Contains(stacks(), "net/http.(*conn).serve")
	}, 5*time.Second, time.Millisecond, "%s", stacks())
}

func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

func TestStopsOnSIGTERM(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGTERM")
	}
	bin := filepath.Join(t.TempDir(), "fakestytch")
	build, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, "%s", build)
	process := exec.CommandContext(t.Context(), bin, "-addr", "127.0.0.1:0")
	stdout, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Regexp(t, readyLine, line)
	require.NoError(t, process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, process.Wait(), "it ends by itself, with code 0")
}

func TestRefusesAWrongCommandLine(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		wants []string
	}{
		{"an address of this machine in the network", []string{"-addr", "192.0.2.1:0"}, []string{"other machines", "-dangerously-listen-to-other-machines"}},
		{"every address", []string{"-addr", ":0"}, []string{"other machines"}},
		{"every address of IPv6", []string{"-addr", "[::]:0"}, []string{"other machines"}},
		{"a name", []string{"-addr", "example.edu:0"}, []string{"other machines"}},
		{"no port", []string{"-addr", "127.0.0.1"}, []string{"no address and port"}},
		{"a port that is none", []string{"-addr", "127.0.0.1:http"}, []string{"the port is no number"}},
		{"a live project", []string{"-project", "project-live-11111111-1111-4111-8111-111111111111"}, []string{"live project", "-dangerously-accept-live-ids"}},
		{"a live secret", []string{"-secret", "secret-live-0123456789abcdef"}, []string{"live project"}},
		{"a project id that is none", []string{"-project", "x"}, []string{"not of the form project-test-<uuid>"}},
		{"a secret that is none", []string{"-secret", "x"}, []string{"ProjectSecret is not of the form"}},
		{"half a second", []string{"-jwt-life", "500ms"}, []string{"whole number of seconds"}},
		{"no time", []string{"-jwt-life", "0s"}, []string{"whole number of seconds"}},
		{"a word", []string{"serve"}, []string{`"serve" is no flag`}},
		{"a flag that is none", []string{"-port", "1"}, []string{"not defined: -port"}},
		{"a seed that is not there", []string{"-seed", "/nonexistent.json"}, []string{"-seed: open /nonexistent.json"}},
		{"a seed that is none", []string{"-seed", "main.go"}, []string{"-seed: the body is no JSON"}},
		{"two random seeds", []string{"-random-seed", "8", "-seed", seedFile(t, `{"random_seed":7}`)}, []string{"random_seed is 7", "8"}},
		{"a negative random seed", []string{"-random-seed", "-1"}, []string{"random-seed"}},
		{"a webhook without a secret", []string{"-webhook-url", "http://127.0.0.1:3000/"}, []string{"-webhook-url and -webhook-secret go together"}},
		{"a webhook's secret that is none", []string{"-webhook-url", "http://127.0.0.1:3000/", "-webhook-secret", "0123456789abcdef"}, []string{"whsec_ and 24 to 64 bytes"}},
		{"a seed with wrong webhooks", []string{"-seed", seedFile(t, `{"webhooks":[{"url":"x","secrets":[]}]}`)}, []string{"webhooks[0]", "there is no secret"}},
		{"everything at once", []string{"-addr", "0.0.0.0:1", "-project", "x", "-secret", "y", "-jwt-life", "1ms"}, []string{"other machines", "Project", "ProjectSecret", "-jwt-life"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			require.Equal(t, 1, command(t.Context(), tt.args, &stdout, &stderr))
			require.Empty(t, stdout.String())
			for _, want := range tt.wants {
				require.Contains(t, stderr.String(), want)
			}
			require.NotContains(t, stderr.String(), "goroutine")
			require.NotContains(t, stderr.String(), "0123456789abcdef", "a secret is not repeated")
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	var stdout, stderr strings.Builder
	require.Zero(t, command(t.Context(), []string{"-h"}, &stdout, &stderr))
	for _, want := range []string{"-addr", "-project", "-secret", "-seed", "-jwt-life", "-open", "-dangerously-listen-to-other-machines"} {
		require.Contains(t, stderr.String(), want)
	}
}

func TestTakesTheDangersByName(t *testing.T) {
	for _, args := range [][]string{
		{"-dangerously-accept-live-ids", "-project", "project-live-11111111-1111-4111-8111-111111111111"},
		{"-dangerously-listen-to-other-machines", "-addr", "0.0.0.0:0"},
	} {
		_, err := readOptions(args, io.Discard)
		require.NoError(t, err)
	}
}

func TestURLCanBeOpened(t *testing.T) {
	for at, want := range map[string]string{
		"127.0.0.1:4010": "http://127.0.0.1:4010",
		"[::1]:4010":     "http://[::1]:4010",
		"0.0.0.0:4010":   "http://localhost:4010",
		"[::]:4010":      "http://localhost:4010",
	} {
		require.Equal(t, want, reachedAt(netip.MustParseAddrPort(at)))
	}
}

func TestAddressInUse(t *testing.T) {
	r := start(t)
	var stderr strings.Builder
	require.Equal(t, 1, command(t.Context(), []string{"-addr", strings.TrimPrefix(r.url, "http://")}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "Choose one with -addr 127.0.0.1:0")
	r.stop()
}
