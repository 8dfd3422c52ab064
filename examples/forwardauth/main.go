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

func main() {
	nginx := flag.String("nginx", "127.0.0.1:8090", "where nginx listens, if it is installed")
	haproxy := flag.String("haproxy", "127.0.0.1:8091", "where HAProxy listens, if it is installed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *nginx, *haproxy); err != nil {
		fmt.Fprintln(os.Stderr, "forwardauth:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, out io.Writer, nginxAddr, haproxyAddr string) (err error) {
	if !installed("nginx") && !installed("haproxy") {
		return errors.New("neither nginx nor HAProxy is installed: apt-get install nginx haproxy")
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
		lines, err := demo.curlLines(service.guard, proxy.name, "http://"+proxy.addr)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprint(out, lines) // a failed write is no reason to stop
	}
	_, _ = fmt.Fprintln(out, "\nStytch is in this program's memory: nothing leaves this machine. Stop with Ctrl-C.")
	return running.wait(ctx)
}
