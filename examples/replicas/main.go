// Command replicas runs one class service as three processes behind a proxy, which share
// revocations over Redis: signing out at one of them ends the streams of all.
//
//	cd examples/replicas && go run .
//
// It is a module of its own, since it links go-redis. It runs offline, with Stytch in its
// memory (package mock), starts a redis-server of its own if one is installed, and prints
// the address of one page. There every process has an open stream, and one sees after how
// many milliseconds each has ended when a person signs out, or gets another role, at one
// of them. Redis and Stytch can be stopped and started there as well.
//
// What to copy:
//
//   - service.go: one process. The Replica is OnRevoke of the client and of the verifier,
//     and Revocations of the verifier, and the guard watches with the verifier's signal.
//   - events.go: a stream that ends when the guard says so.
//   - process.go: Run of the Replica begins before the server listens and ends after its
//     Shutdown.
//
// The rest is the stage: it starts the three processes, Redis and Stytch, distributes the
// requests and takes the times. docs/replicas.md explains what holds.
//
// The exit code is 0 after Ctrl-C; 1 if it cannot serve, such as when redis-server is not
// installed or another program uses its address; and 2 if the flags are wrong.
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
	"time"

	"github.com/redis/go-redis/v9"
)

// The exit codes; the package comment says what they mean.
const (
	exitDone   = 0
	exitFailed = 1
	exitWrong  = 2
)

func main() {
	if part := os.Getenv(partVariable); part != "" {
		os.Exit(playPart(part, os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// choices are the flags.
type choices struct {
	addr  string
	url   string         // of a Redis that runs already
	redis *redis.Options // the same; nil: a redis-server of its own
	bound time.Duration
}

// command is main without its process: it returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set := flag.NewFlagSet("replicas", flag.ContinueOnError)
	set.SetOutput(stderr)
	addr := set.String("addr", "127.0.0.1:8095", "where to listen; port 0 takes a free one")
	url := set.String("redis", "", "a Redis or Valkey that runs already, such as redis://127.0.0.1:6379;\nempty starts one")
	bound := set.Duration("bound", 5*time.Second, "after how long without Redis sessions need Stytch's confirmation,\nfrom 1s to 1m; a service keeps the default of 30 s")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitWrong // package flag has said why
	case set.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "replicas: %.40q is no flag: it has -addr, -redis and -bound\n", set.Arg(0))
		return exitWrong
	case *bound < time.Second || *bound > time.Minute:
		_, _ = fmt.Fprintln(stderr, "replicas: -bound is from 1s to 1m")
		return exitWrong
	}
	chosen := choices{addr: *addr, url: *url, bound: *bound}
	if *url != "" {
		if chosen.redis, err = redis.ParseURL(*url); err != nil {
			_, _ = fmt.Fprintln(stderr, "replicas: -redis is an address such as redis://127.0.0.1:6379,\nor rediss://user:password@host:6380 with TLS") // its text may have the password
			return exitWrong
		}
	}
	if err := run(ctx, chosen, stdout, stderr); err != nil && ctx.Err() == nil {
		_, _ = fmt.Fprintln(stderr, "replicas:", err)
		return exitFailed
	}
	return exitDone
}
