// Command fakestytch is Stytch B2B in memory as a process: for Stytch's SDKs in
// other languages, for browsers, and for a look at what is going on.
//
//	go run ./mock/fakestytch -addr 127.0.0.1:4010 -seed school.json
//
// When it accepts requests it prints one line on standard output,
//
//	fakestytch ready url=http://127.0.0.1:4010 project_id=project-test-… secret=secret-test-…
//
// or with -json the same as an object, with which an SDK is configured: the URL in place of Stytch's, the id and the
// secret as they are. The page for people is at that URL; the control plane,
// through which a test reads the e-mails, lets time pass, signs people in and
// makes endpoints fail, is below /fake/ (see Control of package mock).
//
// A seed file, -seed, is a JSON object of this form; everything in it may be left
// out, and everything that is wrong with it is reported at once:
//
//	{
//	  "roles": [{"id": "marker", "description": "", "permissions": [{"resource": "class", "actions": ["mark"]}]}],
//	  "redirect_urls": ["http://localhost:3000/authenticate"],
//	  "cross_org_passwords": false, "rate_limits": false, "lock_after": 0, "random_seed": 0,
//	  "webhooks": [{"url": "http://localhost:3000/webhooks/stytch", "secrets": ["whsec_…"]}],
//	  "personas": [{"email": "ada@example.edu", "name": "Ada Lovelace", "groups": ["staff"]}],
//	  "organizations": [{
//	    "organization_name": "LAWS1100", "organization_slug": "laws1100",
//	    "members": [{"email_address": "ada@example.edu", "name": "Ada", "roles": ["marker"]}]
//	  }]
//	}
//
// Organizations and members have the fields of Stytch's create calls. Roles are
// those of the RBAC policy besides Stytch's own; without them there are tutor,
// instructor and coordinator. IdP users are the people who can be
// chosen at the scripted identity provider behind OAuth and SSO. With a random_seed, or the
// flag -random-seed, the ids, tokens, codes and keys are the same at each start. Webhooks,
// or the flags -webhook-url and -webhook-secret, name where Stytch's webhooks go.
//
// It protects nothing, so it refuses ids of live projects and addresses that
// other machines can reach, unless flags that name the danger are given. It reads
// no environment variables, writes nothing to disk, and forgets everything when
// it stops, which SIGINT and SIGTERM make it do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is main with everything that it uses of the process: it runs until ctx
// ends, and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := readOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err == nil && o.health != "":
		err = askHealth(ctx, o.health)
	case err == nil:
		err = run(ctx, o, stdout, stderr)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "fakestytch:", err) // an error means that stderr is closed
		return 1
	}
	return 0
}
