package control

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

var refusedTemplate = template.Must(template.ParseFS(pageFiles, "pages/refused.html"))

// refuse answers with an error: a page for a browser that goes to an address, a sentence
// for a program.
func refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	if !wire.WantsPage(r.Header) {
		controlError(w, status, err)
		return
	}
	var out bytes.Buffer
	if err := refusedTemplate.Execute(&out, struct {
		Status   int
		Sentence string
	}{status, err.Error()}); err != nil {
		panic("mock: cannot write the page: " + err.Error())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out.Bytes()) // an error means that the browser went away
	}
}

// refusing is a mux that refuses in this package's way what it has no handler for.
func refusing(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		said := refusal{header: make(http.Header)}
		handler.ServeHTTP(&said, r)
		if allow := said.header.Get("Allow"); said.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", allow)
			refuse(w, r, said.status, fmt.Errorf("the address %.100q takes %s only", r.URL.Path, allow))
			return
		}
		refuse(w, r, http.StatusNotFound, fmt.Errorf("there is nothing at %.100q", r.URL.Path))
	})
}

// refusal is what the mux says: 404, or 405 with the methods that there are.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) WriteHeader(status int)      { r.status = status }
func (r *refusal) Write(b []byte) (int, error) { return len(b), nil }

// The reasons for which the guard refuses.
var (
	errOtherSite    = errors.New("a page of another site may not use the control plane")
	errOtherMachine = errors.New("the control plane answers this machine only")
)
