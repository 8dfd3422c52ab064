package stytchhttp

import (
	"net/http"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// The closed table of what Stytch's error types mean to a caller. Its source is
// Stytch's list of errors; a type that is not here is judged by its status.
func TestKindOf(t *testing.T) {
	for errorType, kind := range kinds {
		require.NotContains(t, projectFaults, errorType, "one type, two meanings")
		require.Equal(t, kind, kindOf(http.StatusTeapot, errorType), "%s is judged by its type, not its status", errorType)
	}
	for errorType := range projectFaults {
		require.Equal(t, grimoireauth.ErrUnavailable, kindOf(http.StatusUnauthorized, errorType), "%s says nothing about a user", errorType)
	}
	var ends []string
	for errorType, kind := range kinds {
		if kind == grimoireauth.ErrSessionEnded {
			ends = append(ends, errorType)
		}
	}
	require.Equal(t, []string{"session_not_found"}, ends, "nothing else ends a session")

	tests := map[string]struct {
		status    int
		errorType string
		want      error
	}{
		"unknown 400":          {400, "brand_new", grimoireauth.ErrInvalid},
		"unknown 401":          {401, "brand_new", grimoireauth.ErrUnavailable},
		"unknown 403":          {403, "brand_new", grimoireauth.ErrForbidden},
		"unknown 404":          {404, "brand_new", grimoireauth.ErrUnavailable},
		"unknown thing absent": {404, "sso_connection_not_found", grimoireauth.ErrNotFound},
		"unknown 429":          {429, "captcha_failed", grimoireauth.ErrRateLimited},
		"unknown 500":          {500, "brand_new", grimoireauth.ErrUnavailable},
		"unknown 418":          {418, "brand_new", grimoireauth.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, kindOf(test.status, test.errorType))
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"3":                             3 * time.Second,
		"0":                             0,
		"-5":                            0,
		"86400":                         time.Hour, // no more than an hour is believed
		"99999999999999999999999":       0,
		"soon":                          0,
		"1.5":                           0,
		"Thu, 01 Jan 2026 00:00:07 GMT": 7 * time.Second,
		"Thu, 01 Jan 2025 00:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(header, now), "%q", header)
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, seed := range []string{"", "3", "-1", "Thu, 01 Jan 2026 00:00:07 GMT", "9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if wait := retryAfter(header, now); wait < 0 || wait > time.Hour {
			t.Errorf("%q gives %v", header, wait)
		}
	})
}

// What was not sent was not carried out, unless an attempt before it was.
func TestX07_WhatWasNotSent(t *testing.T) {
	refused, released := &grimoireauth.OutageError{Unsent: true}, &grimoireauth.OutageError{RetryAfter: 1}
	require.False(t, MayBeDone(&grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Outage: refused}))
	require.True(t, MayBeDone(&grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Outage: refused, Unanswered: true}))
	require.True(t, MayBeDone(&grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Outage: released}))
	require.True(t, MayBeDone(&grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, Outage: new(grimoireauth.OutageError)}))
}
