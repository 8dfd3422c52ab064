package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"
)

// answerTime is how long an endpoint may take.
// Source: https://docs.svix.com/retries
const answerTime = 15 * time.Second

// Endpoint is where messages go.
type Endpoint struct {
	URL     string
	Keys    [][]byte     // of the secrets; each signs
	Handler http.Handler // receives the requests instead of a network; nil: the URL does
}

// client keeps no connection and so leaves no goroutine behind. A redirect is no
// acceptance, as at Svix.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// post makes one attempt. It returns the status, and why the attempt failed.
func (e Endpoint) post(ctx context.Context, m Message, at time.Time) (status int, failed string) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Svix-Webhooks (mock.Stytch)")
	sign(req.Header, e.Keys, m.ID, at, m.Body)
	var res *http.Response
	if e.Handler == nil {
		res, err = client.Do(req)
	} else {
		res, err = e.serve(ctx, req.Header, m.Body)
	}
	if err != nil {
		return 0, err.Error()
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if closing := res.Body.Close(); err == nil {
		err = closing
	}
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		return res.StatusCode, fmt.Sprintf("the endpoint answered %d", res.StatusCode)
	case err != nil:
		return res.StatusCode, err.Error()
	}
	return res.StatusCode, ""
}

// serve has the handler answer. A handler that aborts is a connection that breaks.
func (e Endpoint) serve(ctx context.Context, header http.Header, body []byte) (res *http.Response, err error) {
	defer func() {
		switch said := recover(); said {
		case nil:
		case http.ErrAbortHandler:
			res, err = nil, errors.New("the connection broke")
		default:
			panic(said)
		}
	}()
	arrived := httptest.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	arrived.Header = header
	answer := httptest.NewRecorder()
	e.Handler.ServeHTTP(answer, arrived)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // it answered too late
	}
	return answer.Result(), nil
}
