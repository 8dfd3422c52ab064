package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// requireFits checks that no line is wider than a narrow terminal.
func requireFits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\t", "        ")) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
}

// stopping is an output that stops the program, as Ctrl-C does, once it says what to do next.
type stopping struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (s *stopping) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("Stop with Ctrl-C")) {
		defer s.stop()
	}
	return s.Buffer.Write(p)
}

// What a script reads of the program: its exit code, and what to do next.
func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	for _, row := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		want string
	}{
		{"help", nil, []string{"-h"}, 0, "-addr"},
		{"stopped", nil, []string{"-addr", "127.0.0.1:0"}, 0, "Try next: open the address"},
		{"stopped before it serves", map[string]string{"STOPPED": "x"}, nil, 0, ""},
		{"the address is taken", nil, []string{"-addr", taken.Addr().String()}, 1, "-addr 127.0.0.1:0"},
		{"an unknown flag", nil, []string{"-adr", "x"}, 2, "-addr"},
		{"a word too many", nil, []string{"8080"}, 2, "-addr"},
		{"classes offline", nil, []string{"-classes", "a"}, 2, "STYTCH_PROJECT_ID"},
		{"half of the credentials", map[string]string{"STYTCH_PROJECT_ID": "x"}, nil, 2, "STYTCH_SECRET is not"},
		{"the other half", map[string]string{"STYTCH_SECRET": "x"}, nil, 2, "STYTCH_PROJECT_ID is not"},
		{"a public token alone", map[string]string{"STYTCH_PUBLIC_TOKEN": "x"}, nil, 2, "STYTCH_PUBLIC_TOKEN is for"},
		{"a project that is none", map[string]string{"STYTCH_PROJECT_ID": "x", "STYTCH_SECRET": "y"}, nil, 2, "correct the faults above"},
	} {
		t.Run(row.name, func(t *testing.T) {
			args := row.args
			if args == nil {
				args = []string{"-addr", "127.0.0.1:0"}
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			if row.env["STOPPED"] != "" {
				stop()
			}
			var stderr bytes.Buffer
			stdout := stopping{stop: stop}
			getenv := func(name string) string { return row.env[name] }
			require.Equal(t, row.code, program(ctx, args, getenv, &stdout, &stderr), &stderr)
			require.Contains(t, stdout.String()+stderr.String(), row.want)
			requireFits(t, stdout.String())
			requireFits(t, stderr.String())
		})
	}
}
