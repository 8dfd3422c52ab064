// Package world is a whole deployment in virtual time, driven by a seed: one
// Stytch, one to eight processes of a service, browsers on shared computers, and
// all who do something to them. It finds what breaks where two parts meet,
// before it has a name. Only tests import it.
//
//	d := drawDeployment(seed)  // how many processes, which mapping of the school, which settings
//	h := draw(seed, d)         // what happens, a list of steps
//	r := Run(t, seed, d, h, "")
//	fmt.Println(r.Violations)
//
// What happens is a [History], drawn before anything happens, so that [Shrink] can
// leave steps out. Every other draw (a latency, a fault, which class) is a function
// of the [Seed] and of the event's name, so the steps that are left stay what they
// were. No two events share an instant. With one processor a run is a function of
// its seed; with more, and with the race detector, the promises hold all the same.
//
// # The parts
//
//   - history.go draws the steps; student.go, frontend.go, stranger.go, administrator.go and
//     operator.go carry them out, and clockact.go sets clocks wrong. follow.go is how people
//     read the pages: they do what a page offers, and know no path.
//   - desk.go is a shared computer, a browser of package browser; deliver.go and
//     network.go carry requests, and lose, delay and break them.
//   - process.go is a process of the service, application.go and byhand.go are what
//     it serves, table.go is its own table of the classes where the school is one
//     Organization.
//   - acting.go has members who try more than their role permits; permission.go knows who may
//     mark in which class.
//   - stream.go holds streams open while their readers sign out and lose their rights;
//     streamoracle.go knows when each has to end.
//   - door.go stands before Stytch and writes the ledger: which session is whose,
//     since when which role, what has ended when. oracle.go holds every answer
//     against the ledger. They share no code with the library.
//
// # The promises
//
// Always: a request is served as the person whose sign-in answer had reached the
// browser last when the request was sent, and as no one after a sign-out's; not
// longer after the end of a session, and in no higher role, than the documentation
// states, which is later by its error where a clock is behind; a wrong clock is answered
// with 503, ends no session and spends nothing that works once; a refused call changed
// nothing; an outage deletes no cookie; no secret is printed. A stream stands no longer
// than is stated after its reader's right has ended, and is not ended without a reason. A
// person who is signed in is served, and one who signs in gets in, unless there was trouble
// within the last half minute. Finally: half a minute after all trouble, everybody is
// served, or gets in by following the pages.
//
// Sometimes: each of the events in events.go happens in one of the suite's seeds,
// so that a world in which nothing happens cannot pass. [Sabotages] are faults that
// the oracle has to find.
//
// # Wrong clocks
//
// The clocks of a bubble are one clock. So the clock of a process is set wrong from the
// other side (wrongclock.go, clockoracle.go): for that process alone Stytch's clock
// differs, and each session_jwt is dated anew on its way in and out of the process, so that
// the other processes and the browsers see the right dates. Not modelled is what processes
// tell each other by their own clocks, and what a process wrote down before its clock was
// set: a deadline in its memory, or the date of a cutoff.
package world
