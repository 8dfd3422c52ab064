package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// measurements take the time from the arrival of a request that revokes something until a
// stream has ended, by one clock: that of the proxy, where both are seen.
type measurements struct {
	mu    sync.Mutex // guards what follows
	what  string     // is under way
	at    int        // the process that got the request
	began time.Time
	ends  [count]time.Duration
}

// soon is how long after a request a stream that ends counts as ended by it.
const soon = 5 * time.Second

func (m *measurements) begin(what string, at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.what, m.at, m.began, m.ends = what, at, time.Now(), [count]time.Duration{}
}

// end says after how long the stream of a process has ended, and false if no request was
// its cause. The line is for the terminal, once all streams have ended.
func (m *measurements) end(process int, now time.Time) (after time.Duration, line string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	after = now.Sub(m.began)
	if m.began.IsZero() || after > soon {
		return 0, "", false
	}
	if m.ends[process-1] != 0 {
		return after, "", true // of another page
	}
	m.ends[process-1] = after
	var all []string
	for i, d := range m.ends {
		if d == 0 {
			return after, "", true
		}
		all = append(all, fmt.Sprintf("%d after %.1f", i+1, milliseconds(d)))
	}
	return after, fmt.Sprintf("%s at process %d. Ended: %s ms", m.what, m.at, strings.Join(all, ", ")), true
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
