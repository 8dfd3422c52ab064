package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Step is one action of one of the actors, and its time. Its draws are a function of the
// seed and of its name, so that they stay the same when steps before it are left out.
type Step struct {
	Name     string
	At       time.Duration // since the beginning
	Act      string
	Computer int
	Tab      int
	Person   int
}

func (s Step) String() string {
	return fmt.Sprintf("%-5s %16v  %-22s computer %d tab %d person %d", s.Name, s.At.Round(time.Microsecond), s.Act, s.Computer, s.Tab, s.Person)
}

// History has the steps of a run, in the order of time.
type History []Step

func (h History) String() string {
	var out strings.Builder
	for _, s := range h {
		out.WriteString("    " + s.String() + "\n")
	}
	return out.String()
}

// length is how many steps a history has.
const length = 66

// The gaps between two steps.
const (
	leastGap = time.Millisecond
	mostGap  = 2 * time.Hour
)

// draw draws the history of a seed. It begins with a sign-in at every computer.
func draw(seed Seed, d Deployment) History {
	r := rand.New(rand.NewPCG(uint64(seed), 0x776f726c64))
	var h History
	at := time.Duration(0)
	add := func(act string, computer, tab int) {
		at += logUniform(leastGap, mostGap, r.Float64())
		h = append(h, Step{Name: fmt.Sprintf("s%d", len(h)), At: at, Act: act, Computer: computer, Tab: tab, Person: r.IntN(5)})
	}
	for computer := range d.Computers {
		add("sign in", computer, 0)
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	for len(h) < length {
		k := r.IntN(total)
		for _, a := range acts {
			if k -= a.weight; k < 0 {
				add(a.name, r.IntN(d.Computers), r.IntN(d.Tabs))
				break
			}
		}
	}
	return drawLogs(seed, d, drawClocks(seed, h))
}

// act is a kind of step. The weights say how often it is drawn.
type act struct {
	name   string
	weight int
	do     func(*World, *errand, Step)
}

var acts []act

// Filled by init, since the functions refer to the table through their steps.
func init() {
	acts = []act{
		{"sign in", 9, (*World).signsIn},
		{"next person", 5, (*World).nextPerson},
		{"hurry", 3, (*World).hurries},
		{"sign out", 5, (*World).signsOut},
		{"two tabs", 5, (*World).twoTabs},
		{"switch class", 4, (*World).switches},
		{"browse", 14, (*World).browses},
		{"burst", 10, (*World).bursts},
		{"slow page", 9, (*World).slowPage},
		{"post a form", 5, (*World).posts},
		{"impatient", 3, (*World).impatient},
		{"move", 2, (*World).moves},
		{"front end renews", 4, (*World).renews},
		{"plant cookies", 2, (*World).plants},
		{"rubbish", 3, (*World).rubbish},
		{"administer", 9, (*World).administers},
		{"rotate keys", 1, (*World).rotates},
		{"restart", 2, (*World).restarts},
		{"deploy", 1, (*World).deploys},
		{"trouble at Stytch", 4, (*World).stytchTrouble},
		{"trouble on the way", 2, (*World).wayTrouble},
		{"wrong clock", 0, (*World).setsAClockWrong},     // drawn by drawClocks
		{"trouble with the log", 0, (*World).logTrouble}, // drawn by drawLogs
	}
}

func (w *World) do(e *errand, s Step) {
	for _, a := range acts {
		if a.name == s.Act {
			a.do(w, e, s)
		}
	}
}

// Seed decides every draw. A draw is a function of the seed and of a name, and not of the
// number of draws before, so that leaving a step out of a history does not change the
// other steps.
type Seed uint64

// bits returns 64 bits for the name: FNV-1a, finished as in SplitMix64, since
// names that differ in their last letter only must not have similar draws.
func (s Seed) bits(name string) uint64 {
	h := uint64(14695981039346656037) ^ (uint64(s)+1)*0x9e3779b97f4a7c15
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// unit returns a number from 0 to 1, without 1.
func (s Seed) unit(name string) float64 { return float64(s.bits(name)>>11) / (1 << 53) }

// below returns a number from 0 to n-1.
func (s Seed) below(n int, name string) int { return int(s.bits(name) % uint64(n)) }

// chance reports whether something happens that happens with probability p.
func (s Seed) chance(p float64, name string) bool { return s.unit(name) < p }

// between returns a log-uniform duration: one to ten milliseconds is as likely as one to
// ten hours. Faults need events that are close together as well as far apart, and uniform
// gaps are hardly ever short.
func (s Seed) between(least, most time.Duration, name string) time.Duration {
	return logUniform(least, most, s.unit(name))
}

func logUniform(least, most time.Duration, unit float64) time.Duration {
	return time.Duration(float64(least) * math.Exp(unit*math.Log(float64(most)/float64(least))))
}

// Shrink returns the shortest failing history that it finds by leaving steps out: halves
// first, then quarters, and at last single steps. It calls fails for each of them, at most
// so many times.
func Shrink(h History, fails func(History) bool, most int) History {
	for size := (len(h) + 1) / 2; size >= 1; {
		shorter := false
		for from := 0; from < len(h) && most > 0; {
			without := make(History, 0, len(h))
			without = append(append(without, h[:from]...), h[min(from+size, len(h)):]...)
			most--
			if fails(without) {
				h, shorter = without, true
			} else {
				from += size
			}
		}
		switch {
		case most <= 0:
			return h
		case size > 1:
			size = (size + 1) / 2
		case !shorter:
			return h
		}
	}
	return h
}
