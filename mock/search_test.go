package mock_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// ids are the values of one field in a list of objects.
func ids(list any, field string) (out []string) {
	for _, item := range list.([]any) {
		out = append(out, item.(map[string]any)[field].(string))
	}
	return out
}

func query(operator string, operands ...object) object {
	return object{"query": object{"operator": operator, "operands": operands}}
}

func by(name string, value any) object { return object{"filter_name": name, "filter_value": value} }

func TestSearchOrganizations(t *testing.T) {
	w := newWire(t)
	law := w.organization(object{"organization_slug": "laws1100", "organization_name": "Contract Law", "email_allowed_domains": []string{"law.example.edu"}})
	art := w.organization(object{"organization_slug": "arts1200", "organization_name": "Drawing", "claimed_email_domains": []string{"art.example.edu"}})
	w.member(art, object{"email_address": "frida@example.edu"})
	for _, tt := range []struct {
		name  string
		given object
		want  []string
	}{
		{"nothing asked", object{}, []string{law, art}},
		{"null query", object{"query": nil}, []string{law, art}},
		{"no operands", query("AND"), []string{law, art}},
		{"no operands at all", object{"query": object{"operator": "OR"}}, []string{law, art}},
		{"ids", query("AND", by("organization_ids", []string{art})), []string{art}},
		{"slugs", query("AND", by("organization_slugs", []string{"laws1100", "nothing"})), []string{law}},
		{"name", query("AND", by("organization_name_fuzzy", "CONTRACT")), []string{law}},
		{"slug", query("AND", by("organization_slug_fuzzy", "s1")), nil},
		{"part of a slug", query("AND", by("organization_slug_fuzzy", "1200")), []string{art}},
		{"member", query("AND", by("member_emails", []string{"FRIDA@example.edu"})), []string{art}},
		{"part of a member's address", query("AND", by("member_email_fuzzy", "frid")), []string{art}},
		{"allowed domain", query("AND", by("allowed_domains", []string{"law.example.edu"})), []string{law}},
		{"part of an allowed domain", query("AND", by("allowed_domain_fuzzy", "law.")), []string{law}},
		{"claimed domain", query("AND", by("claimed_email_domains", []string{"art.example.edu"})), []string{art}},
		{"with SSO", query("AND", by("has_active_sso_connection", true)), []string{}},
		{"without SSO", query("AND", by("has_active_sso_connection", false)), []string{law, art}},
		{"connection", query("AND", by("sso_connection_id", "saml-connection-test-"+uuid)), []string{}},
		{"both", query("AND", by("organization_ids", []string{law, art}), by("organization_slugs", []string{"arts1200"})), []string{art}},
		{"either", query("OR", by("organization_ids", []string{law}), by("organization_slugs", []string{"arts1200"})), []string{law, art}},
		{"neither", query("AND", by("organization_ids", []string{law}), by("organization_slugs", []string{"arts1200"})), []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := wire{t: t, stytch: w.stytch}
			if tt.want == nil { // shorter than three characters
				w.refuses(400, "organization_search_organization_slug_fuzzy_too_short", http.MethodPost, organizations+"/search", tt.given)
				return
			}
			out := w.ok(http.MethodPost, organizations+"/search", tt.given)
			require.ElementsMatch(t, tt.want, ids(out["organizations"], "organization_id"))
			require.EqualValues(t, len(tt.want), out.at("results_metadata", "total"))
			require.Nil(t, out.at("results_metadata", "next_cursor"))
		})
	}
}

