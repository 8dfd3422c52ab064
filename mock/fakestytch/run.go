package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// run serves until ctx ends, and returns when nothing of it is left.
func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("%w\nIs another program using that address? Choose one with -addr 127.0.0.1:0", err)
	}
	// A name can have been given another address than we think.
	at, err := netip.ParseAddrPort(listener.Addr().String())
	if err == nil && !o.remote && !at.Addr().Unmap().IsLoopback() {
		err = fmt.Errorf("-addr %.100q turned out to be %v, which other machines can reach", o.addr, at)
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	url := cmp.Or(strings.TrimRight(o.url, "/"), reachedAt(at))
	stytch, err := o.stytch(url)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	control := stytch.Control()
	server := &http.Server{
		// No ServeMux: it would send //v1/… elsewhere, and Stytch does not.
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isForPeople(r) {
				control.ServeHTTP(w, r)
			} else {
				stytch.ServeHTTP(w, r)
			}
		}),
		// Calls that a fault rule holds up end when the process is told to.
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          log.New(stderr, "fakestytch: ", 0),
	}
	delivering, stopDelivering := context.WithCancel(ctx)
	delivered := make(chan error, 1)
	go func() { delivered <- stytch.RunWebhooks(delivering) }()
	defer func() { stopDelivering(); <-delivered }()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := announce(stdout, o.json, ready{url, at.String(), stytch.ProjectID(), stytch.Secret().Reveal(), stytch.PublicToken()}); err != nil {
		return errors.Join(err, stop(ctx, server, served))
	}
	if o.open {
		if err := open(url); err != nil {
			_, _ = fmt.Fprintf(stderr, "fakestytch: no browser could be opened, go to %s yourself: %v\n", url, err)
		}
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return stop(ctx, server, served)
	}
}

// isForPeople reports whether a request is for the page and the control plane: also one of
// a browser that goes to an address which is neither Stytch's nor the identity provider's.
func isForPeople(r *http.Request) bool {
	path := "/" + strings.TrimLeft(r.URL.Path, "/") // stytch-go calls //v1/…
	for _, prefix := range []string{"/v1/", "/sdk/", "/mock/"} {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	return path == "/" || path == "/favicon.ico" || strings.HasPrefix(path, "/fake/") || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ready is the line that says how to reach it.
type ready struct {
	URL         string `json:"url"`
	Listening   string `json:"listening"` // the address and port
	ProjectID   string `json:"project_id"`
	Secret      string `json:"secret"`
	PublicToken string `json:"public_token"`
}

func announce(stdout io.Writer, asJSON bool, r ready) error {
	if asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err := fmt.Fprintf(stdout, "fakestytch ready url=%s project_id=%s secret=%s\n", r.URL, r.ProjectID, r.Secret)
	return err
}

// reachedAt is the URL for a browser on this machine: an address that stands for
// all of them is none to go to.
func reachedAt(at netip.AddrPort) string {
	if at.Addr().IsUnspecified() {
		return "http://" + net.JoinHostPort("localhost", strconv.Itoa(int(at.Port())))
	}
	return "http://" + at.String()
}

// stop waits for the responses under way, and closes the connections that are left.
func stop(ctx context.Context, server *http.Server, served <-chan error) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		// A connection without a request is not an error.
		err = server.Close()
	}
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return err
}

// open shows the page in the browser that the desktop thinks of. It does not wait
// for the program: some hand the address over and end, others become the browser.
func open(url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	browser := exec.Command(name, args...)
	if err := browser.Start(); err != nil {
		return err
	}
	return browser.Process.Release()
}
