// Package doctor checks at start-up whether a program can work as it is configured: its
// project at Stytch, and the classes that it names.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/internal/breaker"
	"github.com/promptgrimoire/auth/internal/limit"
	"github.com/promptgrimoire/auth/internal/project"
	"github.com/promptgrimoire/auth/internal/steps"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
)

// Options says what [Check] looks at besides the project. The zero Options is the
// project alone.
type Options struct {
	// Classes and Slugs name the classes to look at, by their id or their slug.
	Classes []grimoireauth.ClassID
	Slugs   []string
	// RolesBySSO says that signing in at an identity provider should make a member
	// more than a student. OIDC connections, to which Stytch gives no roles, are then
	// a warning. False: they are one only beside a connection that does give roles.
	RolesBySSO bool
	// Timeout bounds all of it together. Zero: 20 seconds, and 20 milliseconds more for
	// each class. A thousand classes take about half a minute, at a tenth of a second for
	// a call.
	Timeout time.Duration
}

// The time of a check whose Options name none.
const (
	defaultCheckup = 20 * time.Second
	timeForClass   = 20 * time.Millisecond
)

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return defaultCheckup + time.Duration(len(o.Classes)+len(o.Slugs))*timeForClass
}

// ErrIncomplete matches the error of [Report.Err] if the time of the check was over, or its
// context was cancelled, before all classes were looked at. The error matches that of the
// context as well. It is no fault of the configuration, and Stytch did answer: give
// Options.Timeout more time, or check fewer classes at a time.
var ErrIncomplete = errors.New("not all classes were looked at")

// Check asks Stytch whether the program can work as it is configured, and says
// everything that it found at once: whether the Config is complete and of one
// environment, the key set usable, the secret the project's, every role of the
// [grimoireauth.RoleTable] in the RBAC policy; and of each class, whether its settings lock
// people out. Call it when the program starts, or from an administrator's command:
//
//	report := doctor.Check(ctx, config, doctor.Options{Classes: classes})
//	fmt.Print(report)
//	if err := report.Err(); err != nil {
//		return err
//	}
//
// It changes nothing and sends no message. What it could not find out is
// [grimoireauth.SeverityUnknown] and no fault: a program should start while Stytch is down. It
// makes two calls for the project, two for each class and one or two for forty classes
// together, eight classes at a time. It repeats calls as Config.Retries says, waits after a
// 429 as long as Stytch asks, asks about no further class once Stytch does not answer, and
// ends with ctx or its timeout; how many classes it left out then it says in the last
// Finding, and by [ErrIncomplete]. Every call has returned when Check does. Config.Observe
// gets a [grimoireauth.StepDone] for each class and nothing else, Config.OnRevoke gets
// nothing, and Check never panics.
//
// Whether user locks are on no API call tells either, which is a Finding of its own:
// look in the Stytch dashboard. Four more things only a sign-in can tell: which redirect
// URLs are registered, whether the public token is the project's own, what attributes an
// identity provider releases, and what the session JWT template adds to a session_jwt: a
// custom audience has to be in Config.Audiences of package jwtlocal, whose alarm names it. An organization's own roles are not
// part of the policy that it reads.
func Check(ctx context.Context, config stytchclient.Config, check Options) Report {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, check.timeout())
	defer cancel()

	observe := config.Observe
	config.Observe, config.OnRevoke = nil, nil // what there is to say is in the Report
	if config.Roles == nil {
		config.Roles = grimoireauth.DefaultRoleTable()
	}
	client, err := stytchclient.New(config)
	if err != nil {
		return misconfigured(err)
	}
	proj, err := project.Parse(config.ProjectID, config.BaseURL)
	if err != nil {
		return misconfigured(err) // New has refused it already
	}
	d := &examination{
		client: client, config: config, project: proj, check: check, began: began, observe: observe,
		http: stytchhttp.NewClient(config.Transport, config.Timeout, config.Retries, nil, new(limit.Sources), new(breaker.Breaker)),
	}
	return d.examine(ctx)
}

// examination is one run of Check.
type examination struct {
	client  *stytchclient.Client
	config  stytchclient.Config // with the role table that the client has
	project project.Project
	check   Options
	http    *http.Client // for the key set, which is asked for without the secret
	began   time.Time
	observe grimoireauth.Observe // for progress; nil: none

	pace     steps.Pace
	refused  atomic.Bool  // Stytch refuses the project: no class can be looked at
	outage   atomic.Bool  // a call about a class got no answer: no further class is looked at
	answered atomic.Int64 // how long after began Stytch has last answered with the secret, in nanoseconds
}

// The names of the checks, which are the codes of what is well and of what could
// not be found out.
const (
	checkConfig = "configuration"
	checkKeys   = "keys"
	checkSecret = "secret"
	checkRoles  = "roles"
	checkClass  = "class"
	checkLimits = "limits"
)

func misconfigured(err error) Report {
	text := err.Error()
	var e *grimoireauth.Error
	switch {
	case !errors.As(err, &e):
	case e.Detail != "":
		text = e.Detail
	case e.Err != nil:
		text = e.Err.Error()
	}
	var out Report
	for fault := range strings.SplitSeq(text, "\n") {
		out = append(out, symptoms.found("config-invalid", "", fault))
	}
	return out
}

func (d *examination) examine(ctx context.Context) Report {
	out := Report{well(checkConfig, "", "ids, secret and base URL are those of a "+d.project.Env+" project")}

	var keys, policy Report
	var both sync.WaitGroup
	both.Go(func() { keys = safely(checkKeys, func() Report { return d.keys(ctx) }) })
	both.Go(func() { policy = safely(checkSecret, func() Report { return d.policy(ctx) }) })
	both.Wait()
	out = append(append(out, keys...), policy...)

	return append(out, d.classes(ctx)...)
}

// safely runs a check and turns a panic, such as of Config.Transport, into a finding, so that
// it does not end the program at its start.
func safely(check string, do func() Report) (found Report) {
	defer func() {
		if r := recover(); r != nil {
			found = Report{{Code: check, Problem: fmt.Sprintf("the check broke off: something in it panicked with a %T", r),
				Remedy: "Look at Config.Transport and Config.Observe first; otherwise report it."}}
		}
	}()
	return do()
}

// unanswered returns the finding for a call whose answer decides nothing, with the reason.
func unanswered(check string, class grimoireauth.ClassID, err error) grimoireauth.Finding {
	out := grimoireauth.Finding{Severity: grimoireauth.SeverityUnknown, Code: check, Class: class, Err: err}
	var e *grimoireauth.Error
	switch wait, asked := grimoireauth.RetryAfter(err); {
	case errors.Is(err, grimoireauth.ErrRateLimited):
		out.Problem, out.Remedy = "Stytch asks to be asked less often", "Check again in a minute."
		if asked {
			out.Remedy = fmt.Sprintf("Check again in %v.", wait)
		}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		out.Problem, out.Remedy = "Stytch did not answer in time", "Check again; if it stays, look at the way to the network."
	case errors.As(err, &e) && e.Type != "":
		out.Problem, out.Remedy = fmt.Sprintf("Stytch's answer says nothing about it (%d %.60q)", e.Status, e.Type), "Check again; if it stays, look the word up in Stytch's list of errors."
	case errors.As(err, &e) && e.Status != 0:
		out.Problem, out.Remedy = fmt.Sprintf("the answer with status %d was not Stytch's", e.Status), "Check again; if it stays, look at BaseURL and at proxies on the way."
	default:
		out.Problem, out.Remedy = "Stytch cannot be reached", "Check again; if it stays, look at BaseURL and at the way to the network."
	}
	return out
}
