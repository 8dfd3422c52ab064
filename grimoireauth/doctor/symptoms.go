package doctor

import "github.com/promptgrimoire/auth/grimoireauth"

// symptoms is everything that [Check] can find wrong. A code never changes its
// meaning; programs may compare it.
var symptoms = catalogue{
	// The program's configuration.
	"config-invalid": {grimoireauth.SeverityFault, "%s", "Correct that field of stytchclient.Config; nothing else was looked at."},
	"clock-behind": {grimoireauth.SeverityWarning, "this machine's clock is %v behind Stytch's, so that a fresh session_jwt seems to come from the future and is refused",
		"Set the clock by NTP."},

	// The project. Stytch's word for it, an error_type, is the argument.
	"project-unknown": {grimoireauth.SeverityFault, "Stytch does not know this project (%s)", "Copy ProjectID from the Stytch dashboard, API keys."},
	"secret-refused": {grimoireauth.SeverityFault, "Stytch refuses the project's secret (%s): id and secret do not belong together, or the secret was deleted",
		"Copy ProjectID and Secret anew from the same page of the Stytch dashboard, API keys."},
	"wrong-environment": {grimoireauth.SeverityFault, "test and live are mixed (%s)", "Take everything from one environment: project id, secret, public token, custom domain and class ids."},
	"not-b2b":           {grimoireauth.SeverityFault, "this is a Stytch project for consumers, not for B2B (%s)", "Make a B2B project in the Stytch dashboard, and use its keys."},
	"project-refused":   {grimoireauth.SeverityFault, "Stytch refuses the project (%s)", "Look the word up in Stytch's list of errors, https://stytch.com/docs/b2b/api/errors."},
	"keys-unusable": {grimoireauth.SeverityFault, "the key set has no RSA key that could verify a session_jwt, of %d in it",
		"Look at BaseURL and at proxies on the way; if they are right, ask Stytch's support."},

	// Roles.
	"role-not-in-policy": {grimoireauth.SeverityFault, "the role table gives people the role %q, which the project's RBAC policy does not have, so that it cannot be given",
		"Make the role in the Stytch dashboard, Roles & permissions, or take it out of Config.Roles."},
	"role-read-only": {grimoireauth.SeverityWarning, "the role table understands the role %q, which the project's RBAC policy does not have, so that no member has it",
		"Make the role in the Stytch dashboard, Roles & permissions, or take it out of Config.Roles."},
	"role-without-name": {grimoireauth.SeverityWarning, "the role table has no Stytch role for a %v, so that no member can be made one", "Add it to Config.Roles."},
	"members-without-role": {grimoireauth.SeverityWarning, "the role table does not name stytch_member, so that a member without a further role is nothing in their own class",
		"Add stytch_member to Config.Roles, as a student."},

	// Finding a class.
	"class-id-invalid": {grimoireauth.SeverityFault, "entry %d of Options.Classes is no class id: those begin with \"organization-\"", "Put the class's id there, or its slug into Options.Slugs."},
	"slug-invalid":     {grimoireauth.SeverityFault, "entry %d of Options.Slugs is no slug", "Put the class's slug there, or its id into Options.Classes."},
	"class-not-found":  {grimoireauth.SeverityFault, "the project has no class %q", "Look the class up in the Stytch dashboard, Organizations, or create it."},
	"class-archived":   {grimoireauth.SeverityWarning, "it is archived: every sign-in is rejected, and nothing else about it was looked at", "Restore it, or take it out of the list."},

	// Ways to sign in.
	"no-methods": {grimoireauth.SeverityFault, "it allows no way to sign in", "Allow one: Classes.Update with Methods."},
	"no-second-factors": {grimoireauth.SeverityFault, "it asks everybody for a second factor and allows none",
		"Allow one: Classes.Update with SecondFactors; or ask for none: SecondFactorForAll."},
	"public-token-needed": {grimoireauth.SeverityFault, "it allows only ways to sign in that begin at another provider's page, which needs Config.PublicToken",
		"Copy the public token from the Stytch dashboard, API keys, into Config.PublicToken."},
	"public-token-missing": {grimoireauth.SeverityWarning, "it allows %s, which does not work without Config.PublicToken",
		"Copy the public token from the Stytch dashboard, API keys, into Config.PublicToken."},
	"sso-only-unconnected": {grimoireauth.SeverityFault, "it allows nothing but single sign-on, and has no active connection", "Finish a connection, or allow another way to sign in."},
	"sso-unconnected":      {grimoireauth.SeverityWarning, "it names single sign-on among its ways to sign in, and has no active connection", "Finish a connection, or take it out of Methods."},
	"connection-unfinished": {grimoireauth.SeverityWarning, "its connection %q is not active, so that it signs no member in",
		"Tell it about its identity provider: Connections.UpdateSAML or UpdateOIDC; or delete it."},
	"default-connection-missing": {grimoireauth.SeverityWarning, "it allows nothing but single sign-on, has %d active connections, and none of them is the default, so that everybody has to choose",
		"Choose one: Connections.SetDefault."},
	"default-connection-unusable": {grimoireauth.SeverityWarning, "its default connection %q is not among its active ones", "Finish that connection, or choose another: Connections.SetDefault."},

	// Ways to join.
	"sso-joining-closed":   {grimoireauth.SeverityFault, "people may join by some connections, none of which is active here", "Name an active one: Classes.Update with JoinConnections; or close that door: JoinBySSO."},
	"email-joining-closed": {grimoireauth.SeverityFault, "people may join with an address of its domains, and it has none", "Name the domains: Classes.Update with Domains; or close that door: JoinByEmail."},
	"invitations-closed":   {grimoireauth.SeverityFault, "addresses of its domains may be invited, and it has none", "Name the domains: Classes.Update with Domains; or change Invitations."},
	"tenant-joining-closed": {grimoireauth.SeverityFault, "people may join by OAuth from its tenants, and it has none",
		"Name the tenants: Classes.Update with Tenants; or close that door: JoinByTenant."},

	// People and their roles.
	"no-instructor": {grimoireauth.SeverityWarning, "its roster has no instructor or coordinator", "Enroll one: Roster.Enroll with RoleInstructor."},
	"role-unknown": {grimoireauth.SeverityWarning, "%s gives a Stytch role that the role table does not name, so that it grants nothing",
		"Add the role to Config.Roles, or take it away from there."},
	"oidc-without-roles": {grimoireauth.SeverityWarning, "its connection %q is OIDC, to which Stytch gives no roles: all who join by it are students",
		"Give roles on the roster, derive them with package affiliation, or connect by SAML."},
}
