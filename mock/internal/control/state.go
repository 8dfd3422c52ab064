package control

import "net/http"

// reset goes back to a snapshot of this process and empties the instruments. The
// signing keys stay, so that verifiers that have fetched them go on.
func (p Plane) reset(to []byte) error {
	if err := p.Server.Restore(to, false); err != nil {
		return err
	}
	p.ClearFaults()
	p.ClearJournal()
	for _, queue := range p.Server.Webhooks {
		queue.Clear()
	}
	return nil
}

// getHealth answers that the process serves, and for which project. It waits for no call.
func (p Plane) getHealth(w http.ResponseWriter, _ *http.Request) {
	controlAnswer(w, http.StatusOK, struct {
		Status    string `json:"status"`
		ProjectID string `json:"project_id"`
	}{"ok", p.Server.ProjectID})
}

func (p Plane) getState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(p.Server.Snapshot()) // an error means that the client went away
}

func (p Plane) putState(w http.ResponseWriter, r *http.Request) {
	raw, ok := controlBody(w, r, maxState)
	if !ok {
		return
	}
	if err := p.Server.Restore(raw, true); err != nil {
		controlError(w, http.StatusBadRequest, err)
		return
	}
	controlAnswer(w, http.StatusOK, struct{}{})
}
