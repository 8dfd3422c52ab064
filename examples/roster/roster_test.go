package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const creating = "POST /v1/b2b/organizations/{organization_id}/members"

// env is an environment with these variables and no others.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// start runs the program without a process.
func start(t *testing.T, getenv func(string) string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(t.Context(), args, getenv, &out, &errs)
	return code, out.String(), errs.String()
}

// write makes a class list.
func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "list.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// class is a class at a Stytch that outlives one run of the program, and the
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
	code = c.run(c.t.Context(), &out, &errs, false)
	return code, out.String(), errs.String()
}

// created counts the people whom Stytch made.
func (c class) created() int {
	n := 0
	for _, request := range c.stytch.Journal() {
		if request.Endpoint == creating && request.Status == 200 {
			n++
		}
	}
	return n
}

func TestDemonstration(t *testing.T) {
	for _, row := range []struct {
		name, golden string
		args         []string
		changed      int
	}{
		{"a dry run", "dryrun.txt", nil, 0},
		{"an import", "apply.txt", []string{"-apply"}, 11},
	} {
		t.Run(row.name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", row.golden))
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				code, stdout, stderr := start(t, env(), row.args...)
				require.Equal(t, exitDone, code, stderr)
				require.Equal(t, string(want), stdout)
				require.Equal(t, row.changed > 0, strings.Contains(stderr, "11 of 11\n"), stderr)
				require.NotContains(t, stderr, "@", "progress names nobody")
			})
		})
	}
}

// The whole way, with a Stytch on a port and its credentials in the environment.
func TestStytchElsewhere(t *testing.T) {
	stytch := new(mock.Stytch)
	url, stop := stytch.Start()
	defer stop()
	room := stytch.AddClass("LAWS1100")
	getenv := env("STYTCH_PROJECT_ID", stytch.ProjectID(), "STYTCH_SECRET", stytch.Secret().Reveal())
	args := []string{"-stytch", url, "-class", string(room.ID), "-as", "tutor", "-file", write(t, "Email,Name,Role\nada@example.edu,Ada Lovelace,Student\nbo@example.edu,Bo,TA\n")}

	code, stdout, stderr := start(t, getenv, args...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "To carry it out, add -apply.")
	require.Contains(t, stdout, "2     Ada Lovelace  ada@example.edu  student  is added\n")

	args[3] = room.Slug
	for _, want := range []string{"Done: 2.", "There is nothing to do."} {
		code, stdout, stderr = start(t, getenv, append(args, "-apply")...)
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, stdout, want)
		require.NotContains(t, stdout+stderr, stytch.Secret().Reveal())
	}

	args[7] = write(t, "Email\ncy@example.edu\n")
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitWrong, code, "two people of two are too many")
	require.Contains(t, stderr, "is the file whole?", "half a file must not empty a class")
	code, stdout, stderr = start(t, getenv, append(args, "-most-removed", "1")...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "2 removed")

	args[3] = "organization-test-00000000-0000-4000-8000-000000000000"
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitWrong, code, "there is no such class")
	require.Contains(t, stderr, "nothing was changed")
	stop()
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitFailed, code, "nobody could find out")
	require.Contains(t, stderr, "cannot be reached")
}

// Whatever is wrong is said at once, and Stytch is not asked.
func TestWrong(t *testing.T) {
	id, secret := []string{"STYTCH_PROJECT_ID", "project-test-00000000-0000-4000-8000-000000000000"}, []string{"STYTCH_SECRET", "secret-test-0"}
	bad := write(t, "Email,Role\nada,Student\nbo@example.edu,Observer\ncy@example.edu,Student\ncy@example.edu,Student\n")
	for _, row := range []struct {
		name string
		env  []string
		args []string
		want []string
	}{
		{"rows", nil, []string{"-apply", "-file", bad}, []string{"line 2: ", "line 3: ", `"Observer"`, "line 5: the same e-mail address as line 4", "nothing was changed"}},
		{"a role above the importer's", nil, []string{"-as", "student"}, []string{"line 3: ", "line 6: ", "line 7: ", "student at most"}},
		{"no such file", nil, []string{"-file", "nowhere.csv"}, []string{"nowhere.csv"}},
		{"half of the credentials: no secret", id, nil, []string{"STYTCH_SECRET is not", "-class is missing", "-file is missing", "-as is missing"}},
		{"half of the credentials: no id", secret, nil, []string{"STYTCH_PROJECT_ID is not", "-class is missing"}},
		{"flags of the real Stytch", nil, []string{"-class", "x", "-stytch", "http://127.0.0.1:1", "-as", "boss", "-most-removed", "2"}, []string{"-class is for", "-stytch needs", `"boss" is no role`, "-most-removed is not"}},
		{"no number", nil, []string{"-most-removed", "NaN"}, []string{"-most-removed is not"}},
		{"an unknown flag", nil, []string{"-aply"}, []string{"-aply", "-apply"}},
		{"a list without its flag", nil, []string{"list.csv"}, []string{"-file"}},
		{"credentials of no project", append([]string{"STYTCH_PROJECT_ID", "mine"}, secret...), []string{"-class", "x", "-file", bad, "-as", "tutor"}, []string{"ProjectID"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := start(t, env(row.env...), row.args...)
			require.Equal(t, exitWrong, code)
			require.Empty(t, stdout)
			for _, want := range row.want {
				require.Contains(t, stderr, want)
			}
		})
	}
	t.Run("asking for help is not wrong", func(t *testing.T) {
		code, _, stderr := start(t, env(), "-h")
		require.Equal(t, exitDone, code)
		require.Contains(t, stderr, "-apply")
	})
}

// cutAt is Ctrl-C at a moment that a line of progress tells.
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
		require.NotContains(t, stderr.String(), "@", "nobody failed")
		early := c.created()
		require.GreaterOrEqual(t, early, 4)
		require.Less(t, early, 13)

		code, stdout, errs := c.start()
		require.Equal(t, exitDone, code, errs)
		require.Regexp(t, `(?m)^2 .* ada@example\.edu .* already there$`, stdout)
		require.Contains(t, stdout, "0 new, 0 back, 0 with another role, 0 removed, 13 already there.")
		require.Equal(t, 13, c.created(), "nobody was made twice")
	})
}

// Too many requests are a reason to wait, and none to fail.
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
					require.Contains(t, stderr, want)
				}
				c.stytch.ClearFaults()
				code, _, stderr = c.start()
				require.Equal(t, exitDone, code, stderr)
				require.Equal(t, 13, c.created())
			})
		})
	}
}

func TestProgress(t *testing.T) {
	for _, row := range []struct {
		name string
		bar  bool
		want string
	}{
		{"a bar on a terminal", true, "\r[##############................] 12 of 25\r[###############...............] 13 of 25, 1 failed\n"},
		{"lines elsewhere", false, "12 of 25\n13 of 25, 1 failed\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out bytes.Buffer
			p := &progress{w: &out, bar: row.bar}
			p.step(classlist.Progress{Done: 12, Total: 25})
			p.step(classlist.Progress{Done: 13, Total: 25, Failed: 1})
			if !row.bar { // the sixth tenth has not begun before, and its line is there
				p.step(classlist.Progress{Done: 14, Total: 25, Failed: 1})
			}
			p.end()
			p.end()
			require.Equal(t, row.want, out.String())
		})
	}
	require.False(t, isTerminal(new(bytes.Buffer)))
}

// A name that steers the terminal could hide what an import does.
func TestPrintable(t *testing.T) {
	require.Equal(t, "Ada?[2K Đặng Thị Lan?", printable("Ada\x1b[2K Đặng Thị Lan\t"))
}
