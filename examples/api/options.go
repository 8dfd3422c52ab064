package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/doctor"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// options is everything that differs between the demonstration, a test and a
// deployment.
type options struct {
	projectID string
	secret    grimoireauth.Secret
	stytchURL string            // empty: Stytch's own
	transport http.RoundTripper // nil: the network
	classes   []grimoireauth.ClassID
	demo      *demo // nil: the real Stytch
}

// wrongError is about the flags, the environment or the project: it has to be corrected, and
// starting again does not help.
type wrongError struct{ error }

func (e wrongError) Unwrap() error { return e.error }

func wrong(text string) error { return wrongError{errors.New(text)} }

// optionsFromEnvironment uses the real Stytch if both of its credentials are set, and
// the one in memory if neither is. One of them alone is a mistake, and a demonstration
// would hide it.
func optionsFromEnvironment(getenv func(string) string, classes []string) (options, error) {
	id, secret := getenv("STYTCH_PROJECT_ID"), getenv("STYTCH_SECRET")
	switch {
	case id == "" && secret == "" && len(classes) > 0:
		return options{}, wrong("-classes is for the real Stytch:\nset STYTCH_PROJECT_ID and STYTCH_SECRET as well")
	case id == "" && secret == "":
		return newDemo().options(), nil
	case id == "":
		return options{}, wrong("STYTCH_SECRET is set and STYTCH_PROJECT_ID is not:\nset both for the real Stytch, or neither for the offline demonstration")
	case secret == "":
		return options{}, wrong("STYTCH_PROJECT_ID is set and STYTCH_SECRET is not:\nset both for the real Stytch, or neither for the offline demonstration")
	}
	o := options{projectID: id, secret: grimoireauth.NewSecret(secret)}
	for _, class := range classes {
		o.classes = append(o.classes, grimoireauth.ClassID(class))
	}
	return o, nil
}

func (o options) client(cut grimoireauth.OnRevoke) stytchclient.Config {
	return stytchclient.Config{ProjectID: o.projectID, Secret: o.secret, BaseURL: o.stytchURL, Transport: o.transport, OnRevoke: cut}
}

// checkUp checks the project at the real Stytch and prints the findings. A fault keeps
// the program from starting; an outage, and too little time for all classes, do not.
func (o options) checkUp(ctx context.Context, out io.Writer) error {
	if o.demo != nil {
		return nil
	}
	diagnosis := doctor.Check(ctx, o.client(nil), doctor.Options{Classes: o.classes})
	if _, err := diagnosis.WriteTo(out); err != nil {
		return err
	}
	if errors.Is(diagnosis.Err(), grimoireauth.ErrInvalid) {
		return wrong("correct the faults above first")
	}
	return nil
}

// announce prints what to do next. A failed write is no reason to stop. The function that it
// returns removes the file with the variables.
func (o options) announce(out io.Writer, url string) (remove func(), err error) {
	if o.demo == nil {
		_, _ = fmt.Fprintf(out, "The API is at %s\nwith the Stytch project %s.\nCall it with a session_jwt of that project: Authorization: Bearer …\n", url, o.projectID)
		return func() {}, nil
	}
	file, err := os.CreateTemp("", "api-*.sh") // for this user only
	if err != nil {
		return nil, err
	}
	remove = func() { _ = os.Remove(file.Name()) } // the tokens in it are worthless by then
	_, err = file.WriteString(o.demo.variables(url))
	if err = errors.Join(err, file.Close()); err != nil {
		remove()
		return nil, err
	}
	_, _ = fmt.Fprint(out, o.demo.curlLines(url, file.Name()))
	return remove, nil
}
