// Command roster brings a class in line with a class list from Canvas, Moodle and
// others: it shows what the list would change, and with -apply it changes it.
//
//	go run ./examples/roster
//	go run ./examples/roster -apply
//
// Without credentials it runs offline, with Stytch in memory (package mock) and a class
// that imported last week's list and gets this week's now. With STYTCH_PROJECT_ID and
// STYTCH_SECRET in the environment it imports into a class of the real Stytch:
//
//	go run ./examples/roster -class laws1100 -file list.csv -as instructor
//
// It writes the plan to the standard output, and progress and errors to the standard
// error. The exit code is 0 if the class is as the list says or, without -apply, if the
// plan has no fault; 1 if Stytch could not be reached or the import is incomplete; and 2
// if the list, the flags or the environment are wrong, when nothing was changed.
//
// The same command completes an incomplete import: it makes a new plan from the roster in
// Stytch, in which the members who were added already are unchanged.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first Ctrl-C lets the calls under way complete; a second one ends the program at
	// once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
