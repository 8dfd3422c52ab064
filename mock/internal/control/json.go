package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/promptgrimoire/auth/mock/internal/core"
)

// maxState bounds a snapshot: room for some hundred thousand members.
const maxState = 256 << 20

// errorSentence is the answer to a wrong call of the control plane. It is not
// Stytch's error object, so that it is not taken for one.
type errorSentence struct {
	Error string `json:"error"`
}

func controlError(w http.ResponseWriter, status int, err error) {
	controlAnswer(w, status, errorSentence{Error: err.Error()})
}

func controlAnswer(w http.ResponseWriter, status int, v any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // a link is to be copied from a terminal, and no browser takes this for HTML
	if err := encoder.Encode(v); err != nil {
		// Everything that is encoded here was made in this package.
		panic("mock: cannot encode an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // an error means that the client went away
}

// controlled adapts a call whose arguments come as a JSON object.
func controlled[In, Out any](serve func(In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, ok := controlBody(w, r, core.MaxBody)
		if !ok {
			return
		}
		var in In
		if err := core.StrictJSON(raw, &in); err != nil {
			controlError(w, http.StatusBadRequest, err)
			return
		}
		out, err := serve(in)
		if err != nil {
			controlError(w, http.StatusBadRequest, err)
			return
		}
		controlAnswer(w, http.StatusOK, out)
	}
}

// controlBody reads a body, or answers what is wrong with it. The content type
// is one that no form of a web page can send, and no script without asking.
// Source: https://fetch.spec.whatwg.org/#simple-header
func controlBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if (err != nil || kind != "application/json") && r.Method != http.MethodDelete {
		controlError(w, http.StatusUnsupportedMediaType, errors.New("send a JSON object with Content-Type: application/json"))
		return nil, false
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		controlError(w, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is larger than %d bytes", limit))
		return nil, false
	case err != nil:
		controlError(w, http.StatusBadRequest, errors.New("the body broke off"))
		return nil, false
	}
	return raw, true
}
