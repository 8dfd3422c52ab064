package breaker

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fixture is a Breaker in virtual time, with what it has told.
type fixture struct {
	*Breaker
	mu       sync.Mutex // guards told
	told     []State
	released int
}

func inTime(t *testing.T, f func(t *testing.T, x *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &fixture{Breaker: new(Breaker)}
		x.Changed = func(s State) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.told = append(x.told, s)
		}
		f(t, x)
		synctest.Wait()
	})
}

// heard is what was told until now.
func (x *fixture) heard() []State {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.told)
}

func (x *fixture) begin(t *testing.T, class Class, key uint64) *Flight {
	t.Helper()
	f, refusal := x.Begin(Call{Class: class, Key: key, Release: func() { x.released++ }})
	require.Nil(t, refusal)
	return f
}

func (x *fixture) refuses(class Class) bool {
	f, refusal := x.Begin(Call{Class: class})
	if f != nil {
		f.End(Gone)
	}
	return refusal != nil
}

// A hang: nothing is answered for three seconds. All that waits is released, and every
// class is refused.
func TestHang(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		x.begin(t, Sessions, 1).End(Answered)
		time.Sleep(time.Hour)
		x.begin(t, Sessions, 1)
		time.Sleep(time.Second)
		x.begin(t, SignIn, 2)
		x.begin(t, Administration, 3)
		time.Sleep(2*time.Second - time.Nanosecond)
		synctest.Wait()
		require.Empty(t, x.Open())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, 3, x.released)
		require.Len(t, x.heard(), 1)
		require.Equal(t, State{Class: Server, Cause: Silent, Since: time.Now(), Open: true, Next: time.Now().Add(FirstPause)}, x.heard()[0])
		for _, class := range []Class{SignIn, Sessions, Administration} {
			require.True(t, x.refuses(class), class)
		}
	})
}

// The server is slow, and answers: now and then, or each time later than before.
func TestSlowIsNoOutage(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		var flights []*Flight
		x.begin(t, Sessions, 1).End(Answered)
		for n := range 100 { // one of them is answered every two seconds, after twenty
			flights = append(flights, x.begin(t, Sessions, 1))
			time.Sleep(2 * time.Second)
			if n >= 10 {
				flights[0].End(Answered)
				flights = flights[1:]
			} else {
				x.begin(t, Sessions, 1).End(Answered)
			}
		}
		for _, f := range flights {
			f.End(Answered)
		}
		require.Empty(t, x.heard())
		time.Sleep(time.Hour)
		for _, took := range []time.Duration{2500, 4000, 7000, 5000, 7999, 4000} { // alone
			f := x.begin(t, Sessions, 1)
			time.Sleep(took * time.Millisecond)
			f.End(Answered)
		}
		require.Empty(t, x.heard())
	})
}

// A server that has become slow of a sudden looks like one that hangs, until a probe is
// answered; then it is known to be slow.
func TestSuddenlySlow(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		f := x.begin(t, Sessions, 1)
		time.Sleep(Silence)
		synctest.Wait()
		f.End(Gone)
		require.Len(t, x.Open(), 1)
		probe := x.Probe(Sessions)
		time.Sleep(4 * time.Second)
		probe.End(Answered)
		require.Empty(t, x.Open())
		for range 10 {
			f := x.begin(t, Sessions, 1)
			time.Sleep(5 * time.Second)
			f.End(Answered)
		}
		require.Len(t, x.heard(), 2)
		time.Sleep(slowMemory + time.Second)
		x.begin(t, Sessions, 1)
		time.Sleep(Silence)
		synctest.Wait()
		require.Len(t, x.Open(), 1, "it was quick since, or not asked")
	})
}

// A class that hangs alone is refused alone.
func TestClassHangsAlone(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		x.begin(t, Administration, 1)
		waiting := x.begin(t, Sessions, 1)
		for range 8 {
			time.Sleep(500 * time.Millisecond)
			waiting.End(Answered)
			if !x.refuses(Sessions) {
				waiting = x.begin(t, Sessions, 1)
			}
		}
		require.True(t, x.refuses(Administration))
		require.False(t, x.refuses(Sessions))
		require.False(t, x.refuses(SignIn))
		synctest.Wait()
		require.Equal(t, Administration, x.heard()[0].Class)
		waiting.End(Gone)
	})
}

