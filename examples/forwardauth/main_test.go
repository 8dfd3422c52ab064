package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var (
	variables = regexp.MustCompile(`(?m)^\. (\S+)$`)
	variable  = regexp.MustCompile(`(?m)^([A-Z]+)='?([^'\n]+)'?$`)
	curl      = regexp.MustCompile(`# (\d+).*\ncurl -i (?:-H "Cookie: ([^"]*)" )?(?:-H '(X-Auth-Role): (\w+)' )?(?:-d (\w+) )?(http://\S+)\n`)
)

// The program runs offline, and every line that it prints works.
func TestCurlLines(t *testing.T) {
	need(t, "nginx")
	need(t, "haproxy")
	need(t, "python3")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	// A loopback address that no other program uses, so that its ports are free.
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(200), rand.IntN(250), 1+rand.IntN(250))
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, in, host+":8090", host+":8091")
		_ = in.Close() // the reader below has what it wanted
	}()
	var text strings.Builder
	for buffer := make([]byte, 64<<10); !strings.Contains(text.String(), "Stop with Ctrl-C."); {
		n, err := out.Read(buffer)
		require.NoError(t, err, text.String())
		text.Write(buffer[:n])
	}
	requireFits(t, text.String())
	file := variables.FindStringSubmatch(text.String())
	require.NotNil(t, file, text.String())
	shell, err := os.ReadFile(file[1])
	require.NoError(t, err)
	values := make(map[string]string)
	for _, m := range variable.FindAllStringSubmatch(string(shell), -1) {
		values[m[1]] = m[2]
	}
	lines := curl.FindAllStringSubmatch(os.Expand(text.String(), func(name string) string { return values[name] }), -1)
	require.Len(t, lines, 14, text.String())
	for _, line := range lines {
		method, body := http.MethodGet, line[5]
		if body != "" {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(ctx, method, line[6], strings.NewReader(body))
		require.NoError(t, err)
		if line[2] != "" {
			r.Header.Set("Cookie", line[2])
		}
		if line[3] != "" {
			r.Header.Set(line[3], line[4])
		}
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		answer, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, line[1], strconv.Itoa(res.StatusCode), line[0])
		if line[3] != "" {
			require.Contains(t, string(answer), `"role": "student"`)
		}
	}
	stop()
	require.NoError(t, <-ended)
	require.NoFileExists(t, file[1], "the cookies end with the program")
}

// freeAddress returns an address that no program uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// requireFits checks that no line is wider than a narrow terminal.
func requireFits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\t", "        ")) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
}

// What a script reads of the program.
func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"help", []string{"-h"}, exitDone, "-nginx"},
		{"an unknown flag", []string{"-ngin", "x"}, exitWrong, "-nginx"},
		{"a word too many", []string{"8090"}, exitWrong, "-nginx"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			require.Equal(t, row.code, command(t.Context(), row.args, &stdout, &stderr), stderr.String())
			require.Contains(t, stderr.String(), row.want)
			requireFits(t, stdout.String()+stderr.String())
		})
	}
	t.Run("an address is taken", func(t *testing.T) {
		need(t, "nginx")
		need(t, "python3")
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { _ = taken.Close() }()
		var stdout, stderr strings.Builder
		require.Equal(t, exitFailed, command(t.Context(), []string{"-nginx", taken.Addr().String()}, &stdout, &stderr), stderr.String())
		require.Contains(t, stderr.String(), "choose another address with -nginx")
		requireFits(t, stdout.String()+stderr.String())
	})
	t.Run("programs are missing", func(t *testing.T) {
		if installed("nginx") { // Debian's is found without the PATH
			t.Skip("nginx is installed")
		}
		var stdout, stderr strings.Builder
		require.Equal(t, exitWrong, command(t.Context(), nil, &stdout, &stderr))
		require.Contains(t, stderr.String(), "apt-get install")
	})
}

// The page to sign in leads back to where the browser wanted to go.
func TestSignInByABrowser(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		res, body, _ := s.call(nobody, "GET", "/auth/?return_to=%2Fme%3Fa%3D%22b", "")
		require.Equal(t, 200, res.StatusCode)
		require.Contains(t, body, `value="/me?a=&#34;b"`)
		res, _, _ = s.call(nobody, "POST", "/auth/in", "as=student&return_to=%2Fme", "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, 303, res.StatusCode)
		require.Equal(t, "/me", res.Header.Get("Location"))
		require.Equal(t, []string{"__Host-stytch_session", "__Host-stytch_session_jwt"}, names(res))
		var cookies []string
		for _, cookie := range res.Cookies() {
			cookies = append(cookies, cookie.Name+"="+cookie.Value)
		}
		signedIn := strings.Join(cookies, "; ")
		res, _, _ = s.call(nobody, "GET", "/me", "", "Cookie", signedIn)
		require.Equal(t, 200, res.StatusCode)
		res, _, _ = s.call(nobody, "POST", "/auth/out", "", "Cookie", signedIn)
		require.Equal(t, 303, res.StatusCode)
		res, _, _ = s.call(nobody, "GET", "/me", "", "Cookie", signedIn)
		require.Equal(t, 401, res.StatusCode)
	})
}
