package middleware_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/stretchr/testify/require"
)

// channel is a request that opens one, to https://law.school.edu.
func channel(how string) *http.Request {
	r := httptest.NewRequest("GET", "/classes/"+law, nil)
	switch how {
	case "HTTP/1.1":
		r.Header.Set("Connection", "keep-alive, Upgrade")
		r.Header.Set("Upgrade", "websocket")
	case "Upgrade alone":
		r.Header.Set("Upgrade", "another/1")
	case "HTTP/2": // RFC 8441, as net/http shows it
		r = httptest.NewRequest("CONNECT", "/classes/"+law, nil)
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
		r.Header[":protocol"] = []string{"websocket"}
	case "HTTP/3": // RFC 9220
		r = httptest.NewRequest("CONNECT", "/classes/"+law, nil)
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/3.0", 3, 0
		r.Header[":protocol"] = []string{"webtransport"}
	}
	r.Host = "law.school.edu"
	r.TLS = &tls.ConnectionState{}
	return r
}

var channels = []string{"HTTP/1.1", "Upgrade alone", "HTTP/2", "HTTP/3"}

// A08: cookies open a connection for a page of this host and of those that are listed, and
// for no other, in front of every guard and before any handler runs.
func TestA08_ChannelsNeedAnOrigin(t *testing.T) {
	for name, tt := range map[string]struct {
		origin []string
		host   string // of the request, if it is another
		plain  bool
		want   int
	}{
		"its own":                     {origin: []string{"https://law.school.edu"}, want: 200},
		"its own, with the port":      {origin: []string{"https://law.school.edu:443"}, want: 200},
		"its own, in capitals":        {origin: []string{"HTTPS://LAW.school.edu"}, want: 200},
		"its own on another port":     {origin: []string{"https://law.school.edu:8443"}, host: "law.school.edu:8443", want: 200},
		"its own without TLS":         {origin: []string{"http://law.school.edu"}, plain: true, want: 200},
		"listed":                      {origin: []string{"https://www.school.edu"}, want: 200},
		"listed, with a port":         {origin: []string{"http://localhost:3000"}, want: 200},
		"the public name of a proxy":  {origin: []string{"https://www.school.edu"}, host: "10.0.0.7:8080", plain: true, want: 200},
		"none":                        {want: 403},
		"empty":                       {origin: []string{""}, want: 403},
		"null":                        {origin: []string{"null"}, want: 403},
		"a sibling host":              {origin: []string{"https://blog.school.edu"}, want: 403},
		"the parent":                  {origin: []string{"https://school.edu"}, want: 403},
		"a child":                     {origin: []string{"https://x.law.school.edu"}, want: 403},
		"another scheme":              {origin: []string{"http://law.school.edu"}, want: 403},
		"another scheme, the other":   {origin: []string{"https://law.school.edu"}, plain: true, want: 403},
		"another port":                {origin: []string{"https://law.school.edu:8443"}, want: 403},
		"the port of another scheme":  {origin: []string{"https://law.school.edu:80"}, want: 403},
		"a listed host, another port": {origin: []string{"http://localhost:3001"}, want: 403},
		"two":                         {origin: []string{"https://law.school.edu", "https://evil.example"}, want: 403},
		"two in one":                  {origin: []string{"https://law.school.edu, https://evil.example"}, want: 403},
		"with a path":                 {origin: []string{"https://law.school.edu/"}, want: 403},
		"with a user":                 {origin: []string{"https://law.school.edu@evil.example"}, want: 403},
		"a longer name":               {origin: []string{"https://law.school.edu.evil.example"}, want: 403},
		"a dot at the end":            {origin: []string{"https://law.school.edu."}, want: 403},
		"no scheme":                   {origin: []string{"law.school.edu"}, want: 403},
		"no host":                     {origin: []string{"https://"}, host: "-", want: 403},
	} {
		for _, how := range channels {
			t.Run(name+"/"+how, func(t *testing.T) {
				guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{
					Can: permitAll, Origins: []string{"https://www.school.edu", "http://localhost:3000"},
				})
				mux := http.NewServeMux()
				class := middleware.PathClass("class")
				mux.Handle("/classes/{class}", guard.InClass(class, grimoireauth.RoleStudent)(whoami))
				inside := func(w http.ResponseWriter, r *http.Request) {
					_, err := guard.Check(r)
					if err != nil {
						guard.Respond(w, r, err)
					}
				}
				for where, h := range map[string]http.Handler{
					"Protect": guard.Protect(mux), "InClass": mux, "Load": guard.Load(whoami), "Require": guard.Require(whoami),
					"Can": guard.Can(middleware.NoClass, "class", "read")(whoami), "Check": http.HandlerFunc(inside),
				} {
					r := channel(how)
					require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("jwt.ada.x", "token")))
					r.Header["Origin"] = tt.origin
					if tt.origin == nil {
						r.Header.Del("Origin")
					}
					if tt.host != "" {
						r.Host = strings.Trim(tt.host, "-")
					}
					if tt.plain {
						r.TLS = nil
					}
					res := serve(h, r)
					require.Equal(t, tt.want, res.StatusCode, where)
					if tt.want == 403 {
						require.Contains(t, body(t, res), `"foreign_origin"`, where)
						require.Empty(t, res.Cookies(), where)
					}
				}
			})
		}
	}
}

