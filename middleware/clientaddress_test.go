package middleware_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// The peer of a connection is the client, unless it can only be a proxy.
func TestX01_ThePeerIsTheClientOrAProxy(t *testing.T) {
	for remote, want := range map[string]string{
		"203.0.113.9:4711":          "203.0.113.9",
		"203.0.113.9":               "203.0.113.9",
		"[2001:db8::1]:4711":        "2001:db8::1",
		"[2001:db8::1%eth0]:4711":   "2001:db8::1",
		"[::ffff:203.0.113.9]:4711": "203.0.113.9",
		"100.128.0.1:1":             "100.128.0.1",
		"172.32.0.1:1":              "172.32.0.1",

		"127.0.0.1:4711": "", "[::1]:4711": "", "[::ffff:127.0.0.1]:1": "",
		"10.0.0.1:1": "", "172.16.0.1:1": "", "192.168.1.1:1": "", "[fd00::1]:1": "",
		"169.254.1.1:1": "", "[fe80::1%eth0]:1": "", "100.64.0.1:1": "", "100.127.255.255:1": "",
		"0.0.0.0:1": "", "[::]:1": "", "224.0.0.1:1": "",
		"@": "", "": "", "/run/app.sock": "", "proxy.school.edu:1": "", "203.0.113.9:http": "",
	} {
		var log bytes.Buffer
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		r := request("GET", "/", "")
		r.RemoteAddr = remote
		for range 2 {
			require.Equal(t, want, textOf(guard.ClientAddress(r)), remote)
		}
		lines := strings.Count(log.String(), "ClientAddress")
		require.Equal(t, want == "", lines > 0, remote)
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 1, "one line for each Guard: %s", remote)
	}
}

func TestX01_TheFunctionDecidesAlone(t *testing.T) {
	said := netip.MustParseAddr("::ffff:10.1.2.3")
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{ClientAddress: func(*http.Request) netip.Addr { return said }})
	require.Equal(t, "10.1.2.3", textOf(guard.ClientAddress(request("GET", "/", ""))))
	said = netip.MustParseAddr("fe80::1%eth0")
	require.Equal(t, "fe80::1", textOf(guard.ClientAddress(request("GET", "/", ""))))
	said = netip.Addr{}
	require.False(t, guard.ClientAddress(request("GET", "/", "")).IsValid())
	require.False(t, (*middleware.Guard)(nil).ClientAddress(request("GET", "/", "")).IsValid())
}

// The AuthFunc learns where a request comes from; the handler behind it does not, since
// what it asks Stytch for is not asked for a stranger.
func TestX01_AuthFuncsLearnTheAddressAndHandlersDoNot(t *testing.T) {
	var seen []string
	found := 0
	school := newSchool(t)
	auth := func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
		seen = append(seen, textOf(grimoireauth.ClientAddressFromContext(ctx)))
		return school.Authenticate(ctx, c)
	}
	guard := newGuard(t, auth, middleware.Config{ClientAddress: func(r *http.Request) netip.Addr {
		found++
		return netip.MustParseAddr("203.0.113.9")
	}})
	h := guard.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		require.False(t, grimoireauth.ClientAddressFromContext(r.Context()).IsValid())
	}))
	require.Equal(t, 200, serve(h, request("GET", "/", "jwt.ada.x")).StatusCode)
	require.Equal(t, []string{"203.0.113.9"}, seen)
	require.Equal(t, 1, found)

	quiet := newGuard(t, school.Authenticate, middleware.Config{ClientAddress: func(r *http.Request) netip.Addr {
		t.Error("the address was found out although it was not needed")
		return netip.Addr{}
	}})
	require.Equal(t, 200, serve(quiet.Require(nothing), request("GET", "/", "jwt.ada.x")).StatusCode)
}

func TestForwardedFor(t *testing.T) {
	const peer, proxy, front = "203.0.113.1", "10.0.0.5", "198.51.100.80"
	clientAddress := middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("::ffff:198.51.100.0/120"))
	tests := []struct {
		name, remote string
		lines        []string
		want         string
	}{
		{"a client that is no proxy is not believed", peer + ":1", []string{"192.0.2.1"}, peer},
		{"one proxy", proxy + ":1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the client wrote stands before", proxy + ":1", []string{"8.8.8.8, 192.0.2.1"}, "192.0.2.1"},
		{"two proxies", proxy + ":1", []string{"8.8.8.8, 192.0.2.1, " + front}, "192.0.2.1"},
		{"several lines", proxy + ":1", []string{"8.8.8.8, 192.0.2.1", front}, "192.0.2.1"},
		{"the proxy in its IPv6 form", "[::ffff:10.0.0.5]:1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a loopback peer", "127.0.0.1:1", []string{"192.0.2.1"}, "192.0.2.1"},
		{"a Unix socket", "@", []string{"192.0.2.1"}, "192.0.2.1"},
		{"IPv6", proxy + ":1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"a port, as some write it", proxy + ":1", []string{"192.0.2.1:8080"}, "192.0.2.1"},
		{"IPv6 with a port", proxy + ":1", []string{"[2001:db8::1]:8080"}, "2001:db8::1"},
		{"a client in a private network", proxy + ":1", []string{"192.168.7.7"}, "192.168.7.7"},
		{"no header", proxy + ":1", nil, ""},
		{"an empty header", proxy + ":1", []string{""}, ""},
		{"trusted addresses only", proxy + ":1", []string{"127.0.0.1, " + front}, ""},
		{"unknown", proxy + ":1", []string{"192.0.2.1, unknown"}, ""},
		{"an address that is none", proxy + ":1", []string{"192.0.2.1, 192.0.2.256"}, ""},
		{"a proxy that is not listed", "10.0.0.77:1", []string{"192.0.2.1"}, ""},
		{"one in the address space of a cloud", "100.64.3.2:1", []string{"192.0.2.1"}, ""},
		{"a client in the same network, without a proxy", "10.0.0.77:1", nil, "10.0.0.77"},
		{"a peer that is none", "example.org:1", []string{"192.0.2.1"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Header["X-Forwarded-For"] = tt.remote, tt.lines
			require.Equal(t, tt.want, textOf(clientAddress(r)))
		})
	}
	for _, prefix := range []netip.Prefix{{}, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")} {
		require.Panics(t, func() { middleware.ForwardedFor(prefix) }, prefix)
	}
}

