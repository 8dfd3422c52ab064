package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// results are the figures of one run. The README's are compared with those of the file.
type results struct {
	Date       string             `json:"date"`
	Go         string             `json:"go"`
	Platform   string             `json:"platform"`
	Processors int                `json:"processors"`
	Load       float64            `json:"load_before"` // of the machine: below 1, it did nothing else
	TokenBytes int                `json:"token_bytes"`
	Held       int                `json:"tokens_held"`
	Figures    map[string]float64 `json:"figures"` // ratios, by what is told beside them; of an operation, to the floor
}

func newResults() *results {
	r := &results{
		Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(), Load: -1,
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil { // Linux has it
		word, _, _ := strings.Cut(string(text), " ")
		if load, err := strconv.ParseFloat(word, 64); err == nil {
			r.Load = load
		}
	}
	return r
}

func (r *results) note(name string, value float64) {
	if r.Figures == nil {
		r.Figures = make(map[string]float64)
	}
	r.Figures[name] = value
}

// write writes the file.
func (r *results) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// tell prints one figure and returns 1 if it is beyond its limit.
func (r *results) tell(name string, value, limit float64, most bool) int {
	word, missed := "at least", value < limit
	if most {
		word, missed = "at most", value > limit
	}
	result := "ok"
	if missed {
		result = "OVER"
	}
	fmt.Printf("%s: %.3f (%s %.2f) %s\n", name, value, word, limit, result)
	r.note(name, value)
	if missed {
		return 1
	}
	return 0
}
