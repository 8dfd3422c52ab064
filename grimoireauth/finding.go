package grimoireauth

import (
	"fmt"
)

// Severity says how much a [Finding] matters. The zero Severity is
// [SeverityUnknown].
type Severity uint8

// The severities.
const (
	SeverityUnknown Severity = iota // not found out, mostly because of an outage
	SeverityOK
	SeverityWarning // it works, and probably not as it is meant
	SeverityFault   // something cannot work, or keeps people out who should get in
)

// String returns the severity in lower case.
func (s Severity) String() string {
	switch s {
	case SeverityUnknown:
		return "unknown"
	case SeverityOK:
		return "ok"
	case SeverityWarning:
		return "warning"
	case SeverityFault:
		return "fault"
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Finding is one thing that doctor.Check found. It holds ids, slugs and fixed words:
// no secret, no name and no address. The codes of faults and warnings:
//
//   - Configuration: config-invalid, clock-behind.
//   - Project: project-unknown, secret-refused, wrong-environment, not-b2b,
//     project-refused, keys-unusable.
//   - Roles: role-not-in-policy, role-read-only, role-without-name,
//     members-without-role.
//   - Class: class-id-invalid, slug-invalid, class-not-found, class-archived.
//   - Signing in: no-methods, no-second-factors, public-token-needed,
//     public-token-missing, sso-only-unconnected, sso-unconnected,
//     connection-unfinished, default-connection-missing, default-connection-unusable.
//   - Joining: sso-joining-closed, email-joining-closed, invitations-closed,
//     tenant-joining-closed.
//   - People: no-instructor, role-unknown, oidc-without-roles.
type Finding struct {
	Severity Severity
	// Code is a word that stays the same. Of faults and warnings it says what is
	// wrong. Of what is well, and of what could not be found out, it is the name of the
	// check: "configuration", "keys", "secret", "roles", "limits", "class" or, from a Guard of package
	// middleware, "client-address".
	Code  string
	Class ClassID // empty: it is about the project, or about a class that was not found
	// Problem says in one sentence what there is, and Remedy in another what to do.
	// Remedy is empty if all is well.
	Problem, Remedy string
	// Err is the error of the call that told; its text is safe to print. Nil if no
	// call failed.
	Err error
}
