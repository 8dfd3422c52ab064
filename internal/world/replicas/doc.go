// Package replicas is several processes of a service in virtual time that share
// revocations over a log with faults, driven by a seed. Only tests import it.
//
// A [Schedule] is drawn from its seed before the run begins: who asks which process and
// when, who signs out or loses a role where, and what happens meanwhile to the log, to the
// connections to it, to Stytch and to the processes. The processes are the module's own
// client, verifier and replica; Stytch is package mock; the log is logtest.Memory.
//
// # The promises
//
// A session that has ended, and a role that was taken away, is served by another process
// for at most Bound after the call that ended it has succeeded, whatever the log does, and
// for a second if the log did nothing wrong. By the same process it is served no more once
// the call has returned. If the call could not publish it, the other processes refuse it
// once the log has been in order for a while, and when its session_jwt would have ended.
// A session that lives is never refused as ended or unauthenticated, and unavailable only if
// Stytch was. A minute after all trouble every process knows all revocations, and none is
// silent.
package replicas
