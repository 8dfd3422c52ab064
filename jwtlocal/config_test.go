package jwtlocal

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
)

// TestConfigFaults: all faults are reported at once, in words that say what to do.
func TestConfigFaults(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   []string
	}{
		"empty":             {Config{}, []string{"ProjectID is missing"}},
		"no project id":     {Config{ProjectID: "project-staging-1"}, []string{"ProjectID"}},
		"plain http":        {Config{ProjectID: testProject, BaseURL: "http://login.example.edu"}, []string{"BaseURL"}},
		"http, live":        {Config{ProjectID: liveProject, BaseURL: "http://127.0.0.1:1"}, []string{"BaseURL"}},
		"other environment": {Config{ProjectID: testProject, BaseURL: "https://api.stytch.com"}, []string{"BaseURL"}},
		"leeway":            {Config{ProjectID: testProject, Leeway: time.Minute + 1}, []string{"Leeway"}},
		"keys":              {Config{ProjectID: testProject, RefreshKeysAfter: 25 * time.Hour}, []string{"RefreshKeysAfter"}},
		"seed, no document": {Config{ProjectID: testProject, SeedKeys: []byte("x")}, []string{"SeedKeys"}},
		"seed, no keys":     {Config{ProjectID: testProject, SeedKeys: []byte(`{"keys":[]}`)}, []string{"SeedKeys"}},
		"all": {Config{BaseURL: "ftp://x", Leeway: time.Hour, MaxAge: -1, RefreshKeysAfter: -2, MaxKeyAge: -3, KeyCooldown: -4, SeedKeys: []byte("x")},
			[]string{"ProjectID", "BaseURL", "Leeway", "MaxAge", "RefreshKeysAfter", "MaxKeyAge", "KeyCooldown", "SeedKeys"}},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := New(c.config)
			require.Nil(t, v)
			require.ErrorIs(t, err, grimoireauth.ErrInvalid)
			var e *grimoireauth.Error
			require.ErrorAs(t, err, &e)
			for _, want := range c.want {
				require.ErrorContains(t, e.Err, want)
			}
		})
	}
}

// TestDefaults: the zero values mean what their documentation says.
func TestDefaults(t *testing.T) {
	var c Config
	require.Equal(t, 5*time.Second, c.leeway())
	require.Equal(t, time.Hour, c.refreshKeysAfter())
	require.Equal(t, 24*time.Hour, c.maxKeyAge())
	require.Equal(t, 10*time.Second, c.keyCooldown())
	require.Equal(t, 32768, c.cacheSize())
	require.Same(t, slog.Default(), c.logger())
	c = Config{Leeway: -1, CacheSize: -1, KeyCooldown: time.Second, MaxKeyAge: time.Minute, RefreshKeysAfter: 2 * time.Second}
	require.Zero(t, c.leeway())
	require.Zero(t, c.cacheSize())
	require.Equal(t, []time.Duration{time.Second, time.Minute, 2 * time.Second}, []time.Duration{c.keyCooldown(), c.maxKeyAge(), c.refreshKeysAfter()})
	_, err := New(Config{ProjectID: testProject, Leeway: time.Minute, RefreshKeysAfter: 24 * time.Hour, CacheSize: -1})
	require.NoError(t, err)
}

// TestNewAsksNobody: a server must start while Stytch is down.
func TestNewAsksNobody(t *testing.T) {
	_, err := New(Config{ProjectID: testProject, SeedKeys: []byte(mainJWKS()), Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("New made a request")
		return nil, errors.New("no")
	})})
	require.NoError(t, err)
}

// TestOwnTransport: without a configured one, the default is copied and its headers
// bounded, and the default itself is left alone.
func TestOwnTransport(t *testing.T) {
	f := keys.NewFetcher(nil)
	own, ok := f.Client.Transport.(*http.Transport)
	require.True(t, ok)
	require.NotSame(t, http.DefaultTransport, own)
	require.EqualValues(t, 64<<10, own.MaxResponseHeaderBytes)
	require.Zero(t, http.DefaultTransport.(*http.Transport).MaxResponseHeaderBytes)
	require.NotNil(t, own.Proxy)
}

// TestReasons: every reason has a word of its own, fit for a metric's label.
func TestReasons(t *testing.T) {
	words := map[string]bool{}
	for r := range reasonCount {
		word := r.String()
		require.NotEmpty(t, word)
		require.Equal(t, strings.ToLower(strings.ReplaceAll(word, " ", "_")), word)
		require.False(t, words[word], word)
		words[word] = true
		text, err := r.MarshalText()
		require.NoError(t, err)
		require.Equal(t, word, string(text))
	}
	require.Equal(t, "reason(255)", Reason(255).String())
}
