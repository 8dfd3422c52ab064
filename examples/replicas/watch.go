package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// news is what the page is told: an event of one stream, or how the parts are.
type news struct {
	name string
	data any
}

// over and power are the data of the events.
type (
	over struct {
		Process int     `json:"process"`
		Code    string  `json:"code"`
		After   float64 `json:"after"` // milliseconds since the request that ended it; 0: none did
	}
	power struct {
		Redis  bool `json:"redis"`
		Stytch bool `json:"stytch"`
		Ours   bool `json:"ours"` // whether Redis can be stopped
	}
)

// events opens the stream of each process with the cookies of this browser, and passes on
// what they say. A browser has six connections to a host, so three for each tab would soon
// be too many; and one clock takes all times.
func (s *stage) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	all := make(chan news)
	tell := func(name string, data any) {
		select {
		case all <- news{name, data}:
		case <-ctx.Done():
		}
	}
	for _, p := range s.processes {
		parts.Go(func() { s.follow(ctx, p, r.Header.Get("Cookie"), tell) })
		parts.Go(func() { s.look(ctx, p, tell) })
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ended:
			return
		case n := <-all:
			if send(w, n.name, n.data) != nil {
				return
			}
		}
	}
}

// look says twice a second how a process is.
func (s *stage) look(ctx context.Context, p *replica, tell func(string, any)) {
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for {
		if p.number == 1 {
			tell("power", power{s.redis == nil || s.redis.running(), s.power.Load(), s.redis != nil})
		}
		if res, err := p.get(ctx, "/status", ""); err == nil {
			var now state
			if json.NewDecoder(res.Body).Decode(&now) == nil {
				tell("state", now)
			}
			_ = res.Body.Close()
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

func (p *replica) get(ctx context.Context, path, cookie string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		return nil, err
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return http.DefaultClient.Do(r)
}

// follow keeps the stream of a process open for as long as the session lasts.
func (s *stage) follow(ctx context.Context, p *replica, cookie string, tell func(string, any)) {
	for ctx.Err() == nil {
		code, opened := s.stream(ctx, p, cookie, tell)
		if ctx.Err() != nil {
			return
		}
		end := over{Process: p.number, Code: code}
		if opened {
			after, line, ok := s.measured.end(p.number, time.Now())
			if ok {
				end.After = milliseconds(after)
			}
			if line != "" {
				_, _ = fmt.Fprintln(s.out, line)
			}
		}
		tell("over", end)
		if code == "session_ended" || code == "signed_out" {
			return // the page begins anew after the next sign-in
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// stream opens the stream of a process and passes on its events, until its last byte. It
// returns why the stream ended, or why it did not open.
func (s *stage) stream(ctx context.Context, p *replica, cookie string, tell func(string, any)) (code string, opened bool) {
	res, err := p.get(ctx, "/classes/"+string(s.Class)+"/events", cookie)
	if err != nil {
		return "unreachable", false
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return "signed_out", false
	default:
		return "unavailable", false
	}
	code = "connection_lost"
	name := ""
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			name = event
			continue
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case ok && name == "begin":
			tell("begin", json.RawMessage(data))
		case ok && name == "end":
			var last ended
			if json.Unmarshal([]byte(data), &last) == nil {
				code = last.Code
			}
		}
	}
	return code, true
}
