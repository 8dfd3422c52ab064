package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The case of a domain is that of its ASCII letters. The Kelvin sign has a k as its lower
// case, and is another letter all the same.
func TestW08_DomainsFoldAsASCII(t *testing.T) {
	w := newWire(t)
	const kelvin = "\u212a"
	class := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{"KING.edu"}})
	at := organizations + "/" + class
	w.refuses(400, "organization_settings_invalid_domain", http.MethodPut, at, object{"email_allowed_domains": []string{kelvin + "ing.edu"}})
	w.refuses(400, "invalid_email", http.MethodPost, links+"/email/login_or_signup", object{"organization_id": class, "email_address": "ada@" + kelvin + "ing.edu"})
	w.refuses(400, "invalid_email", http.MethodPost, at+"/members", object{"email_address": "ada@" + kelvin + "ing.edu"})
	w.ok(http.MethodPost, links+"/email/login_or_signup", object{"organization_id": class, "email_address": "ada@King.edu"})
}

// A country's ending can have other letters, which are written in ASCII as xn--.
func TestW08_DomainsOfAllCountries(t *testing.T) {
	w := newWire(t)
	const domain = "uni.xn--p1ai"
	class := w.organization(object{"email_jit_provisioning": "RESTRICTED", "email_allowed_domains": []string{domain}})
	out := w.ok(http.MethodPost, links+"/email/login_or_signup", object{"organization_id": class, "email_address": "ada@" + domain})
	require.Equal(t, "ada@"+domain, out.text("member", "email_address"))
	at := organizations + "/" + class
	w.refuses(400, "organization_settings_domain_too_common", http.MethodPut, at, object{"email_allowed_domains": []string{"gmail.xn--p1ai"}})
	for _, wrong := range []string{"uni.xn--", "uni.x1", "uni.xn--a-", "uni.1"} {
		w.refuses(400, "organization_settings_invalid_domain", http.MethodPut, at, object{"email_allowed_domains": []string{wrong}})
	}
}
