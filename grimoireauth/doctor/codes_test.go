package doctor

import "github.com/promptgrimoire/auth/grimoireauth"

// Codes lists the codes of all faults and warnings for the tests, with their
// severity.
func Codes() map[string]grimoireauth.Severity {
	out := make(map[string]grimoireauth.Severity)
	for code, symptom := range symptoms {
		out[code] = symptom.severity
	}
	return out
}
