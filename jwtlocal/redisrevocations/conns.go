package redisrevocations

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// conns are the connections of one client, so that they can be closed while a command
// waits for its answer: go-redis goes on waiting when the context of a command is
// canceled.
type conns struct {
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	ctx     context.Context // of every dial
	stop    context.CancelFunc
	dialing sync.WaitGroup

	mu   sync.Mutex // guards open
	open map[*conn]bool
}

func newConns(options *redis.UniversalOptions) *conns {
	c := &conns{dial: options.Dialer, open: map[*conn]bool{}}
	c.ctx, c.stop = context.WithCancel(context.Background())
	if c.dial == nil {
		timeout := options.DialTimeout
		if timeout <= 0 {
			timeout = 5 * time.Second // as go-redis
		}
		plain := &net.Dialer{Timeout: timeout}
		c.dial = plain.DialContext
		if options.TLSConfig != nil {
			// With a Dialer, go-redis leaves TLS to it.
			c.dial = (&tls.Dialer{NetDialer: plain, Config: options.TLSConfig}).DialContext
		}
	}
	return c
}

// Dial is the Dialer of a client. Its dials end with the conns.
func (c *conns) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.mu.Lock()
	if err := c.ctx.Err(); err != nil {
		c.mu.Unlock()
		return nil, err
	}
	c.dialing.Add(1)
	c.mu.Unlock()
	defer c.dialing.Done()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	raw, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	wrapped := &conn{Conn: raw, of: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ctx.Err(); err != nil {
		_ = raw.Close()
		return nil, err
	}
	c.open[wrapped] = true
	if system, ok := raw.(syscall.Conn); ok {
		return &systemConn{wrapped, system}, nil
	}
	return wrapped, nil
}

// interrupt closes every connection, so that the commands under way return. The client
// opens new ones.
func (c *conns) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for open := range c.open {
		_ = open.Conn.Close()
		delete(c.open, open)
	}
}

// close interrupts, and makes every further dial fail.
func (c *conns) close() {
	c.mu.Lock()
	c.stop() // with the lock: a dial either began before, and is waited for, or fails
	c.mu.Unlock()
	c.interrupt()
	c.dialing.Wait()
}

// conn is a connection that its conns know until it is closed.
type conn struct {
	net.Conn
	of *conns
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// systemConn is a conn whose health go-redis can check before it is used.
type systemConn struct {
	*conn
	syscall.Conn
}