// A second balancer that is missing in the list is told of, and is no client.
func TestX01_AProxyThatIsNotListed(t *testing.T) {
	var log bytes.Buffer
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{
		ClientAddress: middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.5/32")),
		Logger:        slog.New(slog.NewTextHandler(&log, nil)),
	})
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.77:4711"
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		require.False(t, guard.ClientAddress(r).IsValid())
	}
	require.Equal(t, 1, strings.Count(log.String(), "is each proxy listed"))
	require.Contains(t, log.String(), "10.0.0.77")
	require.Equal(t, grimoireauth.SeverityWarning, guard.Diagnose()[0].Severity)
}

// Whatever a client writes, the address that the trusted proxy saw is the one.
func FuzzForwardedFor(f *testing.F) {
	for _, line := range []string{"", ",", "8.8.8.8", "8.8.8.8, ", "[::1]", "127.0.0.1", "a, b,,", strings.Repeat("127.0.0.1,", 100), "10.0.0.5", "\t1.1.1.1:1"} {
		f.Add(line)
	}
	clientAddress := middleware.ForwardedFor(netip.MustParsePrefix("10.0.0.0/24"))
	f.Fuzz(func(t *testing.T, line string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "10.0.0.5:443"
		r.Header["X-Forwarded-For"] = []string{line}
		clientAddress(r)
		for _, lines := range [][]string{{line + ", 192.0.2.7"}, {line, "192.0.2.7"}, {line, "192.0.2.7, 10.0.0.9"}} {
			r.Header["X-Forwarded-For"] = lines
			require.Equal(t, "192.0.2.7", textOf(clientAddress(r)))
		}
		r.RemoteAddr = "192.0.2.9:443"
		require.Equal(t, "192.0.2.9", textOf(clientAddress(r)))
	})
}

func textOf(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

func TestX04_DiagnoseClientAddress(t *testing.T) {
	from := func(guard *middleware.Guard, remote string) grimoireauth.Finding {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		guard.ClientAddress(r)
		return guard.Diagnose()[0]
	}
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	require.Equal(t, grimoireauth.SeverityUnknown, guard.Diagnose()[0].Severity)
	require.Equal(t, grimoireauth.SeverityOK, from(guard, "203.0.113.1:1").Severity)
	behind := from(guard, "127.0.0.1:1")
	require.Equal(t, grimoireauth.SeverityWarning, behind.Severity)
	require.Equal(t, "client-address", behind.Code)
	require.Contains(t, behind.Remedy, "middleware.Config.ClientAddress")
	require.NoError(t, doctor.Report(guard.Diagnose()).Err(), "no fault: a server runs like this")

	addr := netip.Addr{}
	guard = newGuard(t, newSchool(t).Authenticate, middleware.Config{ClientAddress: func(*http.Request) netip.Addr { return addr }})
	require.Contains(t, from(guard, "127.0.0.1:1").Problem, "of some requests")
	addr = netip.MustParseAddr("203.0.113.1")
	guard = newGuard(t, newSchool(t).Authenticate, middleware.Config{ClientAddress: func(*http.Request) netip.Addr { return addr }})
	require.Equal(t, grimoireauth.SeverityOK, from(guard, "127.0.0.1:1").Severity)
	require.Empty(t, (*middleware.Guard)(nil).Diagnose())
}

// What a Guard has seen completes what Doctor asks.
func ExampleGuard_Diagnose() {
	guard, err := middleware.New(exampleAuth, middleware.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "https://classes.example.edu/", nil)
	r.RemoteAddr = "10.0.0.5:39000" // nginx
	guard.ClientAddress(r)
	fmt.Print(doctor.Report(guard.Diagnose()))
	// Output:
	// warning  client-address: requests come from a proxy, so the addresses of clients
	//          are not known and nothing is limited by them
	//          -> Set middleware.Config.ClientAddress, for example to
	//             middleware.ForwardedFor().
	// 0 ok, 1 warning, 0 fault, 0 unknown
}
