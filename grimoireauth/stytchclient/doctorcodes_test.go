package stytchclient

import "github.com/promptgrimoire/auth/grimoireauth"

// DoctorCodes lists the codes of all faults and warnings for the tests, with their
// severity.
func DoctorCodes() map[string]grimoireauth.Severity {
	out := make(map[string]grimoireauth.Severity)
	for code, symptom := range symptoms {
		out[code] = symptom.severity
	}
	return out
}
