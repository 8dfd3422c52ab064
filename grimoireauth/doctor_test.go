package grimoireauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// surgery is a Stytch with one class that is in order, and what is done to it before
// the doctor comes.
type surgery struct {
	*mock.Stytch
	class  mock.Class
	config grimoireauth.Config
	check  grimoireauth.Checkup
}

func newSurgery() *surgery {
	stytch := new(mock.Stytch)
	s := &surgery{Stytch: stytch, class: stytch.AddClass("Torts")}
	stytch.AddInstructor(s.class.ID, "ines@example.edu")
	s.config = grimoireauth.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(),
		BaseURL: stytch.BaseURL(), Transport: stytch, Retries: -1,
	}
	s.check = grimoireauth.Checkup{Classes: []grimoireauth.ClassID{s.class.ID}}
	return s
}

// edit changes the answers to requests whose path ends like this. Some of what the
// doctor looks for Stytch would refuse to be told.
func (s *surgery) edit(pathEnd string, change func(answer map[string]any, header http.Header)) {
	next := s.config.Transport
	s.config.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(req)
		if err != nil || res.StatusCode != http.StatusOK || !strings.HasSuffix(req.URL.Path, pathEnd) {
			return res, err
		}
		answer := make(map[string]any)
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			return nil, err
		}
		change(answer, res.Header)
		body, err := json.Marshal(answer)
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		res.Header.Del("Content-Length")
		return res, err
	})
}

// set changes a field of the class.
func (s *surgery) set(fields map[string]any) {
	s.edit("/organizations/"+string(s.class.ID), func(answer map[string]any, _ http.Header) {
		for name, value := range fields {
			answer["organization"].(map[string]any)[name] = value
		}
	})
}

// find returns the codes of the faults and warnings, and checks what holds for every
// diagnosis: that it names nobody and gives no secret away.
func (s *surgery) find(t *testing.T) ([]string, grimoireauth.Diagnosis) {
	t.Helper()
	s.config.Observe = func(context.Context, grimoireauth.Event) { t.Error("what is found is said twice") }
	diagnosis := grimoireauth.Doctor(t.Context(), s.config, s.check)
	codes, severities, fault := []string{}, grimoireauth.DoctorCodes(), false
	for _, f := range diagnosis {
		require.NotEmpty(t, f.Problem)
		require.Equal(t, f.Severity == grimoireauth.SeverityOK, f.Remedy == "", "what is wrong has a remedy: %v", f)
		require.NotContains(t, f.Problem, "%!", "a format has its arguments")
		require.NotContains(t, f.Problem, "\n")
		switch f.Severity {
		case grimoireauth.SeverityFault, grimoireauth.SeverityWarning:
			require.Contains(t, severities, f.Code)
			require.Equal(t, severities[f.Code], f.Severity)
			codes = append(codes, f.Code)
			fault = fault || f.Severity == grimoireauth.SeverityFault
		default:
			require.Contains(t, []string{"configuration", "keys", "secret", "roles", "class"}, f.Code)
		}
		if f.Err != nil {
			require.NotContains(t, f.Err.Error(), "@")
		}
	}
	for _, text := range []string{diagnosis.String(), fmt.Sprintf("%+v", diagnosis), fmt.Sprint(diagnosis.Err())} {
		require.NotContains(t, text, s.Secret().Reveal())
		require.NotContains(t, text, s.config.Secret.Reveal())
		require.NotContains(t, text, "@")
	}
	require.Equal(t, fault, diagnosis.Err() != nil)
	if fault {
		require.ErrorIs(t, diagnosis.Err(), grimoireauth.ErrInvalid)
		require.NotErrorIs(t, diagnosis.Err(), grimoireauth.ErrUnavailable)
	}
	return codes, diagnosis
}

func TestDoctorFindsNothingWrong(t *testing.T) {
	s := newSurgery()
	before := len(s.Journal())
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.NoError(t, diagnosis.Err())
	require.Len(t, diagnosis, 5)
	for i, code := range []string{"configuration", "keys", "secret", "roles", "class"} {
		require.Equal(t, code, diagnosis[i].Code)
		require.Equal(t, grimoireauth.SeverityOK, diagnosis[i].Severity)
	}
	require.Equal(t, s.class.ID, diagnosis[4].Class)
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
	provoke := map[string]func(*surgery){}
	for _, rows := range []map[string]func(*surgery){projectFaults, signInFaults, joiningFaults} {
		for code, row := range rows {
			provoke[code] = row
		}
	}
	for code := range grimoireauth.DoctorCodes() {
		t.Run(code, func(t *testing.T) {
			row := provoke[code]
			require.NotNil(t, row, "no row provokes it")
			s := newSurgery()
			row(s)
			codes, _ := s.find(t)
			if with := together[code]; with != nil {
				require.Equal(t, with, codes)
				return
			}
			require.Equal(t, []string{code}, codes)
		})
	}
	require.Len(t, provoke, len(grimoireauth.DoctorCodes()), "a row provokes what is not there any more")
}

// Faults come together: one start-up shows all of them.
func TestDoctorLosesNothing(t *testing.T) {
	s := newSurgery()
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
			s := newSurgery()
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
	}
}

// An outage that begins between two questions costs what is asked by then.
func TestDoctorAsksAnOutageLittle(t *testing.T) {
	s := newSurgery()
	for range 100 {
		s.check.Classes = append(s.check.Classes, s.class.ID)
	}
	s.Fail(mock.Fault{Endpoint: "GET /v1/b2b/organizations/{organization_id}", Status: 503})
	before := len(s.Journal())
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.Less(t, len(s.Journal())-before, 12)
	require.Equal(t, grimoireauth.SeverityOK, diagnosis[2].Severity, "what could be found out is said")
	require.Len(t, diagnosis, 4+101)
}

func TestDoctorEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSurgery()
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

func TestDoctorNeverPanics(t *testing.T) {
	s := newSurgery()
	s.config.Transport = roundTripper(func(*http.Request) (*http.Response, error) { panic("ines@example.edu") })
	codes, diagnosis := s.find(t)
	require.Empty(t, codes)
	require.Contains(t, diagnosis[1].Problem, "panicked")
	require.Contains(t, diagnosis[3].Problem, "panicked")

	require.Error(t, grimoireauth.Doctor(t.Context(), grimoireauth.Config{}, grimoireauth.Checkup{}).Err())
	require.Equal(t, "0 ok, 0 warning, 0 fault, 0 unknown\n", grimoireauth.Diagnosis(nil).String())
	require.NoError(t, grimoireauth.Diagnosis(nil).Err())
	require.Equal(t, "severity(9)", grimoireauth.Severity(9).String())
}
