package replicas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// Step is one thing that happens.
type Step struct {
	At      time.Duration // since the beginning
	Act     string
	Process int
	Session int
	For     time.Duration // how long a fault lasts
	Draw    uint64        // for what else the step has to choose
}

// Schedule is what happens in a run, in the order of time.
type Schedule struct {
	Seed      uint64
	Processes int
	Sessions  int
	OneOrg    bool            // all members are in one Organization
	Ahead     []time.Duration // how far the clock of each process is ahead of Stytch's
	LogAhead  time.Duration   // and that of the log
	Steps     []Step
}

// acts are the kinds of steps and how often they are drawn.
var acts = []struct {
	name   string
	weight int
}{
	{"request", 60}, {"sign out", 6}, {"demote", 5}, {"remove", 2}, {"archive", 1},
	{"cut off", 5}, {"delay", 4}, {"lose answers", 3}, {"twice", 3}, {"read-only", 2},
	{"log down", 4}, {"log paused", 3}, {"log empty", 3}, {"log loses", 3}, {"log of before", 2}, {"log deleted", 1},
	{"Stytch down", 2}, {"restart", 3}, {"restart all", 1},
}

const length = 90

// Draw draws the schedule of a seed.
func Draw(seed uint64) Schedule {
	r := rand.New(rand.NewPCG(seed, 0x7265706c69636173))
	s := Schedule{Seed: seed, Processes: 2 + r.IntN(4), Sessions: 3 + r.IntN(5), OneOrg: r.IntN(2) == 0}
	clock := func() time.Duration { return time.Duration(r.IntN(119)-59) * time.Second }
	s.Ahead = make([]time.Duration, s.Processes)
	if r.IntN(2) == 0 {
		s.LogAhead = clock()
		for n := range s.Ahead {
			s.Ahead[n] = clock()
		}
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	at := time.Duration(0)
	for range length {
		at += between(r, time.Millisecond, 2*time.Minute)
		step := Step{At: at, Process: r.IntN(s.Processes), Session: r.IntN(s.Sessions), For: between(r, 50*time.Millisecond, 3*time.Minute), Draw: r.Uint64()}
		n := r.IntN(total)
		for _, a := range acts {
			if n -= a.weight; n < 0 {
				step.Act = a.name
				break
			}
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// between returns a log-uniform duration, so that close events are as likely as distant ones.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}

func (s Schedule) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "seed %d: %d processes, %d sessions, one Organization: %t, clocks ahead by %v, that of the log by %v\n",
		s.Seed, s.Processes, s.Sessions, s.OneOrg, s.Ahead, s.LogAhead)
	for _, step := range s.Steps {
		fmt.Fprintf(&out, "    %14v %-14s process %d session %d for %v\n", step.At.Round(time.Millisecond), step.Act, step.Process, step.Session, step.For.Round(time.Millisecond))
	}
	return out.String()
}
