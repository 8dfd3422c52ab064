// Command forwardauth runs a service in Python behind nginx and behind HAProxy, and
// beside it a Go service that decides for both who makes a request and whether it may
// pass.
//
//	go run ./examples/forwardauth
//
// It runs offline, with Stytch in its memory (package mock), needs python3 and one of
// nginx and HAProxy (Debian: apt-get install nginx haproxy), and prints the addresses
// and curl lines that work. What to copy:
//
//   - service.go: the Go service. Its routes are those of the Python service, one line
//     each with who may call it, and forwardauth.Allow for a handler.
//   - nginx: forward-auth-*.conf as they are; nginx.conf shows where they go.
//   - haproxy: forward-auth.lua as it is; haproxy.cfg shows the four lines that use it.
//   - python: person.py reads the person from the headers. cookies.py is the contract of
//     the session's cookies, for programs that read them without a proxy.
//
// docs/forward-auth.md explains all of it.
//
// The exit code is 0 after Ctrl-C; 1 if it cannot serve, such as when another program uses an
// address; and 2 if the flags are wrong, or a program that it needs is not installed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes; the package comment says what they mean.
const (
	exitDone   = 0
	exitFailed = 1
	exitWrong  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is main without its process: it returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("forwardauth", flag.ContinueOnError)
	set.SetOutput(stderr)
	nginx := set.String("nginx", "127.0.0.1:8090", "where nginx listens, if it is installed")
	haproxy := set.String("haproxy", "127.0.0.1:8091", "where HAProxy listens, if it is installed")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitWrong // package flag has said why
	case set.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "forwardauth: %.40q is no flag: it has -nginx and -haproxy\n", set.Arg(0))
		return exitWrong
	}
	if err := run(ctx, stdout, *nginx, *haproxy); err != nil {
		_, _ = fmt.Fprintln(stderr, "forwardauth:", err)
		if errors.Is(err, errMissing) {
			return exitWrong
		}
		return exitFailed
	}
	return exitDone
}

// errMissing is about programs that have to be installed first.
var errMissing = errors.New("this machine lacks")

// run serves until the context ends.
func run(ctx context.Context, out io.Writer, nginxAddr, haproxyAddr string) (err error) {
	if !installed("nginx") && !installed("haproxy") {
		return fmt.Errorf("%w nginx and HAProxy, and one is needed:\napt-get install nginx haproxy", errMissing)
	}
	if !installed("python3") {
		return fmt.Errorf("%w Python 3:\napt-get install python3", errMissing)
	}
	demo := newDemo()
	service, err := newService(demo.options())
	if err != nil {
		return err
	}
	running, err := start(ctx, service)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.stop()) }()
	application, err := running.python()
	if err != nil {
		return err
	}
	file, err := running.write(demo, "http://"+nginxAddr, "http://"+haproxyAddr)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "Try next: open an address in a browser, or in another terminal\n\n. %s\n", file)
	for _, proxy := range []struct {
		name, addr string
		start      func(listen, application string) error
	}{{"nginx", nginxAddr, running.nginx}, {"haproxy", haproxyAddr, running.haproxy}} {
		if !installed(proxy.name) {
			_, _ = fmt.Fprintf(out, "%s is not installed.\n", proxy.name)
			continue
		}
		if err := proxy.start(proxy.addr, application); err != nil {
			return err
		}
		_, _ = fmt.Fprint(out, demo.curlLines(proxy.name, "http://"+proxy.addr)) // a failed write is no reason to stop
	}
	_, _ = fmt.Fprintln(out, "\nStytch is in this program's memory: nothing leaves this machine.\nStop with Ctrl-C.")
	return running.wait(ctx)
}
