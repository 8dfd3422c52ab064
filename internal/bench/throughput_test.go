package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// The server runs in a process of its own, so that the client's work is not measured as
// the server's; each has one processor.
const serverMark = "GUARD_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverMark) != "" {
		must(serveRoutes())
		return
	}
	os.Exit(m.Run())
}

const (
	members     = 1000
	connections = 16
)

// serveRoutes prints its address and the tokens, and serves until its input ends.
func serveRoutes() error {
	x, err := newRoutes(members)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /bare/{class}", x.bare)
	mux.Handle("GET /guarded/{class}", x.guarded)
	mux.Handle("GET /stytch/{class}", x.stytch)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if _, err := fmt.Println(listener.Addr().String() + " " + strings.Join(x.tokens, " ")); err != nil {
		return err
	}
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// pages requests one page repeatedly over connections that stay open.
type pages struct {
	connections []net.Conn
	readers     []*bufio.Reader
	requests    [][]byte
}

func newPages(address, route string, tokens []string) (*pages, error) {
	p := new(pages)
	for i, token := range tokens {
		// As newRoutes has it: three hundred members in each class.
		class := fmt.Sprintf("organization-test-cccccccc-1111-4222-8333-%012d", i/300)
		p.requests = append(p.requests, fmt.Appendf(nil, "GET /%s/%s HTTP/1.1\r\nHost: app.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html\r\nCookie: %s\r\n\r\n", route, class, cookies(token)))
	}
	for range connections {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return nil, err
		}
		p.connections = append(p.connections, connection)
		p.readers = append(p.readers, bufio.NewReader(connection))
	}
	return p, nil
}

func (p *pages) close() {
	for _, connection := range p.connections {
		_ = connection.Close()
	}
}

// during makes requests for as long as this and returns the number of responses per
// second.
func (p *pages) during(length time.Duration) (float64, error) {
	var all sync.WaitGroup
	counts, errs := make([]int, len(p.connections)), make([]error, len(p.connections))
	begin := time.Now()
	for i := range p.connections {
		all.Go(func() {
			for n := i; time.Since(begin) < length && errs[i] == nil; n += len(p.connections) {
				_, errs[i] = p.connections[i].Write(p.requests[n%len(p.requests)])
				if errs[i] == nil {
					errs[i] = answer(p.readers[i])
				}
				counts[i]++
			}
		})
	}
	all.Wait()
	sum := 0
	for i := range counts {
		if errs[i] != nil {
			return 0, errs[i]
		}
		sum += counts[i]
	}
	return float64(sum) / time.Since(begin).Seconds(), nil
}

// answer reads one response with as little work as possible.
func answer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("%s", bytes.TrimSpace(status))
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			_, err = r.Discard(len(text))
			return err
		}
	}
}

func TestGuardThroughput(t *testing.T) {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serverMark+"=1", "GOMAXPROCS=1")
	server.Stderr = os.Stderr
	input, err := server.StdinPipe()
	must(err)
	output, err := server.StdoutPipe()
	must(err)
	must(server.Start())
	defer func() {
		_ = input.Close()
		must(server.Wait())
	}()
	ready := bufio.NewScanner(output)
	ready.Buffer(nil, 16<<20)
	if !ready.Scan() {
		t.Fatal("the server did not start")
	}
	words := strings.Fields(ready.Text())

	names := []string{"bare", "guarded", "stytch"}
	subjects := make([]*pages, len(names))
	for i, name := range names {
		subjects[i], err = newPages(words[0], name, words[1:])
		must(err)
		defer subjects[i].close()
		_, err = subjects[i].during(100 * time.Millisecond)
		must(err)
	}
	turns := turnsOr(3)
	rates := make([][]float64, len(names))
	guarded, stytch := make([]float64, turns), make([]float64, turns)
	for turn := range turns {
		for i, s := range subjects {
			rate, err := s.during(250 * time.Millisecond)
			must(err)
			rates[i] = append(rates[i], rate)
		}
		guarded[turn] = rates[1][turn] / rates[0][turn]
		stytch[turn] = rates[1][turn] / rates[2][turn]
	}
	fmt.Printf("\nOver loopback, %d connections, %d members: %.0f requests per second bare, %.0f guarded, %.0f with stytch-go\n",
		connections, members, median(rates[0]), median(rates[1]), median(rates[2]))
	missed := new(results).tell("throughput guarded ÷ bare", median(guarded), 0.85, false)
	missed += new(results).tell("throughput guarded ÷ stytch-go", median(stytch), 4, false)
	if missed > 0 && limited() {
		t.Fail()
	}
}