func TestSearchRefusals(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	rows := []struct {
		name      string
		given     object
		errorType string // %s is the family
	}{
		{"limit 0", object{"limit": 0}, "user_search_invalid_limit"},
		{"limit 1001", object{"limit": 1001}, "user_search_invalid_limit"},
		{"negative limit", object{"limit": -1}, "user_search_invalid_limit"},
		{"cursor", object{"cursor": "abc"}, "user_search_invalid_cursor"},
		{"no operator", object{"query": object{"operands": []object{}}}, "user_search_invalid_operator"},
		{"operator in lower case", query("and"), "user_search_invalid_operator"},
		{"no name", query("AND", object{"filter_value": []string{"x"}}), "%s_missing_filter_name"},
		{"empty name", query("AND", by("", 1)), "%s_filter_name_not_recognized"},
		{"number for a name", query("AND", object{"filter_name": 1, "filter_value": 1}), "%s_filter_name_must_be_string"},
		{"unknown name", query("AND", by("organization_slug", "laws1100")), "%s_filter_name_not_recognized"},
		{"no value", query("AND", object{"filter_name": "member_emails"}), "%s_missing_filter_value"},
		{"null", query("AND", by("member_emails", nil)), "%s_missing_filter_value"},
		{"empty list", query("AND", by("member_emails", []string{})), "%s_missing_member_emails"},
		{"empty text", query("AND", by("member_email_fuzzy", "")), "%s_missing_member_email_fuzzy"},
		{"string for a list", query("AND", by("member_emails", "x")), "%s_expected_array_of_strings"},
		{"list of numbers", query("AND", by("member_emails", []int{1})), "%s_expected_array_of_strings"},
		{"list for a string", query("AND", by("member_email_fuzzy", []string{"abc"})), "%s_expected_string"},
		{"too short", query("AND", by("member_email_fuzzy", "ab")), "%s_member_email_fuzzy_too_short"},
	}
	for family, path := range map[string]string{
		"organization_search": organizations + "/search", "member_search": organizations + "/members/search",
	} {
		for _, tt := range rows {
			t.Run(family+"/"+tt.name, func(t *testing.T) {
				given := object{"organization_ids": []string{org}}
				for name, value := range tt.given {
					given[name] = value
				}
				errorType := tt.errorType
				if errorType[0] == '%' {
					errorType = fmt.Sprintf(errorType, family)
				}
				wire{t: t, stytch: w.stytch}.refuses(400, errorType, http.MethodPost, path, given)
			})
		}
	}
	w.refuses(400, "organization_search_expected_boolean", http.MethodPost, organizations+"/search", query("AND", by("has_active_sso_connection", "yes")))
}

