// Package replica shares revocations between the processes of a service over an
// append-only log, such as a Redis Stream. It holds the rules; the log itself is an
// interface, so that the rules are tested in virtual time over a simulated one.
//
// # The log
//
// A log has two streams. Revocations holds an entry for each revocation, for as long as a
// session_jwt can count that was issued before it. Beats holds an entry from each process
// every few seconds, and nothing that is worth keeping.
//
// # What is known, and since when
//
// A process appends a beat and reads both streams. When it reads its own beat back, and the
// stream of revocations is read to its end and still holds the last entry that was read
// before, the process knows every revocation that was appended before the beat was sent.
// The time of sending is by the process's own clock, so clocks that differ do not matter.
// If that time is longer ago than Bound, the log is silent: each session then counts only
// if Stytch confirmed it within the last Bound.
//
// # What is lost, and how it comes back
//
// A stream that lacks the last entry that was read, or that begins anew, has lost
// entries: the log restarted empty, or an older copy took over. Every process that finds
// this appends the revocations that it knows and the log lacks. Whatever was issued until
// then counts only once Stytch has confirmed the session.
//
// A stream says when it began, by an entry that is appended again before it expires. So a
// process that starts knows whether revocations may be missing. A stream without this entry
// was begun, or trimmed, by another program, and counts as one that has lost entries.
//
// # Times
//
// A revocation counts from the time in its id, and from a later one if the log's clock is
// found to be behind, or was set back. Nothing is removed because of a log's clock that is
// ahead of this machine's by more than a minute.
package replica
