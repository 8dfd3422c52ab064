package mock

import (
	"net/url"
	"slices"
)

// chooseRedirect returns where a link of this purpose ("login", "signup",
// "invite", "discovery", "password_reset") leads: the given URL, if it is registered, or the default.
// Source: https://stytch.com/docs/b2b/guides/dashboard/redirect-urls
func (c *call) chooseRedirect(purpose string, asked *string) (string, error) {
	registered, open := c.redirectURLs()
	if len(registered) == 0 {
		if purpose == "password_reset" {
			return "", refuse("no_password_reset_redirect_url")
		}
		return "", refuse("no_" + purpose + "_redirect_urls_set")
	}
	if given(asked) == "" {
		return registered[0], nil
	}
	if !isWebURL(*asked) {
		return "", refuse("invalid_" + purpose + "_redirect_url")
	}
	if !open && !slices.ContainsFunc(registered, func(r string) bool { return redirectMatches(r, *asked) }) {
		return "", refuse("no_match_for_provided_magic_link_url")
	}
	return *asked, nil
}

// redirectMatches compares a URL with a registered one: the same but for the
// parameters that are registered with the value {}. Stytch also has wildcards,
// which are not built; without them this is stricter.
func redirectMatches(registered, asked string) bool {
	r, err := url.Parse(registered)
	if err != nil {
		return false
	}
	a, err := url.Parse(asked)
	if err != nil || r.Scheme != a.Scheme || r.Host != a.Host || r.EscapedPath() != a.EscapedPath() {
		return false
	}
	want, got := r.Query(), a.Query()
	if len(want) != len(got) {
		return false
	}
	for name, values := range want {
		if !got.Has(name) || (!slices.Equal(values, []string{"{}"}) && !slices.Equal(values, got[name])) {
			return false
		}
	}
	return true
}
