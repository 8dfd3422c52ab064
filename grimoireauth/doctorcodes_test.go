package grimoireauth

// DoctorCodes lists the codes of all faults and warnings for the tests, with their
// severity.
func DoctorCodes() map[string]Severity {
	out := make(map[string]Severity)
	for code, symptom := range symptoms {
		out[code] = symptom.severity
	}
	return out
}
