// Command classroom is a small web application of a class: an instructor sees the
// roster and invites people, a student sees the class, and all sign in by the methods
// that the class allows, with a second factor if it requires one.
//
//	go run ./examples/classroom
//
// By default it runs offline: Stytch is in its memory (package mock), with two classes
// and their people. E-mail and text messages arrive on the page /outbox, the page
// /authenticator is the app on each person's phone, and on the page /stytch that Stytch
// can be stopped. With STYTCH_PROJECT_ID and STYTCH_SECRET in the environment it runs
// against the real Stytch; then name the classes with -classes, and set
// STYTCH_PUBLIC_TOKEN to offer Google, the other OAuth providers and single sign-on. At
// the start it prints what is wrong with the project and the classes.
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
	set := flag.NewFlagSet("classroom", flag.ContinueOnError)
	set.SetOutput(stderr)
	addr := set.String("addr", "127.0.0.1:8080", "where to listen; port 0 takes a free one")
	classes := set.String("classes", "", "with the real Stytch: organization ids of the classes to show,\nseparated by commas")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitWrong // package flag has said why
	case set.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "classroom: %.40q is no flag: give the address with -addr\n", set.Arg(0))
		return exitWrong
	}
	err = run(ctx, stdout, getenv, *addr, splitList(*classes))
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitDone // also if it was stopped before it served
	}
	_, _ = fmt.Fprintln(stderr, "classroom:", err)
	if errors.As(err, new(wrongError)) || errors.Is(err, grimoireauth.ErrInvalid) {
		return exitWrong
	}
	return exitFailed
}

// run serves until the context ends.
func run(ctx context.Context, out io.Writer, getenv func(string) string, addr string, classes []string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w\nIs another program using that address? Choose one with -addr 127.0.0.1:0", err)
	}
	url := "http://" + listener.Addr().String()
	options, err := optionsFromEnvironment(getenv, url, classes)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := options.checkup(ctx, out); err != nil {
		return errors.Join(err, listener.Close())
	}
	stop := options.start()
	defer stop()
	room, err := newClassroom(ctx, options)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler:           room.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// Cookies are the largest header that a browser sends.
		MaxHeaderBytes: 64 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	room.announce(out, url)

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
	if err := room.verifier.Wait(grace); err != nil {
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
