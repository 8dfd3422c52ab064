package contract

import (
	_ "embed"
	"encoding/json"
)

//go:embed testdata/ledger.json
var ledgerJSON []byte

// Suite names the tests that cause a difference whenever all of them run, and so
// can tell that a line of the ledger no longer differs.
type Suite string

const (
	// Mock is the tests of the mock: they judge the lines about answers.
	Mock Suite = "mock"
	// Client is the tests of the client: they judge the lines about requests.
	Client Suite = "client"
	// Variants is the one test of generated requests: it judges the lines about them.
	Variants Suite = "variants"
	// Other tests cause some exchanges, and judge no line.
	Other Suite = "other"
)

// entry is what the ledger says about one kind of difference.
type entry struct {
	Suite  Suite    `json:"suite"`
	What   string   `json:"what"`
	Where  []string `json:"where"`
	Reason string   `json:"reason"`
}

// line is one known difference.
type line struct {
	Difference
	suite Suite
}

// unanswered is What of a line about an operation without any 200 in the suite.
const unanswered = "no answer 200"

func readLedger(raw []byte) (map[Difference]line, error) {
	var entries []entry
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, err
	}
	out := make(map[Difference]line)
	for _, e := range entries {
		for _, where := range e.Where {
			d := Difference{Where: where, What: e.What}
			out[d] = line{Difference: d, suite: e.Suite}
		}
	}
	return out, nil
}
