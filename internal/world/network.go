package world

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// trouble is a fault of one request.
type trouble int

const (
	fine      trouble = iota
	refused           // the connection is refused, so the request is not carried out
	lost              // it is carried out, and the response is lost
	failing           // 503 of the server
	throttled         // 429 with Retry-After
	hanging           // no response, until the caller gives up or the trouble is over
	garbage           // a page of a proxy
	cut               // half a response
	slow              // seconds late
	troubles          // the number of kinds
)

func (t trouble) String() string {
	return [...]string{"fine", "refused", "lost", "failing", "throttled", "hanging", "garbage", "cut", "slow"}[t]
}

// side is one of the two networks.
type side int

const (
	toStytch  side = iota // between the processes and Stytch
	toProcess             // between browsers and processes
)

func (s side) String() string { return [...]string{"to Stytch", "to the processes"}[s] }

// window is a time in which requests have faults. mixed draws a kind for each request.
type window struct {
	name     string
	side     side
	process  int // -1: all
	from, to time.Duration
	kind     trouble
	mixed    bool
	chance   float64 // that a request is hit
}

// network carries requests. The fault of a request is a function of the seed, of its name
// and of the windows at the time, which the history opens.
type network struct {
	seed   Seed
	clock  *clock
	clocks *clocks

	mu      sync.Mutex // guards windows
	windows []window
}

// begin opens a window of trouble.
func (n *network) begin(w window) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.windows = append(n.windows, w)
}

// calm ends all trouble now and returns when the last of it ended.
func (n *network) calm() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, now := time.Duration(0), n.clock.now()
	for i := range n.windows {
		n.windows[i].to = min(n.windows[i].to, now)
		last = max(last, n.windows[i].to)
	}
	return last
}

// quietSince reports whether there was no trouble from then until now, and no clock that
// was too wrong.
func (n *network) quietSince(then time.Duration) bool {
	return n.untroubledSince(then) && n.clocks.usableSince(-1, then)
}

// untroubledSince reports whether there was no trouble from then until now.
func (n *network) untroubledSince(then time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.windows {
		if w.to >= then && w.from <= n.clock.now() {
			return false
		}
	}
	return true
}

// trouble returns the fault of a request now, and how long the window lasts.
func (n *network) trouble(side side, process int, name string) (trouble, time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.now()
	for _, w := range n.windows {
		if w.side != side || w.process >= 0 && w.process != process || now < w.from || now >= w.to {
			continue
		}
		if !n.seed.chance(w.chance, w.name+" hits "+name) {
			continue
		}
		kind := w.kind
		if w.mixed {
			kind = 1 + trouble(n.seed.below(int(troubles)-1, w.name+" kind "+name))
		}
		return kind, w.to - now
	}
	return fine, 0
}

// Latencies, one way.
const (
	leastLatency = time.Millisecond
	mostStytch   = 600 * time.Millisecond // below the three seconds that a page waits for two responses
	mostBrowser  = 300 * time.Millisecond
	mostLate     = 20 * time.Second // some responses overtake others
	lateAnswers  = 0.12
)

// wire is the connection of one process to Stytch.
type wire struct {
	network *network
	door    *door
	process int
	spare   *errand // for events that no step has caused
	felt    func(name string, t trouble)
	spends  func(name, path string) // is called for every request that reaches Stytch
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// RoundTrip implements [http.RoundTripper].
func (c *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx, e := req.Context(), errandOf(req.Context())
	if e == nil {
		e = c.spare
	}
	name := e.next(kindOf(req.Method, req.URL.Path))
	n := c.network
	if err := n.clock.sleep(ctx, n.seed.between(leastLatency, mostStytch, name+" up")); err != nil {
		return nil, err
	}
	t, left := n.trouble(toStytch, c.process, name)
	if t != fine {
		e.disturbed.Store(true)
		c.felt(name, t)
	}
	switch t {
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case failing:
		return canned(req, http.StatusServiceUnavailable, "", `{"status_code":503,"error_type":"server_unavailable","error_message":"down"}`), nil
	case throttled:
		return canned(req, http.StatusTooManyRequests, strconv.Itoa(1+n.seed.below(8, name+" wait")), `{"status_code":429,"error_type":"too_many_requests","error_message":"slow down"}`), nil
	case garbage:
		return canned(req, [...]int{200, 404, 502}[n.seed.below(3, name+" page")], "", "<html>a proxy</html>"), nil
	case hanging:
		if err := n.clock.sleep(ctx, left); err != nil {
			return nil, err
		}
		return nil, errReset
	case slow:
		if err := n.clock.sleep(ctx, n.seed.between(time.Second, 15*time.Second, name+" slow")); err != nil {
			return nil, err
		}
	}
	c.spends(name, req.URL.Path)
	by := -n.clocks.ahead(c.process)
	res, err := c.door.carry(req, by, func(jwt string) { n.clocks.gave(jwt, by) })
	if err != nil {
		return nil, err
	}
	if err := n.clock.sleep(ctx, n.seed.between(leastLatency, mostStytch, name+" down")); err != nil {
		e.disturbed.Store(true)
		return nil, err
	}
	switch t {
	case lost:
		return nil, errReset
	case cut:
		body, _ := io.ReadAll(res.Body)
		res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	}
	return res, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// canned is the response of a proxy, or of a Stytch with a fault.
func canned(req *http.Request, status int, retryAfter, body string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if body[0] == '<' {
		h.Set("Content-Type", "text/html")
	}
	if retryAfter != "" {
		h.Set("Retry-After", retryAfter)
	}
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: req,
	}
}
