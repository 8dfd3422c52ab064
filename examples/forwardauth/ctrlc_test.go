//go:build unix

package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAsAProcess is the program itself, for TestCtrlC.
func TestAsAProcess(t *testing.T) {
	args := os.Getenv("FORWARDAUTH_ARGS")
	if args == "" {
		t.Skip("TestCtrlC starts it")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(command(ctx, strings.Fields(args), os.Stdout, os.Stderr))
}

// A terminal sends Ctrl-C to the program and to every program that it has started. It stops
// them itself, and that they end is no failure.
func TestCtrlC(t *testing.T) {
	need(t, "nginx")
	need(t, "haproxy")
	need(t, "python3")
	nginx, haproxy := freeAddress(t), freeAddress(t)
	for range 3 { // which of them ends first is chance
		cmd := exec.Command(os.Args[0], "-test.run=^TestAsAProcess$")
		cmd.Env = append(os.Environ(), "FORWARDAUTH_ARGS=-nginx "+nginx+" -haproxy "+haproxy)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what a shell does for each job
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "Stop with Ctrl-C"); {
		}
		require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
		require.NoError(t, cmd.Wait(), stderr.String())
		require.NotContains(t, stderr.String(), "Traceback")
		require.NotContains(t, stderr.String(), "has ended")
	}
}
