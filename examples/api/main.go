// Command api is a service without pages: programs call it with a session_jwt as their
// bearer token, and get JSON.
//
//	go run ./examples/api
//
// By default it runs offline, with Stytch in its memory (package mock), and prints curl
// lines that work, with tokens of a student and an instructor of a class in a file. Open the stream of
// events in one terminal, release something from another, and sign the reader out: the
// stream ends within a second.
//
//	GET    /classes/{class}           every member: who am I here?
//	GET    /classes/{class}/roster    instructors: who is in it?
//	POST   /classes/{class}/release   instructors: publish something, {"title":"Essay 1"}
//	GET    /classes/{class}/events    every member: what is published, as it is (SSE)
//	DELETE /session                   the caller: sign out
//
// What to copy from it:
//
//   - A bearer token is the session_jwt alone and is never refreshed: middleware reads
//     no cookie, so no other site can make a browser call this. A client whose token has
//     expired gets 401 and WWW-Authenticate, and sends the next one.
//   - One line per route says who may call it (api.go). Protect closes a route without a
//     guard to strangers.
//   - Every rejection is a problem (RFC 9457) with a stable "code". What a program should
//     do follows from the status: 401 get a token, 403 and 404 give up, 503 wait as
//     Retry-After says. During an outage of Stytch, what the token proves is still served.
//   - A call that cannot be undone asks Stytch while the caller waits (Fresh).
//   - A stream lasts longer than the decision that let its reader in, so the guard watches
//     it and ends it, also when the server stops (events.go).
//
// With STYTCH_PROJECT_ID and STYTCH_SECRET in the environment it runs against the real
// Stytch, and checks that project, and the classes of -classes, before it starts.
// Tokens are then the stytch_session_jwt cookies of your sign-in page, such as that of
// the example classroom.
//
// The exit code is 0 after Ctrl-C; 1 if it cannot serve, such as when another program uses
// its address; and 2 if the flags, the environment or the project are wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The exit codes; the package comment says what they mean.
const (
	exitDone   = 0
	exitFailed = 1
	exitWrong  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(program(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// program is main without its process: it returns the exit code.
func program(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("api", flag.ContinueOnError)
	set.SetOutput(stderr)
	addr := set.String("addr", "127.0.0.1:8081", "where to listen; port 0 takes a free one")
	classes := set.String("classes", "", "with the real Stytch: organization ids of classes to check at the\nstart, separated by commas")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitWrong // package flag has said why
	case set.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "api: %.40q is no flag: give the address with -addr\n", set.Arg(0))
		return exitWrong
	}
	err = run(ctx, stdout, getenv, *addr, splitList(*classes))
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitDone // also if it was stopped before it served
	}
	_, _ = fmt.Fprintln(stderr, "api:", err)
	if errors.As(err, new(wrongError)) || errors.Is(err, grimoireauth.ErrInvalid) {
		return exitWrong
	}
	return exitFailed
}

// run serves until the context ends.
func run(ctx context.Context, out io.Writer, getenv func(string) string, addr string, classes []string) error {
	options, err := optionsFromEnvironment(getenv, classes)
	if err != nil {
		return err
	}
	if err := options.checkUp(ctx, out); err != nil {
		return err
	}
	api, err := newAPI(options)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w\nIs another program using that address? Choose one with -addr 127.0.0.1:0", err)
	}
	server := &http.Server{
		Handler:           api.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second, // a stream extends its own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	// Shutdown waits for the requests under way, and a stream would never end.
	server.RegisterOnShutdown(api.guard.EndWatches)
	remove, err := options.announce(out, "http://"+listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer remove()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	slog.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := api.verifier.Wait(grace); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
