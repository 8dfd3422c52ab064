package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

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
	// warning  client-address  requests come from a proxy, so the addresses of clients are not known and nothing is limited by them
	//                          -> Set middleware.Config.ClientAddress, for example to middleware.ForwardedFor().
	// 0 ok, 1 warning, 0 fault, 0 unknown
}
