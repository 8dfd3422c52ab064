package jwtlocal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/internal/claims"
)

// acceptsAudience reports whether aud names the project and, besides it, only values of
// Config.Audiences, each once. Without the project a token is meant for another service;
// with an unlisted value that service could present it here (RFC 8725, 3.9).
func (r *rules) acceptsAudience(c *claims.Claims) bool {
	if c.MoreAudiences == nil {
		return string(c.Audience) == r.project
	}
	project := false
	for i := range 1 + len(c.MoreAudiences) {
		value := audience(c, i)
		for j := range i {
			if bytes.Equal(audience(c, j), value) {
				return false
			}
		}
		switch {
		case string(value) == r.project:
			project = true
		case !oneOf(value, r.audiences):
			return false
		}
	}
	return project
}

// audience returns the i-th value of aud.
func audience(c *claims.Claims, i int) []byte {
	if i == 0 {
		return c.Audience
	}
	return c.MoreAudiences[i-1]
}

// missingAudience returns the first value of aud that Config.Audiences would have to list
// to accept it, and false if no list would.
func (r *rules) missingAudience(c *claims.Claims) (first string, ok bool) {
	wider := *r
	wider.audiences = slices.Clone(r.audiences)
	for i := range 1 + len(c.MoreAudiences) {
		value := string(audience(c, i))
		if checkAudience(value) != nil || slices.Contains(wider.audiences, value) {
			continue
		}
		wider.audiences = append(wider.audiences, value)
		if first == "" {
			first = value
		}
	}
	return first, wider.acceptsAudience(c)
}

// checkAudiences returns every fault of Config.Audiences.
func (c Config) checkAudiences() error {
	var faults []error
	for i, value := range c.Audiences {
		err := checkAudience(value)
		if err == nil && slices.Contains(c.Audiences[:i], value) {
			err = errors.New("is there twice")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("Audiences: %.80q %w", value, err))
		}
	}
	return errors.Join(faults...)
}

// checkAudience returns why a value cannot be listed. Every token names its own project,
// and one that names another project belongs to that.
func checkAudience(value string) error {
	switch {
	case value == "":
		return errors.New("is empty")
	case !utf8.ValidString(value) || !claims.Printable([]byte(value)) || strings.TrimSpace(value) != value:
		return errors.New("has characters that cannot be seen")
	case strings.HasPrefix(value, "project-test-") || strings.HasPrefix(value, "project-live-"):
		return errors.New("is a project, and no custom audience")
	}
	return nil
}
