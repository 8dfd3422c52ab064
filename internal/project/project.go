// Package project parses a Stytch project id and its base URL. The client and the verifier
// read their configuration with it, so that both report the same mistakes in the same words.
package project

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// Project is a valid project id with the address of its API.
type Project struct {
	ID      string
	Env     string // "test" or "live"
	BaseURL string // scheme and host, no trailing slash
	Custom  bool   // BaseURL was configured and is not one of Stytch's own hosts
}

// Stytch's own hosts: https://stytch.com/docs/b2b/api/overview
const (
	testURL = "https://test.stytch.com"
	liveURL = "https://api.stytch.com"
)

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	idForm     = regexp.MustCompile(`^project-(test|live)-` + uuid + `$`)
	secretForm = regexp.MustCompile(`^secret-(test|live)-[A-Za-z0-9_=-]{16,}$`)
)

// Parse returns the project of an id and a base URL. An empty base URL means Stytch's own
// host for the environment of the id. The error joins every fault.
func Parse(id, baseURL string) (Project, error) {
	p := Project{ID: id}
	var faults []error
	switch m := idForm.FindStringSubmatch(id); {
	case id == "":
		faults = append(faults, errors.New("ProjectID is missing: copy it from the Stytch dashboard, API keys"))
	case m == nil && !strings.HasPrefix(id, "project-"):
		// The value is not quoted: it may be the project's secret, pasted by mistake.
		faults = append(faults, errors.New("ProjectID is not of the form project-test-<uuid> or project-live-<uuid>"))
	case m == nil:
		faults = append(faults, fmt.Errorf("ProjectID %.60q is not of the form project-test-<uuid> or project-live-<uuid>", id))
	default:
		p.Env = m[1]
	}
	var err error
	if p.BaseURL, p.Custom, err = base(p.Env, baseURL); err != nil {
		faults = append(faults, err)
	}
	return p, errors.Join(faults...)
}

func base(env, raw string) (baseURL string, custom bool, err error) {
	if raw == "" {
		if env == "live" {
			return liveURL, false, nil
		}
		return testURL, false, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "", false, fmt.Errorf("BaseURL %.100q is not a URL with a host, such as https://login.example.edu", raw)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", false, fmt.Errorf("BaseURL %.100q has more than a scheme and a host", u.Redacted())
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && env == "live":
		return "", false, fmt.Errorf("BaseURL %.100q is plain http, which a live project is never reached by", raw)
	case u.Scheme == "http" && IsLoopback(u.Hostname()):
	case u.Scheme == "http":
		return "", false, fmt.Errorf("BaseURL %.100q is plain http to another machine: use https, or a loopback address in a test", raw)
	default:
		return "", false, fmt.Errorf("BaseURL %.100q is neither https nor http", raw)
	}
	clean := u.Scheme + "://" + u.Host
	if (clean == testURL && env == "live") || (clean == liveURL && env == "test") {
		return "", false, fmt.Errorf("BaseURL %s does not serve %s projects", clean, env)
	}
	return clean, clean != testURL && clean != liveURL, nil
}

// IsLoopback reports whether the host always means this machine.
func IsLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// CheckSecret returns what is wrong with a project secret, without quoting it.
func (p Project) CheckSecret(secret string) error {
	m := secretForm.FindStringSubmatch(secret)
	switch {
	case secret == "":
		return errors.New("Secret is missing: copy it from the Stytch dashboard, API keys")
	case m == nil:
		return errors.New("Secret is not of the form secret-test-… or secret-live-…")
	case p.Env != "" && m[1] != p.Env:
		return fmt.Errorf("Secret is a %s secret, ProjectID is a %s project: both must be of one environment", m[1], p.Env)
	}
	return nil
}
