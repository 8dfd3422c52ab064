package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// options is everything that differs between the demonstration, a test and a
// deployment. The handlers do not know which of them they serve.
type options struct {
	url         string // where browsers reach us, without a trailing slash
	projectID   string
	secret      grimoireauth.Secret
	publicToken string            // empty: no OAuth and no single sign-on
	stytchURL   string            // empty: Stytch's own
	transport   http.RoundTripper // nil: the network
	classes     []grimoireauth.ClassID
	demo        *demo // nil: the real Stytch
}

// wrongError is about the flags, the environment or the project: it has to be corrected, and
// starting again does not help.
type wrongError struct{ error }

func (e wrongError) Unwrap() error { return e.error }

func wrong(text string) error { return wrongError{errors.New(text)} }

// optionsFromEnvironment uses the real Stytch if both of its credentials are set, and
// the one in memory if neither is. One of them alone is a mistake, and a demonstration
// would hide it.
func optionsFromEnvironment(getenv func(string) string, url string, classes []string) (options, error) {
	id, secret, public := getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET"), getenv("STYTCH_PUBLIC_TOKEN")
	switch {
	case id == "" && secret == "" && public != "":
		return options{}, wrong("STYTCH_PUBLIC_TOKEN is for the real Stytch:\nset STYTCH_PROJECT_ID and STYTCH_SECRET as well")
	case id == "" && secret == "":
		if len(classes) > 0 {
			return options{}, wrong("-classes is for the real Stytch:\nset STYTCH_PROJECT_ID and STYTCH_SECRET as well")
		}
		return newDemo(url).options(), nil
	case id == "":
		return options{}, wrong("STYTCH_SECRET is set and STYTCH_PROJECT_ID is not:\nset both for the real Stytch, or neither for the offline demonstration")
	case secret == "":
		return options{}, wrong("STYTCH_PROJECT_ID is set and STYTCH_SECRET is not:\nset both for the real Stytch, or neither for the offline demonstration")
	}
	o := options{url: url, projectID: id, secret: grimoireauth.NewSecret(secret), publicToken: public}
	for _, class := range classes {
		o.classes = append(o.classes, grimoireauth.ClassID(class))
	}
	return o, nil
}

// client returns the configuration of the client.
func (o options) client() stytchclient.Config {
	return stytchclient.Config{
		ProjectID: o.projectID, Secret: o.secret, PublicToken: o.publicToken, BaseURL: o.stytchURL, Transport: o.transport,
	}
}

// checkup prints what is right and wrong with the project at the real Stytch. Its error
// is what has to be corrected first; an outage, and too little time for all classes, are
// none.
func (o options) checkup(ctx context.Context, w io.Writer) error {
	if o.demo != nil {
		return nil
	}
	diagnosis := doctor.Check(ctx, o.client(), doctor.Options{Classes: o.classes})
	if _, err := diagnosis.WriteTo(w); err != nil {
		return err
	}
	if errors.Is(diagnosis.Err(), grimoireauth.ErrInvalid) {
		return fmt.Errorf("correct the faults above first (%w)", grimoireauth.ErrInvalid)
	}
	return nil
}
