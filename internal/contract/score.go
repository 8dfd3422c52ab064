package contract

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// Score checks the answers to variants, with the lines of the ledger whose suite is
// [Variants]. It is safe for concurrent use.
type Score struct {
	ledger map[Difference]line

	mu         sync.Mutex // guards what follows
	variants   int
	good       int // variants answered 200
	wanted     int // variants that have to be: the sample, optional fields, enum values
	got        int // those of them that are
	operations map[string]bool
	seen       map[Difference]string
}

// NewScore returns a Score with the differences that ledger.json allows.
func NewScore() *Score {
	ledger, err := readLedger(ledgerJSON)
	if err != nil {
		panic("contract: ledger.json: " + err.Error())
	}
	return &Score{ledger: ledger, operations: make(map[string]bool), seen: make(map[Difference]string)}
}

// Add checks an answer to a variant.
func (s *Score) Add(o *Operation, v Variant, x wiretap.Exchange) {
	where := strings.TrimSpace("variant " + o.Endpoint() + " " + v.Where)
	differences := Answer(x)
	for i := range differences {
		if _, known := s.ledger[differences[i]]; known {
			differences[i] = Difference{}
		}
	}
	differences = slices.DeleteFunc(differences, func(d Difference) bool { return d == Difference{} })
	if !v.Kind.accepts(x.Status) {
		what := strings.TrimSpace(string(v.Kind)+" "+v.What) + ": " + fmt.Sprint(x.Status)
		if body, err := decode(x.Body); err == nil && body["error_type"] != nil {
			what += " " + fmt.Sprint(body["error_type"])
		}
		differences = append(differences, Difference{Where: where, What: what})
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.variants++
	s.operations[o.Endpoint()] = true
	if x.Status == 200 {
		s.good++
	}
	if v.Kind == AsItIs || v.Kind == Present || v.Kind == EnumValue {
		s.wanted++
		if x.Status == 200 {
			s.got++
		}
	}
	for _, d := range differences {
		s.seen[d] = v.String()
	}
}

// Summary says how much was checked.
func (s *Score) Summary() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("contract: %d variants of the requests to %d operations: %d are answered 200, and %d of the %d that have to be",
		s.variants, len(s.operations), s.good, s.got, s.wanted)
}

// Failures returns the differences that the ledger does not have, and if all variants
// were sent, the lines of the ledger that do not differ.
func (s *Score) Failures(all bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for d, example := range s.seen {
		if _, ok := s.ledger[d]; !ok {
			out = append(out, fmt.Sprintf("%s\t(%s)", d, example))
		}
	}
	for d, l := range s.ledger {
		if _, ok := s.seen[d]; !ok && all && l.suite == Variants {
			out = append(out, fmt.Sprintf("%s\tis in ledger.json and did not occur: remove the line", d))
		}
	}
	slices.Sort(out)
	return out
}
