package world

import (
	"fmt"
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
	return drawClocks(seed, h)
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
		{"wrong clock", 0, (*World).setsAClockWrong}, // drawn by drawClocks
	}
}

func (w *World) do(e *errand, s Step) {
	for _, a := range acts {
		if a.name == s.Act {
			a.do(w, e, s)
		}
	}
}
