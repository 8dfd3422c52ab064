// One row for each way to call an endpoint: the SDK's method (call), what it is
// given (with), and what has to be true of the answer besides its shape (then), or
// the error_type that it is refused with (refused). "as" tells rows of one method
// apart; crossOrg is for a project in which passwords are good in all
// organizations. A new family is a new file here; conformance.test.mjs finds
// methods that have no row.
import organizations from "./organizations.mjs";
import members from "./members.mjs";
import magicLinks from "./magiclinks.mjs";
import discovery from "./discovery.mjs";
import sessions from "./sessions.mjs";
import codes from "./codes.mjs";
import passwords from "./passwords.mjs";
import oauth from "./oauth.mjs";
import sso from "./sso.mjs";
import rbac from "./rbac.mjs";
import scim from "./scim.mjs";
import impersonation from "./impersonation.mjs";
import connectedApps from "./connectedapps.mjs";
import elsewhere from "./elsewhere.mjs";

export const rows = [
  ...organizations, ...members, ...magicLinks, ...discovery, ...sessions, ...codes, ...passwords, ...oauth, ...sso, ...rbac,
  ...scim, ...impersonation, ...connectedApps, ...elsewhere,
];

/** Methods without a row, and why. */
export const without = [
  [/^(idp\.introspectTokenLocal|m2m\.authenticateToken)$/, "in process: the mock issues no such token"],
  [/^sessions\.authenticateJwt/, "in process: a `session_jwt` of the mock is good (jwt.test.mjs)"],
];
