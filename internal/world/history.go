package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Step is one thing that one of the actors does, and when. What is left to chance in it is a
// function of the seed and of its name, so that it is the same thing when steps
// before it are left out.
type Step struct {
	Name   string
	At     time.Duration // since the beginning
	Act    string
	Desk   int
	Tab    int
	Person int
}

func (s Step) String() string {
	return fmt.Sprintf("%-5s %16v  %-22s desk %d tab %d person %d", s.Name, s.At.Round(time.Microsecond), s.Act, s.Desk, s.Tab, s.Person)
}

// History is what happens in a world, in the order of time.
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

// draw draws the history of a seed. A person sits at every desk and signs in first.
func draw(seed Seed, d Deployment) History {
	r := rand.New(rand.NewPCG(uint64(seed), 0x776f726c64))
	var h History
	at := time.Duration(0)
	add := func(act string, desk, tab int) {
		at += logUniform(leastGap, mostGap, r.Float64())
		h = append(h, Step{Name: fmt.Sprintf("s%d", len(h)), At: at, Act: act, Desk: desk, Tab: tab, Person: r.IntN(5)})
	}
	for desk := range d.Desks {
		add("sign in", desk, 0)
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	for len(h) < length {
		k := r.IntN(total)
		for _, a := range acts {
			if k -= a.weight; k < 0 {
				add(a.name, r.IntN(d.Desks), r.IntN(d.Tabs))
				break
			}
		}
	}
	return drawClocks(seed, h)
}

// act is something that a step can be. The weights say how often it is drawn.
type act struct {
	name   string
	weight int
	do     func(*World, *errand, Step)
}

var acts []act

// Filled by init, since what is done refers to the table through its steps.
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
