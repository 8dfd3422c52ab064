package redistest

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Proxy is a TCP proxy before a server. It ends with its test.
type Proxy struct {
	listener net.Listener
	to       string
	all      sync.WaitGroup

	mu    sync.Mutex // guards what follows
	drops bool
	delay time.Duration
	moved chan struct{} // closed when drops changes
	conns map[net.Conn]bool
	ended bool
}

// NewProxy returns a proxy before an address.
func NewProxy(t testing.TB, to string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: listener, to: to, moved: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.all.Go(p.accept)
	t.Cleanup(func() {
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		_ = listener.Close()
		p.Drop(false)
		p.Cut()
		p.all.Wait()
	})
	return p
}

// Addr is host and port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Drop says whether what is sent stays away, in both directions, without an error. Later
// it arrives, on connections that are still open then.
func (p *Proxy) Drop(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drops != on {
		p.drops = on
		close(p.moved)
		p.moved = make(chan struct{})
	}
}

// Delay says how long each part of what is sent takes, in both directions.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Cut breaks all connections. New ones work.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset
		}
		_ = conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(conn) })
	}
}

// know says whether the connection may begin.
func (p *Proxy) know(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.conns[conn] = true
	return true
}

func (p *Proxy) forget(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close()
}

func (p *Proxy) serve(near net.Conn) {
	if !p.know(near) {
		_ = near.Close()
		return
	}
	defer p.forget(near)
	far, err := net.DialTimeout("tcp", p.to, time.Second)
	if err != nil {
		return
	}
	if !p.know(far) {
		_ = far.Close()
		return
	}
	defer p.forget(far)
	var both sync.WaitGroup
	both.Go(func() { p.carry(far, near) })
	p.carry(near, far)
	both.Wait()
}

func (p *Proxy) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	part := make([]byte, 64<<10)
	for {
		n, err := from.Read(part)
		if n > 0 {
			p.mu.Lock()
			delay := p.delay
			p.mu.Unlock()
			if delay > 0 {
				time.Sleep(delay)
			}
			for {
				p.mu.Lock()
				drops, moved := p.drops, p.moved
				p.mu.Unlock()
				if !drops {
					break
				}
				<-moved
			}
			if _, err := to.Write(part[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
