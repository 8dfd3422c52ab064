package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a redis-server of the demonstration's own. It keeps nothing on disk, so
// it is empty after each start: the worst that can happen to it.
type redisServer struct {
	settings redisSettings
	stderr   io.Writer

	mu    sync.Mutex // guards child
	child *child     // nil: stopped
}

type redisSettings struct{ Port, Password string }

var errNoRedis = errors.New("redis-server is not installed. Install it\n(Debian: apt-get install redis-server; macOS: brew install redis),\nor give one that runs: -redis redis://127.0.0.1:6379")

// newRedisServer chooses a free port and a password. Nothing is started.
func newRedisServer(stderr io.Writer) (*redisServer, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, errNoRedis
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return &redisServer{settings: redisSettings{port, rand.Text()}, stderr: stderr}, err
}

// url is where it is, with the password.
func (r *redisServer) url() string {
	return "redis://:" + r.settings.Password + "@127.0.0.1:" + r.settings.Port
}

// set starts or stops it, if it is not so already.
func (r *redisServer) set(on bool) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case on && r.child == nil:
		r.child, err = startChild("redis", r.settings, r.stderr)
	case !on && r.child != nil:
		r.child.stop()
		r.child = nil
	}
	return err
}

func (r *redisServer) running() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.child != nil
}

// playRedis runs redis-server until its standard input ends. redis-server itself would
// survive the program that started it.
func playRedis(in io.Reader, out io.Writer) error {
	input := json.NewDecoder(in)
	var o redisSettings
	if err := input.Decode(&o); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "replicas")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server := exec.Command("redis-server", "-") // the password is not among the arguments
	server.Dir, server.Stderr, server.SysProcAttr = dir, os.Stderr, ownGroup()
	server.Stdin = strings.NewReader(fmt.Sprintf("bind 127.0.0.1\nport %s\nrequirepass %s\ndir %s\nsave \"\"\nappendonly no\ndaemonize no\nloglevel warning\n", o.Port, o.Password, dir))
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, in)
	}()
	if err := ping(&redis.Options{Addr: "127.0.0.1:" + o.Port, Password: o.Password}, ended); err != nil {
		_ = server.Process.Kill()
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		_ = server.Process.Kill()
		return err
	}
	select {
	case err := <-ended:
		return fmt.Errorf("redis-server has ended: %w", err)
	case <-closed:
		_ = server.Process.Kill() // it has nothing to save
		<-ended
		return nil
	}
}

// ping waits until Redis answers. ended, if it is not nil, says that it never will.
func ping(options *redis.Options, ended <-chan error) error {
	redis.SetLogger(quiet{})
	client := redis.NewClient(options)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("redis-server did not start")
		case <-ctx.Done():
			return fmt.Errorf("Redis does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// forget deletes the two keys of the demonstration in a Redis that others use as well.
func forget(options *redis.Options, prefix string) error {
	client := redis.NewClient(options)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return client.Del(ctx, "{"+prefix+"}:revocations", "{"+prefix+"}:beats").Err()
}
