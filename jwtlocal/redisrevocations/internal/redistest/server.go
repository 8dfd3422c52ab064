// Package redistest starts real redis-server processes for tests, and a proxy that disturbs
// the connections to them. Only tests import it.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a redis-server without persistence on a free loopback port. It ends with the
// test that started it.
type Server struct {
	t       testing.TB
	dir     string
	port    string
	args    []string
	command *exec.Cmd
	ended   chan struct{}
}

// Start starts a server. The arguments are more lines of its configuration, such as
// "--requirepass", "x". The test is skipped where redis-server is missing, unless
// REQUIRE_REDIS is set.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("REQUIRE_REDIS") != "" {
			t.Fatal("redis-server is missing, and REQUIRE_REDIS is set")
		}
		t.Skip("redis-server is missing")
	}
	s := &Server{t: t, dir: t.TempDir(), port: freePort(t), args: args}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}

// Addr is host and port.
func (s *Server) Addr() string { return "127.0.0.1:" + s.port }

// Start starts the server again after a Kill, empty, at the same port.
func (s *Server) Start() {
	s.t.Helper()
	require.NoError(s.t, s.tryStart())
}

func (s *Server) tryStart() error {
	args := append([]string{
		"--bind", "127.0.0.1", "--port", s.port, "--dir", s.dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--logfile", filepath.Join(s.dir, "log"),
	}, s.args...)
	s.command = exec.Command("redis-server", args...)
	// A group of its own: what Ctrl-C sends to the tests does not end it before them. It
	// is killed with the process that started it, whatever happens to that.
	s.command.SysProcAttr = sysProcAttr()
	if err := s.command.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(command *exec.Cmd, ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(s.command, s.ended)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s.Ping() {
			return nil
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("redis-server ended: %s", text)
		default:
		}
	}
	return fmt.Errorf("redis-server does not answer")
}

// Ping reports whether the server answers at all.
func (s *Server) Ping() bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(context.Background(), "tcp", s.Addr())
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && (strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH"))
}

// Kill kills the server and waits for its end. What it holds is gone.
func (s *Server) Kill() {
	_ = s.command.Process.Kill()
	<-s.ended
}

// Restart kills the server and starts it again, empty.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.Start()
}

// Pause stops the server with SIGSTOP. Connections to it succeed, and nothing answers.
func (s *Server) Pause() { require.NoError(s.t, s.command.Process.Signal(syscall.SIGSTOP)) }

// Resume ends a Pause.
func (s *Server) Resume() { require.NoError(s.t, s.command.Process.Signal(syscall.SIGCONT)) }
