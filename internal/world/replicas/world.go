package replicas

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/replica"
	"github.com/promptgrimoire/auth/internal/replica/logtest"
	"github.com/promptgrimoire/auth/mock"
)

// world is a run.
type world struct {
	schedule Schedule
	log      *logtest.Memory
	stytch   *mock.Stytch
	direct   *stytchclient.Client // asks Stytch without a network
	logs     trouble              // of the log, or of a connection to it
	outage   trouble              // of Stytch
	running  sync.WaitGroup

	mu         sync.Mutex // guards what follows
	processes  []*process
	sessions   []*session
	draw       *rand.Rand
	violations []string
	events     map[string]int
}

// session is a member's session with what was done to it.
type session struct {
	class  grimoireauth.ClassID
	member grimoireauth.MemberID
	id     grimoireauth.SessionID

	mu      sync.Mutex // guards what follows
	cookies []grimoireauth.Credentials
	over    *loss // the session has ended
	demoted *loss // the member is no instructor any more
}

// loss is a right that was taken away.
type loss struct {
	by        *process  // that took it away
	began     time.Time // the call
	done      time.Time // when the call returned; zero: it is under way, or Stytch did nothing
	published bool      // the call returned no error
}

// Result is the outcome of a run.
type Result struct {
	Violations []string
	Events     map[string]int
}

// Run carries out a schedule in a bubble of virtual time.
func Run(t *testing.T, s Schedule) (out Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			schedule: s, log: new(logtest.Memory), stytch: &mock.Stytch{RandomSeed: s.Seed + 1},
			draw: rand.New(rand.NewPCG(s.Seed, 1)), events: make(map[string]int),
		}
		w.log.Clock = func() time.Time { return time.Now().Add(s.LogAhead) }
		if err := w.begin(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, step := range s.Steps {
			time.Sleep(time.Until(began.Add(step.At)))
			w.running.Go(func() { w.do(step) })
		}
		w.running.Wait()
		w.finally()
		for _, p := range w.processes {
			p.stop()
			_ = p.verifier.Wait(context.Background()) // every call has a deadline
		}
		out = Result{Violations: w.violations, Events: w.events}
	})
	return out
}

func (w *world) begin() error {
	var err error
	w.direct, err = stytchclient.New(stytchclient.Config{ProjectID: w.stytch.ProjectID(), Secret: w.stytch.Secret(), BaseURL: w.stytch.BaseURL(), Transport: w.stytch})
	if err != nil {
		return err
	}
	class := w.stytch.AddClass("Alchemy").ID
	for n := range w.schedule.Sessions {
		if n > 0 && !w.schedule.OneOrg {
			class = w.stytch.AddClass(fmt.Sprint("Alchemy ", n)).ID
		}
		member := w.stytch.AddInstructor(class, fmt.Sprintf("m%d@example.edu", n))
		credentials := w.stytch.SignIn(member, mock.WithDuration(24*time.Hour))
		w.sessions = append(w.sessions, &session{class: class, member: member, cookies: []grimoireauth.Credentials{credentials}})
	}
	for n := range w.schedule.Processes {
		p, err := w.startProcess(n)
		if err != nil {
			return err
		}
		w.processes = append(w.processes, p)
	}
	for _, s := range w.sessions {
		got, err := w.processes[0].authenticate(context.Background(), s.cookies[0])
		if err != nil {
			return err
		}
		s.id = got.ID()
	}
	return nil
}

func (w *world) process(n int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.processes[n]
}

func (w *world) happened(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[what]++
}

func (w *world) broken(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, fmt.Sprintf(format, args...))
}

func (w *world) observe(_ context.Context, e grimoireauth.Event) { w.happened(fmt.Sprintf("%T", e)) }

func (w *world) latency() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return between(w.draw, time.Millisecond, 300*time.Millisecond)
}

func (w *world) stytchIsDown() bool { return w.outage.since(time.Now().Add(time.Nanosecond)) }

// do carries out a step.
func (w *world) do(step Step) {
	p, s := w.process(step.Process), w.sessions[step.Session]
	w.happened(step.Act)
	ctx := context.Background()
	switch step.Act {
	case "request":
		w.request(p, s, int(step.Draw%8))
	case "sign out":
		w.lose(p, s, func(s *session) **loss { return &s.over }, func() error {
			got, err := p.authenticate(ctx, s.newest())
			if err != nil {
				return errNotTried
			}
			return p.client.Sessions.Revoke(ctx, got.Session)
		})
	case "demote":
		w.lose(p, s, func(s *session) **loss { return &s.demoted }, func() error {
			_, err := p.client.Roster.SetRole(ctx, s.class, s.member, grimoireauth.RoleStudent)
			return err
		})
	case "remove":
		w.lose(p, s, func(s *session) **loss { return &s.over }, func() error { return p.client.Roster.Remove(ctx, s.class, s.member) })
	case "archive":
		if w.schedule.OneOrg {
			return // it is the class of all
		}
		w.lose(p, s, func(s *session) **loss { return &s.over }, func() error {
			_, err := p.client.Classes.Archive(ctx, s.class)
			return err
		})
	case "restart":
		w.restart(step.Process)
	case "restart all":
		for n := range w.schedule.Processes {
			w.restart(n)
		}
	case "Stytch down":
		w.outage.begin()
		time.Sleep(step.For)
		w.outage.end()
	default:
		w.logs.begin()
		w.fault(p, step)
		w.logs.end()
	}
}

// fault does something to the log or to the connection of a process.
func (w *world) fault(p *process, step Step) {
	faulty := func(f func(logtest.Call) logtest.Fault) {
		p.conn.Faults(f)
		time.Sleep(step.For)
		p.conn.Faults(nil)
	}
	switch step.Act {
	case "cut off":
		p.conn.Cut()
		time.Sleep(step.For)
		p.conn.Heal()
	case "delay":
		delay := time.Duration(step.Draw % uint64(3*time.Second))
		faulty(func(logtest.Call) logtest.Fault { return logtest.Fault{Before: delay / 2, After: delay / 2} })
	case "lose answers":
		faulty(func(c logtest.Call) logtest.Fault { return logtest.Fault{Silent: c.Operation == logtest.Append} })
	case "twice":
		faulty(func(logtest.Call) logtest.Fault { return logtest.Fault{Twice: true} })
	case "read-only":
		faulty(func(c logtest.Call) logtest.Fault {
			if c.Operation == logtest.Append {
				return logtest.Fault{Err: errDown}
			}
			return logtest.Fault{}
		})
	case "log down":
		w.log.Stop()
		time.Sleep(step.For)
		w.log.Start()
	case "log paused":
		w.log.Pause()
		time.Sleep(step.For)
		w.log.Resume()
	case "log empty":
		w.log.Restart()
	case "log loses":
		w.log.Lose(replica.Revocations, 1+int(step.Draw%3))
	case "log of before":
		copied := w.log.Snapshot()
		time.Sleep(step.For)
		w.log.Restore(copied)
	case "log deleted":
		w.log.Delete(replica.Revocations)
	}
}

// restart replaces a process by one with an empty memory.
func (w *world) restart(n int) {
	w.mu.Lock()
	former := w.processes[n]
	w.mu.Unlock()
	former.stop()
	next, err := w.startProcess(n)
	if err != nil {
		w.broken("a process does not start: %v", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes[n] = next
}
