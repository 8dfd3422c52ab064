package mock

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// span reads a length of time such as "90s"; empty is none.
func span(field, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s %.60q is no length of time such as 90s, 6m or 1h30m", field, text)
	}
	return d, nil
}

type ageRequest struct {
	By string `json:"by"`
}

func (p plane) postAge(in ageRequest) (struct{}, error) {
	by, err := span("by", in.By)
	if err == nil && by == 0 {
		err = errors.New("by is missing: say how much time passes, such as 6m")
	}
	if err != nil {
		return struct{}{}, err
	}
	p.age(by)
	return struct{}{}, nil
}

type faultRequest struct {
	Endpoint   string `json:"endpoint"`
	Status     int    `json:"status"`
	ErrorType  string `json:"error_type"`
	RetryAfter int    `json:"retry_after"` // seconds
	Times      int    `json:"times"`
	Latency    string `json:"latency"`
	Body       string `json:"body"`
	Drop       bool   `json:"drop"`
}

func (p plane) postFault(in faultRequest) (struct{}, error) {
	latency, err := span("latency", in.Latency)
	if err != nil {
		return struct{}{}, err
	}
	if in.Status == 0 && in.ErrorType == "" && in.Body == "" && latency == 0 && !in.Drop {
		return struct{}{}, errors.New("this fault does nothing: give a status, an error_type, a body, a latency or drop")
	}
	return struct{}{}, p.fail(faultRule{
		Endpoint:   in.Endpoint,
		Status:     in.Status,
		ErrorType:  in.ErrorType,
		RetryAfter: time.Duration(in.RetryAfter) * time.Second,
		Times:      in.Times,
		Latency:    latency,
		Body:       in.Body,
		Drop:       in.Drop,
	})
}

type rotateRequest struct {
	DropOld bool `json:"drop_old"`
}

func (p plane) postRotateKeys(in rotateRequest) (struct{}, error) {
	p.server.rotateKeys(!in.DropOld)
	return struct{}{}, nil
}

// sentMessage is a Message in the control plane's words. Every field is always
// there.
type sentMessage struct {
	Channel string `json:"channel"`
	Kind    string `json:"kind"`
	To      string `json:"to"`
	Link    string `json:"link"`
	Token   string `json:"token"`
	Code    string `json:"code"`
	SentAt  moment `json:"sent_at"`
}

func (p plane) getOutbox(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "to" || len(query[name]) > 1 {
			controlError(w, http.StatusBadRequest, fmt.Errorf("the parameter %.60q is unknown or there twice: the only one is to", name))
			return
		}
	}
	to := query.Get("to")
	out := []sentMessage{}
	for _, m := range p.server.outbox() {
		if to == "" || sameEmail(m.To, to) {
			out = append(out, sentMessage{m.Channel, m.Kind, m.To, m.Link, m.Token, m.Code, moment(m.SentAt)})
		}
	}
	controlAnswer(w, http.StatusOK, out)
}

// requestNoted is a journalEntry in the control plane's words.
type requestNoted struct {
	Method    string `json:"method"`
	Endpoint  string `json:"endpoint"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	ErrorType string `json:"error_type"`
	RequestID string `json:"request_id"`
	Faulted   bool   `json:"faulted"`
	At        moment `json:"at"`
}

func (p plane) getJournal(w http.ResponseWriter, _ *http.Request) {
	out := []requestNoted{}
	for _, r := range p.journal() {
		out = append(out, requestNoted{r.Method, r.Endpoint, r.Path, r.Status, r.ErrorType, r.RequestID, r.Faulted, moment(r.At)})
	}
	controlAnswer(w, http.StatusOK, out)
}
