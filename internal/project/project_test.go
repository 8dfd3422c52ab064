package project

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	testID = "project-test-00000000-0000-4000-8000-000000000000"
	liveID = "project-live-00000000-0000-4000-8000-000000000000"
)

func TestParse(t *testing.T) {
	tests := map[string]struct {
		id, base string
		want     Project // zero: refused
	}{
		"test":                  {testID, "", Project{testID, "test", "https://test.stytch.com", false}},
		"live":                  {liveID, "", Project{liveID, "live", "https://api.stytch.com", false}},
		"stytch's own, named":   {testID, "https://test.stytch.com/", Project{testID, "test", "https://test.stytch.com", false}},
		"custom domain":         {liveID, "https://login.example.edu", Project{liveID, "live", "https://login.example.edu", true}},
		"custom domain, slash":  {liveID, "https://login.example.edu/", Project{liveID, "live", "https://login.example.edu", true}},
		"custom domain, port":   {liveID, "https://login.example.edu:8443", Project{liveID, "live", "https://login.example.edu:8443", true}},
		"loopback":              {testID, "http://127.0.0.1:4010", Project{testID, "test", "http://127.0.0.1:4010", true}},
		"loopback by name":      {testID, "http://stytch.localhost", Project{testID, "test", "http://stytch.localhost", true}},
		"loopback, IPv6":        {testID, "http://[::1]:4010", Project{testID, "test", "http://[::1]:4010", true}},
		"no id":                 {"", "", Project{}},
		"no environment":        {"project-00000000-0000-4000-8000-000000000000", "", Project{}},
		"upper case":            {strings.ToUpper(testID), "", Project{}},
		"a line more":           {testID + "\n", "", Project{}},
		"another kind":          {strings.Replace(testID, "project", "organization", 1), "", Project{}},
		"live on the test host": {liveID, "https://test.stytch.com", Project{}},
		"test on the live host": {testID, "https://api.stytch.com", Project{}},
		"plain http":            {testID, "http://stytch.example.edu", Project{}},
		"plain http, live":      {liveID, "http://127.0.0.1:4010", Project{}},
		"looks like loopback":   {testID, "http://127.0.0.1.example.edu", Project{}},
		"localhost as a prefix": {testID, "http://localhost.example.edu", Project{}},
		"user and password":     {testID, "https://user:word@login.example.edu", Project{}},
		"a path":                {testID, "https://login.example.edu/v1", Project{}},
		"a query":               {testID, "https://login.example.edu?x=1", Project{}},
		"a fragment":            {testID, "https://login.example.edu#x", Project{}},
		"another scheme":        {testID, "ftp://login.example.edu", Project{}},
		"no scheme":             {testID, "login.example.edu", Project{}},
		"no host":               {testID, "https://", Project{}},
		"only a port":           {testID, "https://:443", Project{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.id, test.base)
			if test.want == (Project{}) {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	_, err := Parse("nonsense", "nonsense")
	require.ErrorContains(t, err, "ProjectID")
	require.ErrorContains(t, err, "BaseURL", "every fault at once")
	_, err = Parse(testID, "https://user:word@login.example.edu")
	require.NotContains(t, err.Error(), "word", "the error quotes a password")
	_, err = Parse("secret-test-abcdefghijklmnopqrstuvwxyz012345=", "")
	require.NotContains(t, err.Error(), "abcdef", "the error quotes a secret that was pasted into the wrong field")
}

func TestCheckSecret(t *testing.T) {
	project, err := Parse(testID, "")
	require.NoError(t, err)
	const value = "abcdefghijklmnopqrstuvwxyz012345="
	require.NoError(t, project.CheckSecret("secret-test-"+value))
	require.ErrorContains(t, project.CheckSecret("secret-live-"+value), "live secret")
	for _, bad := range []string{"", value, "secret-test-", "secret-test-short", "secret-test-" + value + " ", "secret-test-" + value + "\n"} {
		err := project.CheckSecret(bad)
		require.Error(t, err)
		require.NotContains(t, err.Error(), value)
	}
}

// Whatever is accepted is safe to send the project secret to: https, or a test
// project on this very machine.
func FuzzParse(f *testing.F) {
	for _, base := range []string{"", "https://login.example.edu", "http://127.0.0.1:1", "http://[::1]", "http://localhost@evil.example", "http://0x7f.1", "https://a b"} {
		f.Add(testID, base)
		f.Add(liveID, base)
	}
	f.Fuzz(func(t *testing.T, id, base string) {
		p, err := Parse(id, base)
		if err != nil {
			return
		}
		u, err := url.Parse(p.BaseURL)
		if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" {
			t.Fatalf("%q gives %q", base, p.BaseURL)
		}
		if u.Scheme == "https" {
			return
		}
		addr, err := netip.ParseAddr(u.Hostname())
		local := err == nil && addr.IsLoopback() || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
		if u.Scheme != "http" || p.Env != "test" || !local {
			t.Fatalf("%q gives %q for %s", base, p.BaseURL, p.Env)
		}
	})
}
