package mock

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// misuse runs do, and returns as an error the sentence with which an exported
// method panics on misuse: over HTTP the mistake is the other program's.
func misuse(method string, do func()) (err error) {
	defer func() {
		switch said := recover().(type) {
		case nil:
		case string:
			sentence, ours := strings.CutPrefix(said, "mock: "+method+": ")
			if !ours {
				panic(said)
			}
			err = errors.New(sentence)
		default:
			panic(said)
		}
	}()
	do()
	return nil
}

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

type controlAgeRequest struct {
	By string `json:"by"`
}

func (s *Stytch) controlAge(in controlAgeRequest) (struct{}, error) {
	by, err := span("by", in.By)
	if err == nil && by == 0 {
		err = errors.New("by is missing: say how much time passes, such as 6m")
	}
	if err != nil {
		return struct{}{}, err
	}
	s.Age(by)
	return struct{}{}, nil
}

type controlFaultRequest struct {
	Endpoint   string `json:"endpoint"`
	Status     int    `json:"status"`
	ErrorType  string `json:"error_type"`
	RetryAfter int    `json:"retry_after"` // seconds
	Times      int    `json:"times"`
	Latency    string `json:"latency"`
	Body       string `json:"body"`
	Drop       bool   `json:"drop"`
}

func (s *Stytch) controlFault(in controlFaultRequest) (struct{}, error) {
	latency, err := span("latency", in.Latency)
	if err != nil {
		return struct{}{}, err
	}
	if in.Status == 0 && in.ErrorType == "" && in.Body == "" && latency == 0 && !in.Drop {
		return struct{}{}, errors.New("this fault does nothing: give a status, an error_type, a body, a latency or drop")
	}
	return struct{}{}, misuse("Fail", func() {
		s.Fail(Fault{
			Endpoint:   in.Endpoint,
			Status:     in.Status,
			ErrorType:  in.ErrorType,
			RetryAfter: time.Duration(in.RetryAfter) * time.Second,
			Times:      in.Times,
			Latency:    latency,
			Body:       in.Body,
			Drop:       in.Drop,
		})
	})
}

func (s *Stytch) controlClearFaults(struct{}) (struct{}, error) {
	s.ClearFaults()
	return struct{}{}, nil
}

type controlRotateRequest struct {
	DropOld bool `json:"drop_old"`
}

func (s *Stytch) controlRotateKeys(in controlRotateRequest) (struct{}, error) {
	s.RotateKeys(!in.DropOld)
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

func (s *Stytch) controlOutbox(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "to" || len(query[name]) > 1 {
			controlError(w, http.StatusBadRequest, fmt.Errorf("the parameter %.60q is unknown or there twice: the only one is to", name))
			return
		}
	}
	to := query.Get("to")
	out := []sentMessage{}
	for _, m := range s.Outbox() {
		if to == "" || sameEmail(m.To, to) {
			out = append(out, sentMessage{m.Channel, m.Kind, m.To, m.Link, m.Token, m.Code, moment(m.SentAt)})
		}
	}
	controlAnswer(w, http.StatusOK, out)
}

// journalEntry is a Request in the control plane's words.
type journalEntry struct {
	Method    string `json:"method"`
	Endpoint  string `json:"endpoint"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	ErrorType string `json:"error_type"`
	RequestID string `json:"request_id"`
	Faulted   bool   `json:"faulted"`
	At        moment `json:"at"`
}

func (s *Stytch) controlJournal(w http.ResponseWriter, _ *http.Request) {
	out := []journalEntry{}
	for _, r := range s.Journal() {
		out = append(out, journalEntry{r.Method, r.Endpoint, r.Path, r.Status, r.ErrorType, r.RequestID, r.Faulted, moment(r.At)})
	}
	controlAnswer(w, http.StatusOK, out)
}
