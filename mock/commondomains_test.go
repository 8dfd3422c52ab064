package mock_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The names that Stytch's documentation lists, with every public ending. The list has no
// endings.
// Source: jit-provision-members and invite-members of https://stytch.com/docs
var commonNames = []string{
	"gmail", "aol", "yahoo", "icloud", "hotmail", "msn", "comcast", "live", "outlook", "att", "earthlink", "me", "mac",
	"sbcglobal", "verizon", "ig", "mail", "hey", "laposte", "wanadoo", "googlemail", "orange", "rediffmail", "uol", "bol",
}

func TestW08_CommonDomains(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	at := "/v1/b2b/organizations/" + string(class.ID)
	lists := map[string]func(domain string) object{
		"organization_settings_domain_too_common":         func(d string) object { return object{"email_allowed_domains": []string{d}} },
		"organization_settings_claimed_domain_too_common": func(d string) object { return object{"claimed_email_domains": []string{d}} },
		"rbac_domain_too_common": func(d string) object {
			return object{"rbac_email_implicit_role_assignments": []object{{"domain": d, "role_id": "tutor"}}}
		},
	}
	for kind, body := range lists {
		for _, name := range commonNames {
			for _, ending := range []string{"com", "net", "de", "fr", "com.au", "co.uk", "com.br", "co.jp"} {
				w.refuses(400, kind, "PUT", at, body(name+"."+ending))
			}
		}
		for _, domain := range []string{"Yahoo.com.AU", "gmx.de", "proton.me", "protonmail.com"} {
			w.refuses(400, kind, "PUT", at, body(domain))
		}
		for _, domain := range []string{
			"uq.edu.au", "mail.uq.edu.au", "live.unsw.edu.au", "me.uq.edu.au", "yahooschool.com", "gmail.example.edu", "orange.example", "students.orange.fr",
		} {
			w.ok("PUT", at, body(domain))
		}
	}
	t.Run("a new organization is not named after one", func(t *testing.T) {
		for email, want := range map[string]string{"ada@yahoo.com.au": "ada", "ada@wanadoo.fr": "ada", "ada@uq.edu.au": "ada", "ada@institute.org": "institute.org"} {
			out := w.ok("POST", discover+"/organizations/create", object{"intermediate_session_token": w.discoveryIST(email)})
			require.Equal(t, want, out.text("organization", "organization_name"))
		}
	})
}
