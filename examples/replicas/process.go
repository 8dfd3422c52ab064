package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// settings are what one process is told, as one line of JSON on its standard input. So no
// secret is in its arguments or its environment.
type settings struct {
	Process                      int // 1, 2 or 3
	ProjectID, Secret, StytchURL string
	Redis                        string // redis://…
	Prefix                       string // of the keys in Redis
	Bound                        time.Duration
	Class                        grimoireauth.ClassID
	People                       []person
}

// playProcess is a process of the service. It prints its address, and serves until its
// standard input ends, which it does as well when the program that started it is killed.
func playProcess(in io.Reader, out io.Writer) (err error) {
	input := json.NewDecoder(in)
	var o settings
	if err := input.Decode(&o); err != nil {
		return err
	}
	// go-redis writes a line for each connection that fails; the events of the Replica
	// say it once.
	redis.SetLogger(quiet{})
	s, err := newService(o)
	if err != nil {
		return err
	}

	// Run begins before the first request and ends after the last one, so that a sign-out
	// that is under way is still published.
	following, stopFollowing := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = s.replica.Run(following) })
	defer parts.Wait()
	defer stopFollowing()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, // a stream extends its own
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	// Shutdown waits for the requests under way, and a stream would never end.
	server.RegisterOnShutdown(s.guard.EndWatches)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return errors.Join(err, server.Close())
	}
	_, _ = io.Copy(io.Discard, in)

	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err = errors.Join(server.Shutdown(ctx), s.verifier.Wait(ctx))
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	if err != nil {
		slog.Warn("stopped late", "process", o.Process, "err", err)
	}
	return nil
}

// quiet is a logger of go-redis that writes nothing.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
