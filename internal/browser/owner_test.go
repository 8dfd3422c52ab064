package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Variables of the environment that make this program another one.
const (
	// keeps names the folder of a classroom that this program starts and ends.
	keeps = "BROWSER_TEST_KEEPS"
	// onlyClassroom makes it start a classroom, print its address and wait.
	onlyClassroom = "BROWSER_TEST_ONLY_CLASSROOM"
)

// isOtherProgram is that other program, if the environment asks for one, and then it does
// not return.
func isOtherProgram() {
	switch {
	case os.Getenv(keeps) != "":
		if err := keep(os.Getenv(keeps)); err != nil {
			fmt.Fprintln(os.Stderr, "the classroom:", err)
			os.Exit(1)
		}
		os.Exit(0)
	case os.Getenv(onlyClassroom) != "":
		address, _, err := startClassroom()
		if err != nil {
			panic(err)
		}
		fmt.Println(address)
		select {}
	}
}

// keep runs the classroom in a folder until its own input ends, and removes the folder.
// The input is a pipe from the tests, which ends with their process however that ends: a
// test that has run out of time calls no deferred function.
func keep(folder string) (err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	signal.Ignore(os.Interrupt) // Ctrl-C in a terminal stops the tests, and then the pipe ends
	ctx, interrupt := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		interrupt()
	}()
	classroom := exec.CommandContext(ctx, filepath.Join(folder, "classroom"), "-addr", "127.0.0.1:0")
	classroom.Cancel = func() error { return classroom.Process.Signal(syscall.SIGTERM) }
	classroom.WaitDelay = 10 * time.Second // then it is killed
	classroom.Stdout, classroom.Stderr = os.Stdout, os.Stderr
	if err = classroom.Run(); errors.Is(err, context.Canceled) {
		return nil // it was stopped, and exited with 0
	}
	return err
}

// startClassroom builds and starts the example as the README says, and returns its
// address and how to stop it in good order.
func startClassroom() (address string, stop func() error, err error) {
	folder, err := os.MkdirTemp("", "classroom")
	if err != nil {
		return "", nil, err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "classroom"), "./examples/classroom")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("%w: %s", err, out), os.RemoveAll(folder))
	}
	keeper := exec.Command(os.Args[0])
	keeper.Env = append(os.Environ(), keeps+"="+folder)
	keeper.Stderr = os.Stderr
	stdin, err := keeper.StdinPipe()
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	stdout, err := keeper.StdoutPipe()
	if err == nil {
		err = keeper.Start()
	}
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(folder))
	}
	stop = func() error { return errors.Join(stdin.Close(), keeper.Wait()) }
	line := regexp.MustCompile(`The classroom is at (http://\S+)`)
	lines := bufio.NewScanner(stdout)
	for address == "" && lines.Scan() {
		if found := line.FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
	}
	if address == "" {
		return "", nil, errors.Join(errors.New("the classroom printed no address"), stop())
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the program
	return address, stop, nil
}

// A process of tests that is killed, or that ends without its deferred calls because its
// time is over, leaves neither a classroom nor its program behind.
func TestTheClassroomEndsWithItsTests(t *testing.T) {
	folder := t.TempDir()
	tests := exec.CommandContext(t.Context(), os.Args[0])
	tests.Env = append(os.Environ(), onlyClassroom+"=1", "TMPDIR="+folder)
	tests.Stderr = os.Stderr
	stdout, err := tests.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, tests.Start())
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "no address: %v", lines.Err())
	at, err := url.Parse(lines.Text())
	require.NoError(t, err)
	serves := func() bool {
		connection, err := net.Dial("tcp", at.Host)
		return err == nil && connection.Close() == nil
	}
	require.True(t, serves())

	require.NoError(t, tests.Process.Kill())
	_ = tests.Wait() // it was killed
	require.Eventually(t, func() bool { return !serves() }, 10*time.Second, 50*time.Millisecond, "the classroom at %s goes on", at)
	require.Eventually(t, func() bool {
		left, err := filepath.Glob(filepath.Join(folder, "*"))
		return err == nil && len(left) == 0
	}, 10*time.Second, 50*time.Millisecond, "its program is still in %s", folder)
}
