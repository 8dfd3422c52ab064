package wire

import "maps"

func init() { maps.Copy(Errors, idpErrors) }

// idpErrors are the error types of Connected Apps.
var idpErrors = map[string]knownError{
	"connected_app_not_found":                                 {404, "Connected app could not be found."},
	"connected_app_not_allowed_for_org":                       {400, "The organization does not allow this Connected App."},
	"connected_app_invalid_redirect_url":                      {400, "redirect_uri is invalid."},
	"connected_app_supplied_redirect_url_not_found_in_client": {401, "redirect_uri is not one of the Connected App's redirect URLs."},
	"invalid_connected_app_type":                              {400, "client_type should be first_party, first_party_public, third_party or third_party_public."},
	"invalid_client_id":                                       {400, "client_id is not of the right form."},
	"oauth_invalid_scope_requested":                           {400, "The project has no such scope."},
	"pkce_required_for_idp_authorization_flow":                {400, "A public Connected App needs PKCE: code_challenge is required."},
}
