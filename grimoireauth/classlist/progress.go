package classlist

// Progress tells how far an import is.
type Progress struct {
	Done    int // changes that are finished, also those that failed
	Failed  int // of them
	Total   int // changes of the plan
	Outcome Outcome
}