// A08: what no browser adds by itself needs no Origin: a bearer token, no credentials; nor
// does a request that opens nothing.
func TestA08_WhatNeedsNone(t *testing.T) {
	for _, how := range channels {
		guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{CredentialSource: middleware.BearerOrCookies})
		r := channel(how)
		r.Header.Set("Authorization", "Bearer jwt.ada.x")
		r.Header.Set("Cookie", tokenCookie+"=token; "+jwtCookie+"=jwt.tom.x")
		r.Header.Set("Origin", "https://evil.example")
		require.Equal(t, 200, serve(guard.Require(whoami), r).StatusCode, how)

		r = channel(how)
		require.Equal(t, 401, serve(guard.Require(whoami), r).StatusCode, "%s: nobody", how)
		require.Equal(t, 200, serve(guard.Load(whoami), r).StatusCode, "%s: nobody", how)

		r = channel(how)
		require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("jwt.ended.x", "token")))
		require.Equal(t, 403, serve(guard.Load(whoami), r).StatusCode, "%s: not even whose they were", how)
	}
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{})
	for _, origin := range []string{"", "null", "https://evil.example"} {
		r := channel("none")
		require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("jwt.ada.x", "token")))
		r.Header.Set("Origin", origin)
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Upgrade", " ") // of a proxy that always sends it
		require.Equal(t, 200, serve(guard.Require(whoami), r).StatusCode, "events are left to CORS: %s", origin)
	}
}

// A08: faults of Origins show when the program starts.
func TestA08_WrongOrigins(t *testing.T) {
	for _, origin := range []string{"", "null", "*", "school.edu", "https://", "https://school.edu/", "https://school.edu/app", "https://*.school.edu", "https://a.edu,https://b.edu", "ws://school.edu", "https://u@school.edu", "https://school.edu?x", "https://school.edu#x", "https://school.edu:x"} {
		_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{Origins: []string{"https://school.edu", origin}})
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, origin)
		require.ErrorContains(t, err, "Origins", origin)
	}
	_, err := middleware.New(newSchool(t).Authenticate, middleware.Config{Origins: []string{"https://school.edu"}, CredentialSource: middleware.BearerOnly})
	require.ErrorContains(t, err, "Origins")
}

// A08: a program behind a proxy learns once why nothing connects.
func TestA08_TheLogSaysSoOnce(t *testing.T) {
	var logged bytes.Buffer
	guard := newGuard(t, newSchool(t).Authenticate, middleware.Config{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	for range 3 {
		r := channel("HTTP/1.1")
		r.TLS = nil
		require.NoError(t, guard.Attach(r, grimoireauth.NewCredentials("jwt.ada.x", "token")))
		r.Header.Set("Origin", "https://law.school.edu")
		require.Equal(t, 403, serve(guard.Require(whoami), r).StatusCode)
	}
	require.Equal(t, 1, strings.Count(logged.String(), "Config.Origins"))
}

// A WebSocket is opened by pages of one's own origin, and of those that are listed.
func ExampleErrForeignOrigin() {
	guard, err := middleware.New(exampleAuth, middleware.Config{Origins: []string{"https://www.school.edu"}})
	if err != nil {
		log.Fatal(err)
	}
	socket := guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = guard.Watch(r) // before the connection is taken over
		w.WriteHeader(http.StatusSwitchingProtocols)
	}))
	for _, origin := range []string{"https://law.school.edu", "https://www.school.edu", "https://blog.school.edu", ""} {
		r := httptest.NewRequestWithContext(context.Background(), "GET", "https://law.school.edu/socket", nil)
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Origin", origin)
		if err := guard.Attach(r, grimoireauth.NewCredentials("ada.s.jwt", "token")); err != nil {
			log.Fatal(err)
		}
		w := httptest.NewRecorder()
		socket.ServeHTTP(w, r)
		fmt.Printf("%q %d\n", origin, w.Code)
	}
	// Output:
	// "https://law.school.edu" 101
	// "https://www.school.edu" 101
	// "https://blog.school.edu" 403
	// "" 403
}