// If the rest is lost as well, without a call that would show it, everything is refused.
func TestClassThenAll(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		x.begin(t, Sessions, 1)
		time.Sleep(time.Second)
		x.begin(t, SignIn, 2).End(Answered)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.False(t, x.refuses(SignIn))
		time.Sleep(Silence)
		probe := x.Probe(Sessions)
		time.Sleep(Silence - time.Nanosecond)
		require.True(t, x.refuses(Sessions))
		require.False(t, x.refuses(SignIn))
		time.Sleep(time.Nanosecond)
		require.True(t, x.refuses(Sessions))
		require.True(t, x.refuses(SignIn))
		probe.End(Gone)
	})
}

// A class that failed is not the whole server's failure by waiting: only a probe that
// stays unanswered says so. The first call after the pause probes.
func TestClassWaits(t *testing.T) {
	for _, quiet := range []time.Duration{time.Second, 3 * time.Second, 5 * time.Second, 9 * time.Second} {
		inTime(t, func(t *testing.T, x *fixture) {
			for key := range uint64(Callers) {
				x.begin(t, Sessions, key).End(Failed)
			}
			require.Len(t, x.Open(), 1)
			time.Sleep(quiet)
			require.False(t, x.refuses(SignIn))
			_, refusal := x.Begin(Call{Class: Sessions})
			require.True(t, refusal.Probe)
			probe := x.Probe(Sessions)
			require.False(t, x.refuses(SignIn))
			probe.End(Failed) // an answer of the server
			time.Sleep(Silence)
			require.True(t, x.refuses(Sessions))
			require.False(t, x.refuses(SignIn))
			require.Equal(t, Sessions, x.heard()[len(x.heard())-1].Class)
			x.Probe(Sessions).End(Gone)
			time.Sleep(Silence)
			require.False(t, x.refuses(SignIn), "a probe whose caller has left says nothing")
			x.Probe(Sessions).End(Answered)
			require.Empty(t, x.Open())
			require.False(t, x.heard()[len(x.heard())-1].Forgotten)
		})
	}
}

// A circuit closes without a call as well, and says that it knows nothing any more.
func TestForgotten(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		for key := range uint64(Callers) {
			x.begin(t, Sessions, key).End(Failed)
		}
		time.Sleep(FirstPause)
		require.True(t, x.refuses(Sessions)) // the next probe is a second later
		time.Sleep(2*FirstPause + Stale - time.Nanosecond)
		synctest.Wait()
		require.Len(t, x.Open(), 1)
		require.Len(t, x.heard(), 1)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Len(t, x.heard(), 2, "before anything has asked")
		require.Equal(t, State{Class: Sessions, Cause: Failures, Since: time.Now().Add(-3*FirstPause - Stale), Forgotten: true}, x.heard()[1])
		require.Empty(t, x.Open())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, x.heard(), 2)
	})
}

// Failures of three sessions open, those of one do not, however many.
func TestFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome Outcome
		opened  Class
	}{"5xx": {Failed, Sessions}, "resets": {Unreached, Server}} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, x *fixture) {
				for range 100 {
					x.begin(t, Sessions, 1).End(tt.outcome)
				}
				x.begin(t, Sessions, 2).End(tt.outcome)
				require.Empty(t, x.Open())
				x.begin(t, Sessions, 1).End(Answered)
				x.begin(t, Sessions, 3).End(tt.outcome)
				x.begin(t, Sessions, 4).End(tt.outcome)
				time.Sleep(Window + 1)
				x.begin(t, Sessions, 5).End(tt.outcome)
				require.Empty(t, x.Open(), "what went well, and time, make good")
				x.begin(t, Sessions, 1).End(tt.outcome)
				x.begin(t, Sessions, 2).End(tt.outcome)
				require.Len(t, x.Open(), 1)
				require.Equal(t, tt.opened, x.Open()[0].Class)
				require.Equal(t, tt.opened == Server, x.refuses(SignIn))
			})
		})
	}
}

