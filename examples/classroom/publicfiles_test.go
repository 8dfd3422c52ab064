package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// fetched are the addresses that a browser fetches for a page, besides those that it
// asks every host for.
var fetched = regexp.MustCompile(`<(?:link[^>]*href|img[^>]*src|script[^>]*src)="(/[^"]*)"`)

// subresource requests a file that a page needs, as a browser does.
func (v *visitor) subresource(path string) (status int, header http.Header, body string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.home+path, nil)
	require.NoError(v.t, err)
	r.Header.Set("Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Mode", "no-cors")
	r.Header.Set("Sec-Fetch-Dest", "image")
	res, err := v.client.Do(r)
	require.NoError(v.t, err)
	raw, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	require.NoError(v.t, res.Body.Close())
	return res.StatusCode, res.Header, string(raw)
}

// A public page causes no 401 in the browser's console, and a load balancer finds the
// program healthy.
func TestC16_WhatIsAskedForWithoutASession(t *testing.T) {
	room, arrive := open(t)
	stranger := arrive()
	for _, page := range []string{"/", "/auth/", "/auth/?class=" + string(room.rooms[0].ID), "/outbox", "/classes/" + string(room.rooms[0].ID)} {
		status, _, html := stranger.get(page)
		require.Equal(t, http.StatusOK, status, page)
		asked := []string{"/favicon.ico"}
		for _, found := range fetched.FindAllStringSubmatch(html, -1) {
			asked = append(asked, found[1])
		}
		for _, path := range asked {
			status, _, _ := stranger.subresource(path)
			require.Equal(t, http.StatusOK, status, "%s, which %s makes a browser fetch", path, page)
		}
	}
	_, header, icon := stranger.subresource("/favicon.ico")
	require.Equal(t, "image/svg+xml", header.Get("Content-Type"))
	require.Contains(t, icon, "<svg")
	status, _, robots := stranger.subresource("/robots.txt")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, robots, "User-agent: *")

	status, _, _ = stranger.post("/stytch/power", url.Values{"power": {"off"}})
	require.Equal(t, http.StatusOK, status)
	require.True(t, room.demo.off())
	status, header, _ = stranger.subresource("/healthz")
	require.Equal(t, http.StatusOK, status, "while Stytch is down this program is well")
	require.Equal(t, "no-store", header.Get("Cache-Control"))

	t.Log("and nothing else has opened")
	for _, path := range []string{"/healthz/", "/robots.txt/x", "/pages/home.html", "/favicon.svg", "/apple-touch-icon.png"} {
		status, _, _ := stranger.subresource(path)
		require.Equal(t, http.StatusUnauthorized, status, path)
	}
}
