package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

// readAlong opens the stream of events and returns its lines, but for empty ones. The
// channel is closed when the stream ends.
func (s *service) readAlong(as grimoireauth.Credentials) <-chan string {
	s.t.Helper()
	res, err := http.DefaultClient.Do(s.request(as, "GET", "/classes/{class}/events", ""))
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, res.StatusCode)
	require.Equal(s.t, "text/event-stream", res.Header.Get("Content-Type"))
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer func() { _ = res.Body.Close() }()
		for scanner := bufio.NewScanner(res.Body); scanner.Scan(); {
			if scanner.Text() != "" {
				lines <- scanner.Text()
			}
		}
	}()
	require.Equal(s.t, ": reading along", s.next(lines))
	return lines
}

// next waits for a line, "" at the end of the stream.
func (s *service) next(lines <-chan string) string {
	s.t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(time.Minute):
		s.t.Fatal("nothing came")
		return ""
	}
}

func TestStreamSaysWhatIsReleased(t *testing.T) {
	t.Parallel()
	s := serveWithin(t, 200*time.Millisecond)
	elsewhere := s.stytch.SignIn(s.stytch.AddInstructor(s.stytch.AddClass("Torts").ID, "tom@example.edu"))
	lines := s.readAlong(s.student)
	// Longer than the server takes to write an answer: that must not end the stream.
	select {
	case line := <-lines:
		t.Fatalf("the stream says %q", line)
	case <-time.After(300 * time.Millisecond):
	}
	s.refused(http.StatusNotFound, "not_found", elsewhere, "POST", "/classes/{class}/release", releaseBody)
	s.call(s.instructor, "POST", "/classes/{class}/release", `{"title":"two\nlines\n\nevent: end"}`)
	require.Equal(t, "event: released", s.next(lines))
	require.Contains(t, s.next(lines), `data: {"title":"two\nlines\n\nevent: end","by":"member-`, "a title cannot write events of its own")
}

// A stream ends with what let its reader in. How soon is measured in package middleware,
// in virtual time.
func TestStreamEnds(t *testing.T) {
	rows := map[string]struct {
		end  func(*testing.T, *service, grimoireauth.Authentication)
		code string
	}{
		"signed out": {func(t *testing.T, s *service, _ grimoireauth.Authentication) {
			s.call(s.student, "DELETE", "/session", "")
		}, "session_ended"},
		"removed from the class": {func(t *testing.T, s *service, who grimoireauth.Authentication) {
			require.NoError(t, s.client.Roster.Remove(t.Context(), s.demo.class, who.Member()))
		}, "session_expired"},
		"made a tutor": {func(t *testing.T, s *service, who grimoireauth.Authentication) {
			_, err := s.client.Roster.SetRole(t.Context(), s.demo.class, who.Member(), grimoireauth.RoleTutor)
			require.NoError(t, err)
		}, "session_expired"},
		"the server stops": {func(_ *testing.T, s *service, _ grimoireauth.Authentication) { s.guard.EndWatches() }, "server_stopping"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			who, err := s.verifier.Authenticate(t.Context(), s.student)
			require.NoError(t, err)
			lines := s.readAlong(s.student)
			row.end(t, s, who)
			require.Equal(t, "event: end", s.next(lines))
			require.Equal(t, `data: {"code":"`+row.code+`"}`, s.next(lines))
			require.Equal(t, "", s.next(lines))
		})
	}
}

// A client that does not read keeps no other waiting, and is disconnected.
func TestBoardWaitsForNobody(t *testing.T) {
	var b board
	by := grimoireauth.Instructor{Person: grimoireauth.Person{Member: "member-test-1", Class: "organization-test-1"}}
	slow, leave := b.read(by.Class)
	other, leaveOther := b.read("organization-test-2")
	for range unread + 1 {
		b.publish(by, "Essay 1")
	}
	for range unread {
		require.Equal(t, "Essay 1", (<-slow).Title)
	}
	_, open := <-slow
	require.False(t, open)
	require.Empty(t, other, "another class")
	leave()
	leaveOther()
	leaveOther()
	require.Empty(t, b.readers, "nobody is kept who has left")
}

func TestEventsAreOneLine(t *testing.T) {
	require.False(t, strings.Contains(reason(nil), "\n"))
	require.Equal(t, "unavailable", reason(grimoireauth.ErrUnavailable))
	require.Equal(t, "session_ended", reason(grimoireauth.ErrSessionEnded))
	require.Equal(t, "session_expired", reason(grimoireauth.ErrExpired))
	require.Equal(t, "forbidden", reason(grimoireauth.ErrForbidden))
	require.Equal(t, "not_found", reason(grimoireauth.ErrNotFound))
	require.Equal(t, "server_stopping", reason(http.ErrServerClosed))
}
