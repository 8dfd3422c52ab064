// Command roster brings a class in line with a class list from Canvas, Moodle and
// others: it shows what the list would change, and with -apply it changes it.
//
//	go run ./examples/roster
//	go run ./examples/roster -apply
//
// Without further ado it runs offline: Stytch is in its memory (package mock),
// with a class that imported last week's list and gets this week's now. With
// STYTCH_PROJECT_ID and STYTCH_SECRET in the environment it imports into a class
// of the real Stytch:
//
//	go run ./examples/roster -class laws1100 -file list.csv -as instructor
//
// The plan goes to the standard output; progress, and whatever is wrong, to the
// standard error. It ends with code 0 if all is as the list says or, without
// -apply, could be; with 1 if Stytch could not be asked or an import ended part of
// the way; and with 2 if the list, the flags or the environment are wrong, when
// nothing has been changed.
//
// An import that ended part of the way is resumed by the same command: the plan is
// made anew from what Stytch says, and who is there already stays as they are.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once; the first lets the calls under way
	// come back.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
