package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// Watch compares every exchange that it sees. It is safe for concurrent use.
type Watch struct {
	suite  Suite
	ledger map[Difference]line

	mu       sync.Mutex // guards what follows
	answers  int
	requests int
	served   map[string]int        // answers 200 by endpoint
	asked    map[string]int        // requests by endpoint
	seen     map[Difference]string // with an example
}

// NewWatch returns a Watch for the suite, with the differences that ledger.json allows.
func NewWatch(suite Suite) *Watch {
	ledger, err := readLedger(ledgerJSON)
	if err != nil {
		panic("contract: ledger.json: " + err.Error())
	}
	return &Watch{suite: suite, ledger: ledger, served: make(map[string]int), asked: make(map[string]int), seen: make(map[Difference]string)}
}

// See compares one exchange and records the differences.
func (w *Watch) See(x wiretap.Exchange) {
	var differences []Difference
	compared := !x.Faulted
	if compared {
		differences = Answer(x)
	}
	asked := w.holdsRequest(x)
	if asked {
		for _, d := range Request(x) {
			d.Where = "request " + d.Where
			differences = append(differences, d)
		}
	}
	o, _ := known().find(x.Method, x.URL)

	w.mu.Lock()
	defer w.mu.Unlock()
	if compared {
		w.answers++
	}
	if asked {
		w.requests++
		if o != nil {
			w.asked[o.Endpoint()]++
		}
	}
	if compared && o != nil && x.Status == http.StatusOK {
		w.served[o.Endpoint()]++
	}
	for _, d := range differences {
		if w.seen[d] == "" {
			// Without the bodies, which hold secrets.
			w.seen[d] = fmt.Sprintf("%s %s: %d", x.Method, x.URL.Path, x.Status)
		}
	}
}

// holdsRequest reports whether the request came through stytch-go, as those of this
// module's client do. The other requests of the tests are wrong on purpose as often
// as not; so are those through stytch-go that the tests of the mock have refused.
func (w *Watch) holdsRequest(x wiretap.Exchange) bool {
	return strings.HasPrefix(x.RequestHeader.Get("User-Agent"), "Stytch Go ") &&
		(w.suite != Mock || x.Status == http.StatusOK)
}

// Summary says how much was compared.
func (w *Watch) Summary() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("contract: of %d operations: %d answers, with a 200 from %d operations; %d requests, to %d operations; %d kinds of differences",
		len(known().Operations), w.answers, len(w.served), w.requests, len(w.asked), len(w.seen))
}

// Failures returns every difference that the ledger does not have. If all tests of
// the suite ran, it also returns what the ledger has and the suite no longer shows.
func (w *Watch) Failures(all bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if all && w.suite == Mock {
		for _, o := range known().Operations {
			if w.served[o.Endpoint()] == 0 {
				w.seen[Difference{Where: o.Endpoint(), What: unanswered}] = "no test causes one"
			}
		}
	}
	var out []string
	for d, example := range w.seen {
		if _, ok := w.ledger[d]; !ok {
			out = append(out, fmt.Sprintf("%s\n\t%s", d, example))
		}
	}
	for d, l := range w.ledger {
		if _, ok := w.seen[d]; !ok && all && l.suite == w.suite {
			out = append(out, fmt.Sprintf("%s\n\tis in ledger.json and did not occur: remove the line", d))
		}
	}
	slices.Sort(out)
	return out
}
