package mock

import "net/http"

// reset goes back to a snapshot of this process and empties the instruments. The
// signing keys stay, so that verifiers that have fetched them go on.
func (p plane) reset(to []byte) error {
	if err := p.server.restore(to, false); err != nil {
		return err
	}
	p.clearFaults()
	p.clearJournal()
	return nil
}

func (p plane) getState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(p.server.snapshot()) // an error means that the client went away
}

func (p plane) putState(w http.ResponseWriter, r *http.Request) {
	raw, ok := controlBody(w, r, maxState)
	if !ok {
		return
	}
	if err := p.server.restore(raw, true); err != nil {
		controlError(w, http.StatusBadRequest, err)
		return
	}
	controlAnswer(w, http.StatusOK, struct{}{})
}
