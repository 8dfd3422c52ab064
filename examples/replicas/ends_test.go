//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mark is in the environment of the program and of all that it starts.
const mark = "REPLICAS_TEST_MARK"

// alive counts the processes with this mark, and those in the folder. One that has ended
// and was not waited for has no environment and is in no folder.
func alive(t *testing.T, value, tmp string) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range all {
		environment, _ := os.ReadFile(path) // it may be gone, or another user's
		// redis-server writes its title over its environment, and runs in the folder.
		folder, _ := os.Readlink(filepath.Join(filepath.Dir(path), "cwd"))
		if bytes.Contains(environment, []byte(mark+"="+value+"\x00")) || strings.HasPrefix(folder, tmp+"/") {
			n++
		}
	}
	return n
}

// TestAsAProcess is the program itself, for TestNothingSurvives.
func TestAsAProcess(t *testing.T) {
	if os.Getenv(mark) == "" {
		t.Skip("TestNothingSurvives starts it")
	}
	os.Args = []string{"replicas", "-addr", "127.0.0.1:0"}
	main()
}

// TestNothingSurvives: after Ctrl-C in a terminal, which goes to the whole group, and after
// the program was killed, nothing that it has started is left. Ctrl-C is no failure.
func TestNothingSurvives(t *testing.T) {
	needRedis(t)
	for name, signal := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "kill": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			value, tmp := rand.Text(), t.TempDir()
			cmd := exec.Command(os.Args[0], "-test.run=^TestAsAProcess$")
			cmd.Env = append(os.Environ(), mark+"="+value, "TMPDIR="+tmp)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what a shell does for each job
			stderr := new(output)
			cmd.Stderr = stderr
			cmd.WaitDelay = 10 * time.Second
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "Stop with Ctrl-C"); {
			}
			require.Equal(t, 1+count+2, alive(t, value, tmp), "the program, the processes, redis-server and what ends it: %s", stderr)
			require.NoError(t, syscall.Kill(-cmd.Process.Pid, signal))
			began := time.Now()
			require.Eventually(t, func() bool { return alive(t, value, tmp) == 0 }, 15*time.Second, 10*time.Millisecond)
			left, err := os.ReadDir(tmp)
			require.NoError(t, err)
			require.Empty(t, left)
			t.Logf("all have ended after %v", time.Since(began).Round(time.Millisecond))
			err = cmd.Wait()
			if signal == syscall.SIGINT {
				require.NoError(t, err, stderr)
				require.Empty(t, stderr.String())
			}
		})
	}
}
