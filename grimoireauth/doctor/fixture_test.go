package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// policyEndpoint answers with the RBAC policy.
const policyEndpoint = "GET /v1/b2b/rbac/policy"

// roundTripper is a transport by one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fixture is a Stytch with one class that is in order, and what is done to it before
// the doctor comes.
type fixture struct {
	*mock.Stytch
	class  mock.Class
	config stytchclient.Config
	check  doctor.Options
	steps  []grimoireauth.StepDone
}

func newFixture() *fixture {
	stytch := new(mock.Stytch)
	s := &fixture{Stytch: stytch, class: stytch.AddClass("Torts")}
	stytch.AddInstructor(s.class.ID, "ines@example.edu")
	s.config = stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), PublicToken: stytch.PublicToken(),
		BaseURL: stytch.BaseURL(), Transport: stytch, Retries: -1,
	}
	s.check = doctor.Options{Classes: []grimoireauth.ClassID{s.class.ID}}
	return s
}

// edit changes the answers to requests whose path ends like this. Some of what the
// doctor looks for Stytch would refuse to be told.
func (s *fixture) edit(pathEnd string, change func(answer map[string]any, header http.Header)) {
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
func (s *fixture) set(fields map[string]any) {
	s.edit("/organizations/"+string(s.class.ID), func(answer map[string]any, _ http.Header) {
		for name, value := range fields {
			answer["organization"].(map[string]any)[name] = value
		}
	})
}

// find returns the codes of the faults and warnings, and checks what holds for every
// diagnosis: that it has no name, no address and no secret in it.
func (s *fixture) find(t *testing.T) ([]string, doctor.Report) {
	t.Helper()
	s.steps = nil
	s.config.Observe = func(_ context.Context, event grimoireauth.Event) {
		step, ok := event.(grimoireauth.StepDone)
		require.True(t, ok, "what is found is said twice")
		s.steps = append(s.steps, step)
	}
	diagnosis := doctor.Check(t.Context(), s.config, s.check)
	codes, severities, fault := []string{}, doctor.Codes(), false
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
			require.Contains(t, []string{"configuration", "keys", "secret", "roles", "limits", "class"}, f.Code)
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
	require.Equal(t, fault, errors.Is(diagnosis.Err(), grimoireauth.ErrInvalid))
	require.Equal(t, fault || errors.Is(diagnosis.Err(), doctor.ErrIncomplete), diagnosis.Err() != nil)
	if fault {
		require.ErrorIs(t, diagnosis.Err(), grimoireauth.ErrInvalid)
		require.NotErrorIs(t, diagnosis.Err(), grimoireauth.ErrUnavailable)
	}
	return codes, diagnosis
}
