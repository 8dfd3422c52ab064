// Package world is a whole deployment in virtual time, driven by a seed: one
// Stytch, one to eight processes of a service, browsers on shared computers, and
// actors that use, administer and attack them. It finds faults between the parts, for
// which no test was written. Only tests import it.
//
//	d := drawDeployment(seed)  // how many processes, which mapping of the school, which settings
//	h := draw(seed, d)         // what happens, a list of steps
//	r := Run(t, seed, d, h, "")
//	fmt.Println(r.Violations)
//
// The steps of a run are a [History], drawn before the run begins, so that [Shrink] can
// leave steps out. Every other draw (a latency, a fault, which class) is a function
// of the [Seed] and of the event's name, so it is the same when other steps are left
// out. No two steps happen at the same instant. With one processor a run is a function of
// its seed, except for the order of the effects of one event; with more, or with the race
// detector, only the promises are checked.
//
// # The parts
//
//   - history.go draws the steps and shortens them; student.go, person.go, stranger.go,
//     administrator.go and operator.go carry them out, and wrongclock.go sets clocks wrong.
//     follow.go reads the pages as people do: it uses the forms and links of a page, and no
//     path.
//   - computer.go is a shared computer, a browser of package browser; deliver.go and
//     network.go carry requests, and lose, delay and break them.
//   - process.go is a process of the service, and application.go its handlers.
//   - permission.go has the application's own table of classes, where the school is one
//     Organization, checks who may mark in which class, and lets members try more than
//     their role permits.
//   - shared.go has the log over which the processes of half of the deployments share
//     revocations, breaks it, and knows by when each process has to act by what another one
//     has published.
//   - stream.go holds streams open while their readers sign out and lose their rights, and
//     checks when each of them ends.
//   - door.go is a transport in front of Stytch that writes the ledger: the member of each
//     session, each role and its beginning, and when sessions ended. oracle.go compares
//     every response with the ledger. They share no code with the library.
//
// # The promises
//
// Always: a request is served as the person whose sign-in response had reached the
// browser last when the request was sent, and as no one after the response to a
// sign-out. It is served no longer after the end of a session, and in no higher role,
// than the documentation states, plus the error of a clock that is behind. Where revocations
// are shared, what one process has ended or lowered is refused by the others within a second
// of its publication, and within the Bound if the log has trouble, and the streams at the
// others end with it; trouble with the log signs no one out. A wrong clock
// leads to 503, ends no session and uses up nothing that works once. A refused call
// changes nothing. An outage deletes no cookie. No secret is printed. A stream ends within
// the stated time after its reader's right, and not without a reason. A person who is
// signed in is served, and a sign-in succeeds, unless there was trouble within the last
// half minute; the log's is no excuse. Finally: half a minute after all trouble, each person
// is served, or signs in by following the pages, and each process has read and published all
// revocations.
//
// Sometimes: each of the events in ledger.go happens in at least one of the suite's
// seeds, so that a run without events cannot pass. [Sabotages] are faults that the oracle
// has to find.
//
// # Wrong clocks
//
// A bubble of testing/synctest has one clock for all. So a wrong clock of a process is
// modelled at its border (wrongclock.go): for that process alone Stytch's
// clock differs, and the dates of each session_jwt are changed on its way in and out of the
// process, so that the other processes and the browsers see the right dates. Not modelled
// are the dates of a log, which package replicas has, dates that processes exchange by their
// own clocks, and dates that a process stored before its clock was set, such as a deadline or
// the date of a revocation.
package world
