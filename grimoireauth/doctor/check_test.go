package doctor_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

func TestDoctorFindsNothingWrong(t *testing.T) {
	s := newFixture()
	before := len(s.Journal())
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.NoError(t, diagnosis.Err())
	require.Len(t, diagnosis, 6)
	for i, code := range []string{"configuration", "keys", "secret", "roles", "limits", "class"} {
		require.Equal(t, code, diagnosis[i].Code)
		if code == "limits" {
			require.Equal(t, grimoireauth.SeverityUnknown, diagnosis[i].Severity)
			require.Contains(t, diagnosis[i].Remedy, "Look in the Stytch dashboard")
			continue
		}
		require.Equal(t, grimoireauth.SeverityOK, diagnosis[i].Severity)
	}
	require.Equal(t, s.class.ID, diagnosis[5].Class)
	require.Len(t, s.Journal()[before:], 5, "two calls for the project, three for a class with an instructor")

	var table strings.Builder
	n, err := diagnosis.WriteTo(&table)
	require.NoError(t, err)
	require.EqualValues(t, table.Len(), n)
	require.Equal(t, diagnosis.String(), table.String())
}

// together are the rows in which more than one thing is wrong.
var together = map[string][]string{
	"config-invalid":     {"config-invalid", "config-invalid"},
	"role-not-in-policy": {"role-not-in-policy", "no-instructor"},
	"project-unknown":    {"project-unknown", "secret-refused"},
	"not-b2b":            {"not-b2b", "not-b2b"},
	"project-refused":    {"project-refused", "project-refused"},
	"role-without-name":  {"role-without-name", "no-instructor"},
	"sso-joining-closed": {"connection-unfinished", "sso-joining-closed"},
}

// What is wrong, by the code that says so.
func TestDoctorFindsEveryFault(t *testing.T) {
	provoke := map[string]func(*fixture){}
	for _, rows := range []map[string]func(*fixture){projectFaults, signInFaults, joiningFaults} {
		for code, row := range rows {
			provoke[code] = row
		}
	}
	for code := range doctor.Codes() {
		t.Run(code, func(t *testing.T) {
			row := provoke[code]
			require.NotNil(t, row, "no row provokes it")
			s := newFixture()
			row(s)
			codes, _ := s.find(t)
			if with := together[code]; with != nil {
				require.Equal(t, with, codes)
				return
			}
			require.Equal(t, []string{code}, codes)
		})
	}
	require.Len(t, provoke, len(doctor.Codes()), "a row provokes what is not there any more")
}

// Faults come together: one start-up shows all of them.
func TestDoctorLosesNothing(t *testing.T) {
	s := newFixture()
	s.config.Roles = append(grimoireauth.DefaultRoleTable(), grimoireauth.RoleName{ID: "dean", Role: 50})
	s.check.Classes = append(s.check.Classes, "laws1100", missingClass)
	s.check.Slugs = []string{"torts", "equity", "ines@example.edu"}
	s.set(map[string]any{"auth_methods": "RESTRICTED", "email_jit_provisioning": "RESTRICTED"})
	codes, diagnosis := s.find(t)
	require.Equal(t, []string{
		"role-not-in-policy", "no-methods", "email-joining-closed", "class-id-invalid", "class-not-found", "class-not-found", "slug-invalid",
	}, codes)
	text := diagnosis.Err().Error()
	for _, code := range codes {
		require.Contains(t, text, code)
	}
}

// Nobody could find out: that is no fault of the configuration, and no reason not to
// start.
func TestDoctorInAnOutage(t *testing.T) {
	tests := map[string]struct {
		fault   mock.Fault
		problem string
	}{
		"connection refused":      {mock.Fault{Drop: true}, "Stytch cannot be reached"},
		"503":                     {mock.Fault{Status: 503}, "says nothing about it"},
		"a proxy's page":          {mock.Fault{Status: 502, Body: "<h1>Bad gateway</h1>"}, "status 502 was not Stytch's"},
		"a proxy wants a login":   {mock.Fault{Status: 401, Body: "<h1>Sign in to the network</h1>"}, "status 401 was not Stytch's"},
		"somebody redirects":      {mock.Fault{Location: "https://portal.example.edu/"}, "status 307 was not Stytch's"},
		"too many requests":       {mock.Fault{Status: 429, RetryAfter: 7 * time.Second}, "less often"},
		"half an answer":          {mock.Fault{Truncate: true}, "Stytch cannot be reached"},
		"an answer without sense": {mock.Fault{Body: `{"status_code":200}`}, "says nothing about it"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFixture()
				s.check.Slugs = []string{"torts"}
				s.Fail(tt.fault)
				codes, diagnosis := s.find(t)
				require.Empty(t, codes)
				require.NoError(t, diagnosis.Err())
				require.Len(t, diagnosis, 5)
				for _, f := range diagnosis[1:] {
					require.Equal(t, grimoireauth.SeverityUnknown, f.Severity)
				}
				require.Contains(t, diagnosis[1].Problem, tt.problem)
				require.Contains(t, diagnosis[2].Problem, tt.problem)
				require.Error(t, diagnosis[1].Err)
			})
		})
	}
}

// An outage that begins between two questions costs what is asked by then.
func TestDoctorAsksAnOutageLittle(t *testing.T) {
	s := newFixture()
	for range 100 {
		s.check.Classes = append(s.check.Classes, s.class.ID)
	}
	s.Fail(mock.Fault{Endpoint: "GET /v1/b2b/organizations/{organization_id}", Status: 503})
	before := len(s.Journal())
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.Less(t, len(s.Journal())-before, 12)
	require.Equal(t, grimoireauth.SeverityOK, diagnosis[2].Severity, "what could be found out is said")
	require.Len(t, diagnosis, 5+101)
}

func TestDoctorEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFixture()
		s.Fail(mock.Fault{Latency: time.Hour})
		for _, tt := range []struct{ timeout, want time.Duration }{{3 * time.Second, 3 * time.Second}, {0, 20 * time.Second}} {
			s.check.Timeout = tt.timeout
			begun := time.Now()
			codes, diagnosis := s.find(t)
			require.Empty(t, codes)
			require.LessOrEqual(t, time.Since(begun), tt.want)
			require.Contains(t, diagnosis[1].Problem, "in time")
		}
	})
}

// The report fits a terminal, whatever is wrong, and leaves no word out.
func TestReportFitsAScreen(t *testing.T) {
	for _, rows := range []map[string]func(*fixture){projectFaults, signInFaults, joiningFaults} {
		for _, row := range rows {
			s := newFixture()
			row(s)
			s.check.Slugs = append(s.check.Slugs, "a-class-that-is-not-there")
			_, report := s.find(t)
			for line := range strings.Lines(report.String()) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
			}
			for _, f := range report {
				require.Contains(t, said(report), strings.Join(strings.Fields(f.Problem), " "))
				require.Contains(t, said(report), f.Remedy)
			}
		}
	}
}

func TestDoctorNeverPanics(t *testing.T) {
	s := newFixture()
	s.config.Transport = roundTripper(func(*http.Request) (*http.Response, error) { panic("ines@example.edu") })
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.Contains(t, diagnosis[1].Problem, "panicked")
	require.Contains(t, diagnosis[3].Problem, "panicked")

	require.Error(t, doctor.Check(t.Context(), stytchclient.Config{}, doctor.Options{}).Err())
	require.Equal(t, "0 ok, 0 warning, 0 fault, 0 unknown\n", doctor.Report(nil).String())
	require.NoError(t, doctor.Report(nil).Err())
	require.Equal(t, "severity(9)", grimoireauth.Severity(9).String())
}
