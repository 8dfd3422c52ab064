package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// env is an environment with these variables and no others.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

var (
	variables = regexp.MustCompile(`(?m)^\. (\S+)$`)
	variable  = regexp.MustCompile(`(?m)^([A-Z]+)=(\S+)$`)
	curl      = regexp.MustCompile(`(?m)^# (.*)\ncurl -i -H "Authorization: Bearer \$(\w+)" (.*)$`)
)

// The program runs offline, and every line that it prints works.
func TestCurlLines(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, in, env(), "127.0.0.1:0", nil)
		_ = in.Close()
	}()
	printed := make([]byte, 64<<10)
	n, err := bufio.NewReader(out).Read(printed) // one write
	require.NoError(t, err)
	text := string(printed[:n])
	requireFits(t, text)

	file := variables.FindStringSubmatch(text)
	require.NotNil(t, file, text)
	shell, err := os.ReadFile(file[1])
	require.NoError(t, err)
	tokens := map[string]string{}
	for _, m := range variable.FindAllStringSubmatch(string(shell), -1) {
		tokens[m[1]] = m[2]
	}
	text = strings.NewReplacer("\\\n ", "", "$API", tokens["API"], "$CLASS", tokens["CLASS"]).Replace(text)
	lines := curl.FindAllStringSubmatch(text, -1)
	require.Len(t, lines, 6, text)
	stream := ""
	for _, line := range lines {
		method, want, body := http.MethodGet, http.StatusOK, ""
		words := strings.Fields(line[3])
		switch {
		case strings.HasPrefix(line[1], "403"):
			want = http.StatusForbidden
		case words[0] == "-X":
			method, want = words[1], http.StatusNoContent
		case words[0] == "-d":
			method, want, body = http.MethodPost, http.StatusCreated, releaseBody
			require.Contains(t, line[3], "'"+body+"'")
		}
		r, err := http.NewRequestWithContext(ctx, method, words[len(words)-1], strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+tokens[line[2]])
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl -d does
		}
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.Equal(t, want, res.StatusCode, line[0])
		if words[0] != "-N" {
			require.NoError(t, res.Body.Close())
			continue
		}
		stream = words[len(words)-1] // it stays open until the student signs out
		defer func() { _ = res.Body.Close() }()
	}

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stream, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+tokens["INSTRUCTOR"])
	open, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = open.Body.Close() }()

	stop()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("it does not stop while a stream is open")
	}
	require.NoFileExists(t, file[1], "the tokens end with the program")
}

// screen is the width of a narrow terminal.
const screen = 80

func requireFits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\t", "        ")) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), screen, line)
	}
}

// What a script reads of the program: its exit code, and what to do about it.
func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	ended, stop := context.WithCancel(t.Context())
	stop()
	for _, row := range []struct {
		name string
		env  func(string) string
		args []string
		code int
		want string
	}{
		{"help", env(), []string{"-h"}, 0, "-addr"},
		{"stopped", env(), []string{"-addr", "127.0.0.1:0"}, 0, ""},
		{"the address is taken", env(), []string{"-addr", taken.Addr().String()}, 1, "-addr 127.0.0.1:0"},
		{"an unknown flag", env(), []string{"-adr", "x"}, 2, "-addr"},
		{"a word too many", env(), []string{"8081"}, 2, "-addr"},
		{"classes offline", env(), []string{"-classes", "a"}, 2, "STYTCH_PROJECT_ID"},
		{"half of the credentials", env("STYTCH_PROJECT_ID", "x"), nil, 2, "STYTCH_SECRET is not"},
		{"the other half", env("STYTCH_SECRET", "x"), nil, 2, "STYTCH_PROJECT_ID is not"},
		{"a project that is none", env("STYTCH_PROJECT_ID", "x", "STYTCH_SECRET", "y"), nil, 2, "correct the faults above"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.Equal(t, row.code, program(ended, row.args, row.env, &stdout, &stderr), &stderr)
			require.Contains(t, stderr.String(), row.want)
			requireFits(t, stdout.String())
			requireFits(t, stderr.String())
		})
	}
}

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		name    string
		env     func(string) string
		classes []string
		fault   string
	}{
		{"nothing: offline", env(), nil, ""},
		{"classes offline", env(), []string{"a"}, "-classes"},
		{"half", env("STYTCH_PROJECT_ID", "x"), nil, "STYTCH_SECRET is not"},
		{"the other half", env("STYTCH_SECRET", "x"), nil, "STYTCH_PROJECT_ID is not"},
		{"both", env("STYTCH_PROJECT_ID", "x", "STYTCH_SECRET", "y"), []string{"a", "b"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			options, err := optionsFromEnvironment(row.env, row.classes)
			if row.fault != "" {
				require.ErrorContains(t, err, row.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.env("STYTCH_SECRET") == "", options.demo != nil)
			require.Len(t, options.classes, len(row.classes))
		})
	}
}

// With the real Stytch the project is looked at before anything is served.
func TestCheckUp(t *testing.T) {
	t.Parallel()
	stytch := new(mock.Stytch)
	class := stytch.AddClass("Torts").ID
	o := options{
		projectID: stytch.ProjectID(), secret: stytch.Secret(), stytchURL: stytch.BaseURL(), transport: stytch,
		classes: []grimoireauth.ClassID{class},
	}
	var out bytes.Buffer
	require.NoError(t, o.checkUp(t.Context(), &out))
	require.Contains(t, out.String(), "no-instructor")

	o.secret = new(mock.Stytch).Secret()
	out.Reset()
	require.ErrorContains(t, o.checkUp(t.Context(), &out), "faults above")
	require.Contains(t, out.String(), "secret-refused")

	stytch.Fail(mock.Fault{Drop: true})
	require.NoError(t, o.checkUp(t.Context(), &out), "an outage is no reason not to start")
	out.Reset()
	o.announce(&out, "http://127.0.0.1:1")
	require.NotContains(t, out.String(), o.secret.Reveal())

	err := run(t.Context(), &out, env("STYTCH_PROJECT_ID", "nonsense", "STYTCH_SECRET", "nonsense"), "127.0.0.1:0", nil)
	require.ErrorContains(t, err, "faults above")
}