func TestSearchMembers(t *testing.T) {
	w := newWire(t)
	org, other := w.organization(nil), w.organization(nil)
	ada := w.member(org, object{"email_address": "ada@example.edu", "roles": []string{"tutor"}, "external_id": "sis|1", "mfa_phone_number": "+61290000000"})
	bob := w.member(org, object{"email_address": "bob@example.edu", "is_breakglass": true, "create_member_as_pending": true})
	eve := w.member(org, object{"email_address": "eve@example.edu"})
	w.member(other, object{"email_address": "zoe@example.edu"})
	w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+eve, nil)
	for _, tt := range []struct {
		name  string
		given object
		want  []string
	}{
		{"all who are there", object{}, []string{ada, bob}},
		{"deleted", query("AND", by("statuses", []string{"deleted"})), []string{eve}},
		{"all who ever were", query("AND", by("statuses", []string{"active", "pending", "invited", "deleted"})), []string{ada, bob, eve}},
		{"pending", query("AND", by("statuses", []string{"pending"})), []string{bob}},
		{"ids", query("AND", by("member_ids", []string{ada, eve})), []string{ada}},
		{"external ids", query("AND", by("member_ids", []string{"sis|1"})), []string{ada}},
		{"addresses", query("AND", by("member_emails", []string{"Bob@example.edu", "zoe@example.edu"})), []string{bob}},
		{"part of an address", query("AND", by("member_email_fuzzy", "EXAMPLE")), []string{ada, bob}},
		{"role", query("AND", by("member_roles", []string{"tutor"})), []string{ada}},
		{"everybody's role", query("AND", by("member_roles", []string{"stytch_member"})), []string{ada, bob}},
		{"break glass", query("AND", by("member_is_breakglass", true)), []string{bob}},
		{"phone number", query("AND", by("member_mfa_phone_numbers", []string{"+61290000000"})), []string{ada}},
		{"phone number by another name", query("AND", by("member_phone_numbers", []string{"+61290000000"})), []string{ada}},
		{"part of a phone number", query("AND", by("member_mfa_phone_number_fuzzy", "9000")), []string{ada}},
		{"password", query("AND", by("member_password_exists", true)), []string{}},
		{"either", query("OR", by("member_roles", []string{"tutor"}), by("member_is_breakglass", true)), []string{ada, bob}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.given["organization_ids"] = []string{org}
			out := wire{t: t, stytch: w.stytch}.ok(http.MethodPost, organizations+"/members/search", tt.given)
			require.ElementsMatch(t, tt.want, ids(out["members"], "member_id"))
			require.Equal(t, org, out.text("organizations", org, "organization_id"))
		})
	}
	for _, tt := range []struct {
		name      string
		given     object
		status    int
		errorType string
	}{
		{"no organization", object{}, 400, "member_search_organization_ids_empty"},
		{"empty list", object{"organization_ids": []string{}}, 400, "member_search_organization_ids_empty"},
		{"unknown organization", object{"organization_ids": []string{org, "nothing"}}, 404, "organization_not_found"},
		{"unknown status", object{"organization_ids": []string{org}, "query": query("AND", by("statuses", []string{"gone"}))["query"]}, 400, "search_invalid_status_filter"},
		{"both kinds of id", object{"organization_ids": []string{org}, "query": query("AND", by("member_ids", []string{ada, "sis|1"}))["query"]}, 400, "member_search_cannot_mix_internal_and_external_member_ids"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wire{t: t, stytch: w.stytch}.refuses(tt.status, tt.errorType, http.MethodPost, organizations+"/members/search", tt.given)
		})
	}
}

// Pages neither repeat nor lose anybody, also when people come and go between
// two of them.
func TestSearchPages(t *testing.T) {
	w := newWire(t)
	org := w.organization(nil)
	var want []string
	for range 7 {
		want = append(want, w.member(org, nil))
	}
	var got []string
	var cursor any
	for page := 0; page == 0 || cursor != nil; page++ {
		require.Less(t, page, 10)
		out := w.ok(http.MethodPost, organizations+"/members/search", object{"organization_ids": []string{org}, "limit": 3, "cursor": cursor})
		got = append(got, ids(out["members"], "member_id")...)
		require.LessOrEqual(t, len(ids(out["members"], "member_id")), 3)
		cursor = out.at("results_metadata", "next_cursor")
		switch page {
		case 0:
			raw, err := base64.URLEncoding.DecodeString(cursor.(string))
			require.NoError(t, err)
			w.refuses(400, "user_search_invalid_cursor", http.MethodPost, organizations+"/members/search",
				object{"organization_ids": []string{org}, "cursor": base64.URLEncoding.EncodeToString(append(raw, 'x'))})
			require.EqualValues(t, 7, out.at("results_metadata", "total"))
			w.refuses(400, "user_search_invalid_cursor", http.MethodPost, organizations+"/members/search",
				object{"organization_ids": []string{w.organization(nil)}, "cursor": cursor})
			w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+want[0], nil) // was seen
			w.ok(http.MethodDelete, organizations+"/"+org+"/members/"+want[4], nil) // was not
			want = append(append(want[:4], want[5:]...), w.member(org, nil))
		}
	}
	require.Equal(t, want, got)

	t.Run("a full last page has no next one", func(t *testing.T) {
		out := w.ok(http.MethodPost, organizations+"/search", object{"limit": 2})
		require.Len(t, out["organizations"], 2)
		require.Nil(t, out.at("results_metadata", "next_cursor"))
	})
}