// What opens nothing.
func TestOpensNothing(t *testing.T) {
	for name, call := range map[string]Call{
		"strangers":             {Class: Sessions, Stranger: true},
		"who has not signed in": {Class: SignIn},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, x *fixture) {
				for key := range uint64(10) {
					for _, outcome := range []Outcome{Failed, Unreached} {
						call.Key = key
						f, refusal := x.Begin(call)
						require.Nil(t, refusal)
						f.End(outcome)
					}
				}
				f, _ := x.Begin(call)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Empty(t, x.heard())
				f.End(Unreached)
				require.Empty(t, x.heard())
			})
		})
	}
	t.Run("callers who have gone", func(t *testing.T) {
		inTime(t, func(t *testing.T, x *fixture) {
			flights := []*Flight{x.begin(t, Sessions, 0)}
			for key := range uint64(100) {
				time.Sleep(time.Second)
				flights = append(flights, x.begin(t, Sessions, key))
				flights[0].End(Gone)
				flights = flights[1:]
			}
			require.Empty(t, x.heard())
		})
	})
	t.Run("throttled", func(t *testing.T) {
		inTime(t, func(t *testing.T, x *fixture) {
			for key := range uint64(100) {
				x.begin(t, Sessions, key).End(Answered)
			}
			require.Empty(t, x.heard())
		})
	})
}

// While it is open a probe is asked for half a second after the opening, then after 1 s,
// and every 2 s; each has its own time. The first answer closes.
func TestProbes(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		f := x.begin(t, Sessions, 1)
		time.Sleep(Silence)
		synctest.Wait()
		mark := f.End(Gone)
		opened := time.Now()
		var asked []time.Duration
		for time.Since(opened) < 10*time.Second {
			_, refusal := x.Begin(Call{Class: Sessions})
			require.True(t, refusal.Mark.Refused())
			require.Positive(t, refusal.Wait)
			require.LessOrEqual(t, refusal.Wait, LongestPause)
			if refusal.Probe {
				asked = append(asked, time.Since(opened))
			}
			time.Sleep(50 * time.Millisecond)
		}
		ms := time.Millisecond
		require.Equal(t, []time.Duration{500 * ms, 1500 * ms, 3500 * ms, 5500 * ms, 7500 * ms, 9500 * ms}, asked)
		require.True(t, mark.Ongoing())
		require.False(t, mark.Over())
		x.Probe(Sessions).End(Unreached)
		require.Len(t, x.Open(), 1)
		x.Probe(Sessions).End(Odd)
		require.Len(t, x.Open(), 1)
		x.Probe(Sessions).End(Answered)
		require.Empty(t, x.Open())
		require.False(t, mark.Ongoing())
		require.True(t, mark.Over())
		require.Equal(t, []bool{true, false}, []bool{x.heard()[0].Open, x.heard()[1].Open})
		require.Equal(t, opened, x.heard()[1].Since)
	})
}

// What a failure is evidence of, later.
func TestMark(t *testing.T) {
	inTime(t, func(t *testing.T, x *fixture) {
		x.begin(t, Sessions, 1).End(Answered)
		alone := x.begin(t, Sessions, 1).End(Failed)
		require.True(t, alone.Ongoing())
		x.begin(t, SignIn, 2).End(Answered)
		require.True(t, alone.Ongoing(), "another class")
		x.begin(t, Sessions, 2).End(Answered)
		require.False(t, alone.Ongoing())
		require.False(t, alone.Over(), "there was no outage")

		slow, quick := x.begin(t, Sessions, 1), x.begin(t, Sessions, 2)
		time.Sleep(2 * time.Second)
		quick.End(Answered)
		time.Sleep(2 * time.Second)
		require.False(t, slow.End(Unreached).Ongoing(), "others were answered while it waited")

		require.True(t, Mark{}.Ongoing())
		require.False(t, Mark{}.Over())
		require.False(t, Mark{}.Refused())
	})
}

// What was known before a quiet time is not known after it: the first calls are made, and
// if the server still hangs it takes its silence to open again.
func TestStale(t *testing.T) {
	for _, class := range []Class{Sessions, Administration} {
		inTime(t, func(t *testing.T, x *fixture) {
			hang := x.begin(t, class, 1)
			time.Sleep(Silence)
			synctest.Wait()
			hang.End(Gone)
			require.True(t, x.refuses(class))
			time.Sleep(FirstPause + Stale - time.Nanosecond)
			require.True(t, x.refuses(class), "it asks for a probe")
			time.Sleep(LongestPause + Stale)
			first, second := x.begin(t, class, 1), x.begin(t, SignIn, 2)
			require.Empty(t, x.Open())
			time.Sleep(Silence)
			synctest.Wait()
			require.NotEmpty(t, x.Open())
			first.End(Gone)
			second.End(Gone)
			var opened []bool
			for _, state := range x.heard() {
				opened = append(opened, state.Open)
			}
			require.Equal(t, []bool{true, false, true}, opened)
		})
	}
}
