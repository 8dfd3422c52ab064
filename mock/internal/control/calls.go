package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Span reads a length of time such as "90s"; empty is none.
func Span(field, text string) (time.Duration, error) {
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

func (p Plane) postAge(in ageRequest) (struct{}, error) {
	by, err := Span("by", in.By)
	if err == nil && by == 0 {
		err = errors.New("by is missing: say how much time passes, such as 6m")
	}
	if err != nil {
		return struct{}{}, err
	}
	p.Age(by)
	return struct{}{}, nil
}

// FaultRequest is a fault rule in the words of the control plane.
type FaultRequest struct {
	Endpoint   string `json:"endpoint"`
	Status     int    `json:"status"`
	ErrorType  string `json:"error_type"`
	RetryAfter int    `json:"retry_after"` // seconds
	Times      int    `json:"times"`
	Latency    string `json:"latency"`
	Body       string `json:"body"`
	Drop       bool   `json:"drop"`
}

func (p Plane) postFault(in FaultRequest) (struct{}, error) {
	latency, err := Span("latency", in.Latency)
	if err != nil {
		return struct{}{}, err
	}
	if in.Status == 0 && in.ErrorType == "" && in.Body == "" && latency == 0 && !in.Drop {
		return struct{}{}, errors.New("this fault does nothing: give a status, an error_type, a body, a latency or drop")
	}
	return struct{}{}, p.Fail(Fault{
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

func (p Plane) postRotateKeys(in rotateRequest) (struct{}, error) {
	p.Server.RotateKeys(!in.DropOld)
	return struct{}{}, nil
}

// sentMessage is a Message in the control plane's words. Every field is always
// there.
type sentMessage struct {
	Channel string         `json:"channel"`
	Kind    string         `json:"kind"`
	To      string         `json:"to"`
	Link    string         `json:"link"`
	Token   string         `json:"token"`
	Code    string         `json:"code"`
	SentAt  wire.Timestamp `json:"sent_at"`
}

func (p Plane) getOutbox(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "to" || len(query[name]) > 1 {
			controlError(w, http.StatusBadRequest, fmt.Errorf("the parameter %.60q is unknown or there twice: the only one is to", name))
			return
		}
	}
	to := query.Get("to")
	out := []sentMessage{}
	for _, m := range p.Server.Outbox() {
		if to == "" || wire.SameEmail(m.To, to) {
			out = append(out, sentMessage{m.Channel, m.Kind, m.To, m.Link, m.Token, m.Code, wire.Timestamp(m.SentAt)})
		}
	}
	controlAnswer(w, http.StatusOK, out)
}

// notedRequest is a Request in the control plane's words.
type notedRequest struct {
	Method    string         `json:"method"`
	Endpoint  string         `json:"endpoint"`
	Path      string         `json:"path"`
	Status    int            `json:"status"`
	ErrorType string         `json:"error_type"`
	RequestID string         `json:"request_id"`
	Faulted   bool           `json:"faulted"`
	At        wire.Timestamp `json:"at"`
}

// WebhookAttempt is one request to an endpoint for webhooks.
type WebhookAttempt struct {
	ID        string
	EventType string
	Body      []byte
	URL       string
	Attempt   int
	Status    int
	Failed    string
	At        time.Time
}

// sentWebhook is a WebhookAttempt in the control plane's words.
type sentWebhook struct {
	ID        string          `json:"id"`
	EventType string          `json:"event_type"`
	Body      json.RawMessage `json:"body"`
	URL       string          `json:"url"`
	Attempt   int             `json:"attempt"`
	Status    int             `json:"status"`
	Failed    string          `json:"failed"`
	At        wire.Timestamp  `json:"at"`
}

func (p Plane) getWebhooks(w http.ResponseWriter, _ *http.Request) {
	out := []sentWebhook{}
	for _, a := range p.Webhooks() {
		out = append(out, sentWebhook{a.ID, a.EventType, a.Body, a.URL, a.Attempt, a.Status, a.Failed, wire.Timestamp(a.At)})
	}
	controlAnswer(w, http.StatusOK, out)
}

func (p Plane) getJournal(w http.ResponseWriter, _ *http.Request) {
	out := []notedRequest{}
	for _, r := range p.Journal() {
		out = append(out, notedRequest{r.Method, r.Endpoint, r.Path, r.Status, r.ErrorType, r.RequestID, r.Faulted, wire.Timestamp(r.At)})
	}
	controlAnswer(w, http.StatusOK, out)
}
