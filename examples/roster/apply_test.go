package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// creating is the endpoint that adds a member.
const creating = "POST /v1/b2b/organizations/{organization_id}/members"

// class is a class at a Stytch that is used by several runs of the program, with the
// sample as its list.
type class struct {
	options
	t      *testing.T
	stytch *mock.Stytch
}

func newClass(t *testing.T) class {
	stytch := new(mock.Stytch)
	stytch.Fail(mock.Fault{Latency: slow})
	return class{t: t, stytch: stytch, options: options{
		projectID: stytch.ProjectID(), secret: stytch.Secret(), stytchURL: stytch.BaseURL(), transport: stytch,
		class: stytch.AddClass("LAWS1100").ID, name: "list.csv", apply: true,
		open:   func() (io.ReadCloser, error) { return lists.Open("lists/laws1100.csv") },
		config: classlist.Config{Highest: grimoireauth.RoleInstructor, Concurrency: 2},
	}}
}

func (c class) start() (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = c.run(c.t.Context(), &out, screenWriter{&errs}, false)
	requireFits(c.t, out.String()+errs.String())
	return code, out.String(), errs.String()
}

// created counts the members that Stytch has created.
func (c class) created() int {
	n := 0
	for _, request := range c.stytch.Journal() {
		if request.Endpoint == creating && request.Status == 200 {
			n++
		}
	}
	return n
}

// cutAt cancels the import, as Ctrl-C does, at a certain line of progress.
type cutAt struct {
	bytes.Buffer
	line   string
	cancel context.CancelFunc
}

func (c *cutAt) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), c.line) {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

func TestInterruptedAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stderr := &cutAt{line: "4 of 13", cancel: cancel}
		require.Equal(t, exitFailed, c.run(ctx, io.Discard, stderr, false))
		require.Contains(t, stderr.String(), "interrupted")
		require.Contains(t, stderr.String(), "Run the same command again")
		require.NotContains(t, stderr.String(), "@", "no row failed")
		early := c.created()
		require.GreaterOrEqual(t, early, 4)
		require.Less(t, early, 13)

		code, stdout, errs := c.start()
		require.Equal(t, exitDone, code, errs)
		require.Regexp(t, `(?m)^2 .* ada@example\.edu .* stays student$`, stdout)
		require.Contains(t, stdout, "0 new, 0 back, 0 another role, 0 other details, 0 removed, 13 unchanged.")
		require.Equal(t, 13, c.created(), "no member was created twice")
	})
}

// The import waits when Stytch returns 429, and does not fail.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClass(t)
		c.stytch.ClearFaults()
		c.stytch.Fail(mock.Fault{Endpoint: creating, Status: 429, RetryAfter: 7 * time.Second, Times: 5})
		began := time.Now()
		code, stdout, stderr := c.start()
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, stdout, "Done: 13.")
		require.GreaterOrEqual(t, time.Since(began), 14*time.Second, "as long as Stytch asks, each time")
		require.Equal(t, 13, c.created())
	})
}

func TestPartOfTheWay(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault mock.Fault
		want  []string
	}{
		{"a row that Stytch refuses", mock.Fault{Endpoint: creating, Status: 400, ErrorType: "invalid_email", Times: 1}, []string{"12 of 13 changes are made", "line 2: add ada@example.edu", "1 failed"}},
		{"Stytch is gone", mock.Fault{Endpoint: creating, Drop: true}, []string{"0 of 13 changes are made", "cannot be reached"}},
		{"Stytch stays busy", mock.Fault{Endpoint: creating, Status: 429}, []string{"0 of 13 changes are made", "too many requests"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClass(t)
				c.config.Concurrency = 1
				c.stytch.ClearFaults()
				c.stytch.Fail(row.fault)
				code, _, stderr := c.start()
				require.Equal(t, exitFailed, code)
				for _, want := range append(row.want, "Run the same command again") {
					require.Contains(t, unwrapped(stderr), want)
				}
				c.stytch.ClearFaults()
				code, _, stderr = c.start()
				require.Equal(t, exitDone, code, stderr)
				require.Equal(t, 13, c.created())
			})
		})
	}
}
