package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// options are what the flags say.
type options struct {
	addr            string
	project, secret string
	seed            []byte // nil without a seed file
	randomSeed      uint64 // zero: everything is new
	jwtLife         time.Duration
	open            bool
	json            bool   // the line on standard output is a JSON object
	url             string // with which links begin; empty: where it listens
	health          string // the URL of a fakestytch to ask; empty: this one serves
	live, remote    bool
	webhook         struct{ url, secret string }
}

// readOptions reads the flags and the file that they name. Its error joins
// everything that is wrong with them.
func readOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var seed string
	flags := flag.NewFlagSet("fakestytch", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:4010", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&o.project, "project", "", "project `id`, project-test-<uuid>; a new one if empty")
	flags.StringVar(&o.secret, "secret", "", "project `secret`, secret-test-…; a new one if empty")
	flags.StringVar(&seed, "seed", "", "JSON `file` of roles, redirect URLs, organizations and members to begin with")
	flags.Uint64Var(&o.randomSeed, "random-seed", 0, "a `number` that decides ids, tokens, codes and keys; new ones if zero")
	flags.DurationVar(&o.jwtLife, "jwt-life", 5*time.Minute, "how long a session_jwt lasts, in whole seconds")
	flags.StringVar(&o.webhook.url, "webhook-url", "", "`URL` that receives Stytch's webhooks; none are sent if empty")
	flags.StringVar(&o.webhook.secret, "webhook-secret", "", "`secret` that signs them: whsec_ and 24 to 64 bytes in base64")
	flags.BoolVar(&o.json, "json", false, "print the line on standard output as a JSON object")
	flags.StringVar(&o.url, "url", "", "`URL` with which browsers reach it and links begin; where it listens if empty")
	flags.StringVar(&o.health, "health", "", "ask the fakestytch at this `URL` whether it serves, and end with 0 if it does")
	flags.BoolVar(&o.open, "open", false, "open the page for people in a browser")
	flags.BoolVar(&o.live, "dangerously-accept-live-ids", false, "accept the ids of a live project")
	flags.BoolVar(&o.remote, "dangerously-listen-to-other-machines", false, "accept an address that is not loopback: a caller who reaches it can sign in as any member")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	var faults []error
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("%q is no flag: fakestytch takes flags only", flags.Arg(0)))
	}
	faults = append(faults, o.checkAddr(), o.checkIDs())
	if (o.webhook.url == "") != (o.webhook.secret == "") {
		faults = append(faults, errors.New("-webhook-url and -webhook-secret go together"))
	}
	if o.jwtLife <= 0 || o.jwtLife%time.Second != 0 {
		faults = append(faults, fmt.Errorf("-jwt-life %v is not a whole number of seconds above zero", o.jwtLife))
	}
	if seed != "" {
		file, err := os.ReadFile(seed)
		if err != nil {
			faults = append(faults, fmt.Errorf("-seed: %w", err))
		}
		o.seed = file
	}
	// Made for nothing, to hear what else is wrong before anything is listened to.
	probe := o
	probe.live, probe.jwtLife = true, max(o.jwtLife.Truncate(time.Second), time.Second)
	if _, err := probe.stytch(o.url); err != nil {
		faults = append(faults, err)
	}
	return o, errors.Join(faults...)
}

// checkAddr refuses an address that other machines can reach, by what it says: a
// name that is looked up could mean anything by tomorrow.
func (o options) checkAddr() error {
	host, port, err := net.SplitHostPort(o.addr)
	if err != nil {
		return fmt.Errorf("-addr %.100q is no address and port such as 127.0.0.1:4010", o.addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("-addr %.100q: the port is no number up to 65535", o.addr)
	}
	if o.remote {
		return nil
	}
	at, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !at.Unmap().IsLoopback()) {
		return fmt.Errorf("-addr %.100q can be reached by other machines, and a caller who reaches fakestytch can sign in as any member: use 127.0.0.1, or -dangerously-listen-to-other-machines", o.addr)
	}
	return nil
}

// checkIDs refuses what belongs to a real service, by the flag's name.
func (o options) checkIDs() error {
	if o.live || !o.namesLive() {
		return nil
	}
	return errors.New("-project or -secret is that of a live project, which this is not: use test ids, or -dangerously-accept-live-ids")
}

func (o options) namesLive() bool {
	return strings.HasPrefix(o.project, "project-live-") || strings.HasPrefix(o.secret, "secret-live-")
}

// stytch returns the Stytch of these options. Links in its e-mails begin with
// the URL.
func (o options) stytch(url string) (s *mock.Stytch, err error) {
	// Package mock panics with a sentence when it is misused, as a test would want.
	// Here the mistake is in the flags.
	defer func() {
		switch said := recover().(type) {
		case nil:
		case string:
			s, err = nil, errors.New(strings.TrimPrefix(said, "mock: "))
		default:
			panic(said)
		}
	}()
	s = &mock.Stytch{
		URL:               url,
		Project:           o.project,
		ProjectSecret:     grimoireauth.NewSecret(o.secret),
		JWTLife:           o.jwtLife,
		RandomSeed:        o.randomSeed,
		DangerouslyLive:   o.live,
		DangerouslyRemote: o.remote,
	}
	if o.webhook.url != "" && o.webhook.secret != "" {
		s.Webhooks = []mock.Webhook{{URL: o.webhook.url, Secrets: []grimoireauth.Secret{grimoireauth.NewSecret(o.webhook.secret)}}}
	}
	if o.seed == nil {
		s.ProjectID() // has the fields checked
		return s, nil
	}
	if err := s.Seed(o.seed); err != nil {
		return nil, fmt.Errorf("-seed: %w", err)
	}
	return s, nil
}
