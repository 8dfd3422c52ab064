package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/classlist"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// The exit codes; the package comment says what they mean.
const (
	exitDone   = 0
	exitFailed = 1
	exitWrong  = 2
)

// run is the program without its process: it returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	bar := isTerminal(stderr) && getenv("CI") == "" && getenv("TERM") != "dumb"
	stderr = screenWriter{stderr}
	f, err := readFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	} else if err != nil {
		return exitWrong
	}
	o, err := readOptions(f, getenv)
	if err != nil {
		fmt.Fprintf(stderr, "roster: nothing was changed:\n%v\n", err)
		return exitWrong
	}
	return o.run(ctx, stdout, stderr, bar)
}

// run does the import and explains how it ended.
func (o options) run(ctx context.Context, stdout, stderr io.Writer, bar bool) int {
	i := importing{o, stdout, &progress{w: stderr, bar: bar}}
	i.config.Progress = i.progress.step
	err := i.do(ctx)
	i.progress.end()
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "roster:", err)
	var partly *partlyError
	if errors.As(err, &partly) || !isWrong(err) {
		return exitFailed
	}
	return exitWrong
}

// isTerminal reports whether the output is a terminal, on which a bar can redraw itself.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// isWrong reports whether the list, the flags or the environment are wrong, so that trying
// again does not help.
func isWrong(err error) bool {
	var path *os.PathError
	return errors.As(err, &path) || errors.Is(err, grimoireauth.ErrInvalid) || errors.Is(err, grimoireauth.ErrNotFound)
}

// importing is one import and its output.
type importing struct {
	options
	stdout   io.Writer
	progress *progress
}

// do reads the list, shows the plan and, with -apply, applies it.
func (i importing) do(ctx context.Context) error {
	client, err := i.client()
	if err != nil {
		return err
	}
	var notes []classlist.Note
	i.config.Note = func(note classlist.Note) { notes = append(notes, note) }
	list, err := i.read()
	if err != nil {
		return refused(i.name, err)
	}
	class, err := i.find(ctx, client)
	if err != nil {
		return fmt.Errorf("look at the class; nothing was changed: %w", err)
	}
	i.class = class.ID
	plan, err := i.plan(ctx, client, list)
	if err != nil {
		return refused(i.name, err)
	}
	printWrapped(i.stdout, fmt.Sprintf("%s into %s", i.name, printable(class.Name)), "", "  ")
	fmt.Fprintln(i.stdout)
	printNotes(i.stdout, notes)
	printPlan(i.stdout, plan)
	switch {
	case len(plan.Changes()) == 0:
		fmt.Fprintln(i.stdout, "There is nothing to do.")
		return nil
	case !i.apply:
		fmt.Fprintln(i.stdout, "Nothing was changed. To carry it out, add -apply.")
		i.suggest("go run ./examples/roster -apply")
		return nil
	}
	report, err := plan.Apply(ctx, client.Roster)
	if err != nil {
		return &partlyError{report, err, ctx.Err() != nil}
	}
	i.progress.end()
	fmt.Fprintf(i.stdout, "Done: %d.\n", report.Count(classlist.Done)+report.Count(classlist.AlreadySo))
	return i.lookAgain(ctx, client, list)
}

// lookAgain makes a new plan from the roster that Stytch has now. It must have no changes:
// that is why an interrupted import can simply be run again.
func (i importing) lookAgain(ctx context.Context, client *stytchclient.Client, list classlist.List) error {
	plan, err := i.plan(ctx, client, list)
	if err != nil {
		return fmt.Errorf("the import is done, and could not be looked at again: %w", err)
	}
	fmt.Fprintln(i.stdout, "The same list once more:")
	printTotals(i.stdout, plan)
	if left := len(plan.Changes()); left > 0 {
		return fmt.Errorf("another person or program has changed the class meanwhile: %d to do, run it again", left)
	}
	i.suggest("go run ./examples/roster -file your-list.csv")
	return nil
}

// suggest prints what to try next in the demonstration.
func (i importing) suggest(command string) {
	if i.sample {
		fmt.Fprintln(i.stdout, "\nTry next: "+command)
	}
}

func (o options) client() (*stytchclient.Client, error) {
	return stytchclient.New(stytchclient.Config{
		ProjectID: o.projectID, Secret: o.secret, BaseURL: o.stytchURL, Transport: o.transport,
	})
}

// find gets the class by its id, which begins with "organization-", or by its slug.
func (o options) find(ctx context.Context, client *stytchclient.Client) (grimoireauth.Class, error) {
	if strings.HasPrefix(string(o.class), "organization-") {
		return client.Classes.Get(ctx, o.class)
	}
	return client.Classes.BySlug(ctx, string(o.class))
}

func (o options) read() (list classlist.List, err error) {
	file, err := o.open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if o.enrolled == nil {
		return classlist.Read(file, o.config)
	}
	enrolled, err := o.enrolled()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, enrolled.Close()) }()
	return classlist.ReadEnrolled(file, enrolled, o.of, o.config)
}

// plan fetches the roster and compares it with the list.
func (o options) plan(ctx context.Context, client *stytchclient.Client, list classlist.List) (classlist.Plan, error) {
	members, err := classlist.Members(ctx, client.Roster, o.class)
	if err != nil {
		return classlist.Plan{}, err
	}
	return classlist.NewPlan(o.class, list, members, o.config)
}
