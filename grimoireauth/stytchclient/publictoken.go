package stytchclient

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/project"
)

var publicTokenForm = regexp.MustCompile(`^public-token-(test|live)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// checkPublicToken checks a token that is there; only start URLs need one.
func checkPublicToken(proj project.Project, token string) error {
	m := publicTokenForm.FindStringSubmatch(token)
	switch {
	case token == "":
	case m == nil:
		// Not quoted: what is pasted here by mistake may be the project's secret.
		return errors.New("PublicToken is not of the form public-token-test-<uuid> or public-token-live-<uuid>")
	case proj.Env != "" && m[1] != proj.Env:
		return fmt.Errorf("PublicToken is a %s token, ProjectID is a %s project: both must be of one environment", m[1], proj.Env)
	}
	return nil
}

var errNoPublicToken = errors.New("Config.PublicToken is missing: copy it from the Stytch dashboard, API keys; start URLs need it")

// startURL returns the address of one of Stytch's pages for browsers, with the PKCE
// challenge of the verifier, or of a new one if there is none. Parameters that are
// empty are left out.
func (c *Client) startURL(op, path string, verifier grimoireauth.Secret, parameters map[string]string, faults ...error) (Start, error) {
	faults = append(faults, checkVerifier(verifier))
	if c.publicToken == "" {
		faults = append(faults, errNoPublicToken)
	}
	if err := invalid(op, faults...); err != nil {
		return Start{}, err
	}
	if verifier.IsZero() {
		verifier = NewVerifier()
	}
	query := url.Values{"public_token": {c.publicToken}, "pkce_code_challenge": {challenge(verifier)}}
	for name, value := range parameters {
		if value != "" {
			query.Set(name, value)
		}
	}
	return Start{URL: c.baseURL + path + "?" + query.Encode(), Verifier: verifier}, nil
}

// checkRedirectURL refuses what no browser could be sent back to. Which ones are
// registered only Stytch knows. Empty: the project's default.
func checkRedirectURL(field, raw string) error {
	u, err := url.Parse(raw)
	if raw != "" && (err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || u.Fragment != "") {
		return fmt.Errorf("%s is not an absolute URL without a fragment", field)
	}
	return nil
}
