// One row for each way to call an endpoint: the SDK's method, what it is given,
// and what has to be true of the answer besides its shape. A new family is new
// rows; conformance.test.mjs finds methods that have none.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { totp } from "./world.mjs";

const finished = (out) => {
  assert.equal(out.member_authenticated, true);
  assert.notEqual(out.session_token, "");
  assert.equal(out.session_jwt.split(".").length, 3);
  assert.equal(out.intermediate_session_token, "");
  assert.ok(out.member_session);
};
const unfinished = (out) => {
  assert.equal(out.member_authenticated, false);
  assert.equal(out.session_token, "");
  assert.equal(out.session_jwt, "");
  assert.notEqual(out.intermediate_session_token, "");
};

const organizations = [
  {
    call: "organizations.create",
    with: (w) => [{ organization_name: "LAWS1100", organization_slug: w.unique("laws"), trusted_metadata: { term: 2 } }],
    then: (out) => assert.deepEqual(out.organization.trusted_metadata, { term: 2 }),
  },
  {
    call: "organizations.get",
    as: "by slug",
    with: async (w) => [{ organization_id: (await w.org()).organization_slug }],
  },
  {
    call: "organizations.update",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, organization_name: "HIST2200", mfa_policy: "REQUIRED_FOR_ALL" }],
    then: (out) => assert.equal(out.organization.organization_name, "HIST2200"),
  },
  {
    call: "organizations.update",
    as: "a member who may",
    with: async (w) => {
      const { org, ...who } = await w.signedIn({}, { roles: ["stytch_admin"] });
      return [{ organization_id: org.organization_id, organization_name: "HIST2200" }, { authorization: { session_token: who.session_token } }];
    },
  },
  {
    call: "organizations.update",
    as: "a member who may not",
    with: async (w) => {
      const { org, ...who } = await w.signedIn();
      return [{ organization_id: org.organization_id, organization_name: "HIST2200" }, { authorization: { session_jwt: who.session_jwt } }];
    },
    refused: "session_authorization_error",
  },
  { call: "organizations.delete", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "organizations.search",
    with: async (w) => {
      const org = await w.org();
      return [{ limit: 10, query: { operator: "AND", operands: [{ filter_name: "organization_ids", filter_value: [org.organization_id] }] } }];
    },
    then: (out) => assert.equal(out.organizations.length, 1),
  },
  {
    call: "organizations.search",
    as: "a page that is not the last",
    with: async (w) => (await w.org(), await w.org(), [{ limit: 1 }]),
    then: (out) => assert.ok(out.results_metadata.next_cursor),
  },
  {
    call: "organizations.metrics",
    with: async (w) => [{ organization_id: (await w.somebody()).org.organization_id }],
    then: (out) => assert.equal(out.member_count, 1),
  },
  { call: "organizations.connectedApps", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "organizations.getConnectedApp",
    as: "one that is not there",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, connected_app_id: "connected-app-test-00000000-0000-4000-8000-000000000001" }],
    refused: "connected_app_not_found",
  },
  {
    call: "organizations.deleteExternalId",
    with: async (w) => [{ organization_id: (await w.org({ organization_external_id: w.unique("ext") })).organization_id }],
  },
];

const members = [
  {
    call: "organizations.members.create",
    with: async (w) => [{
      organization_id: (await w.org()).organization_id, email_address: w.email(), name: "Ada", roles: ["instructor"],
      external_id: w.unique("ext"), untrusted_metadata: { theme: "dark" },
    }],
    then: (out) => assert.deepEqual(out.member.roles.map((r) => r.role_id), ["stytch_member", "instructor"]),
  },
  { call: "organizations.members.get", as: "by address", with: async (w) => [(await w.somebody()).address] },
  { call: "organizations.members.get", as: "by id", with: async (w) => [(await w.somebody()).ids] },
  { call: "organizations.members.dangerouslyGet", with: async (w) => [{ member_id: (await w.somebody()).member.member_id }] },
  {
    call: "organizations.members.update",
    with: async (w) => [{ ...(await w.somebody()).ids, name: "Ada", roles: ["tutor"], mfa_phone_number: w.phone() }],
    then: (out) => assert.equal(out.member.name, "Ada"),
  },
  {
    call: "organizations.members.update",
    as: "an address that is retired",
    with: async (w) => [{ ...(await w.somebody()).ids, email_address: w.email() }],
    then: (out) => assert.equal(out.member.retired_email_addresses.length, 1),
  },
  {
    call: "organizations.members.search",
    with: async (w) => [{ organization_ids: [(await w.somebody()).org.organization_id] }],
    then: (out) => (assert.equal(out.members.length, 1), assert.equal(Object.keys(out.organizations).length, 1)),
  },
  { call: "organizations.members.delete", with: async (w) => [(await w.somebody()).ids] },
  {
    call: "organizations.members.reactivate",
    with: async (w) => {
      const { ids } = await w.signedIn(); // who never signed in cannot come back
      await w.sdk.organizations.members.delete(ids);
      return [ids];
    },
    then: (out) => assert.equal(out.member.status, "active"),
  },
  {
    call: "organizations.members.deleteMFAPhoneNumber",
    with: async (w) => [(await w.somebody({}, { mfa_phone_number: w.phone() })).ids],
    then: (out) => assert.equal(out.member.mfa_phone_number, ""),
  },
  {
    call: "organizations.members.deleteTOTP",
    with: async (w) => [(await w.withTOTP()).ids],
    then: (out) => assert.equal(out.member.totp_registration_id, ""),
  },
  {
    call: "organizations.members.deletePassword",
    with: async (w) => {
      const { org, member } = await w.withPassword();
      return [{ organization_id: org.organization_id, member_password_id: member.member_password_id }];
    },
    then: (out) => assert.equal(out.member.member_password_id, ""),
  },
  {
    call: "organizations.members.unlinkRetiredEmail",
    with: async (w) => {
      const { ids, member } = await w.somebody();
      await w.sdk.organizations.members.update({ ...ids, email_address: w.email() });
      return [{ ...ids, email_address: member.email_address }];
    },
    then: (out) => assert.deepEqual(out.member.retired_email_addresses, []),
  },
  {
    call: "organizations.members.startEmailUpdate",
    with: async (w) => {
      const { ids, address } = await w.somebody();
      await w.sdk.magicLinks.authenticate({ magic_links_token: await w.link(address) });
      return [{ ...ids, email_address: w.email() }];
    },
  },
  { call: "organizations.members.deleteExternalId", with: async (w) => [(await w.somebody({}, { external_id: w.unique("ext") })).ids] },
  { call: "organizations.members.getConnectedApps", with: async (w) => [(await w.somebody()).ids] },
  {
    call: "organizations.members.connectedApps.revoke",
    as: "one that is not there",
    with: async (w) => [{ ...(await w.somebody()).ids, connected_app_id: "connected-app-test-00000000-0000-4000-8000-000000000001" }],
    refused: "connected_app_not_found",
  },
  {
    call: "organizations.members.oidcProviders",
    with: async (w) => [await w.bySSO("oidc")],
    then: (out) => assert.equal(out.registrations.length, 1),
  },
  ...["google", "microsoft", "slack", "hubspot", "github"].map((provider) => ({
    call: `organizations.members.oauthProviders.${provider}`,
    with: async (w) => {
      const { ids, address } = await w.somebody();
      const out = await w.sdk.oauth.authenticate({ oauth_token: await w.atProvider(`/v1/b2b/public/oauth/${provider}/start`, address) });
      if (!out.member_authenticated) { // most providers do not vouch for an address
        await w.sdk.magicLinks.authenticate({ magic_links_token: await w.link(address), intermediate_session_token: out.intermediate_session_token });
      }
      return [{ ...ids, include_refresh_token: true }];
    },
  })),
];

const magicLinks = [
  {
    call: "magicLinks.email.loginOrSignup",
    with: async (w) => [(await w.somebody()).address],
    then: (out) => assert.equal(out.member_created, false),
  },
  {
    call: "magicLinks.email.invite",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, email_address: w.email(), name: "Eve", roles: ["tutor"] }],
    then: (out) => assert.equal(out.member.status, "invited"),
  },
  {
    call: "magicLinks.authenticate",
    with: async (w) => [{ magic_links_token: await w.link((await w.somebody()).address), session_duration_minutes: 120, session_custom_claims: { seat: 4 } }],
    then: (out) => (finished(out), assert.deepEqual(out.member_session.custom_claims, { seat: 4 })),
  },
  {
    call: "magicLinks.authenticate",
    as: "with PKCE",
    with: async (w) => {
      const { verifier, challenge } = w.pkce();
      const token = await w.link((await w.somebody()).address, { pkce_code_challenge: challenge });
      return [{ magic_links_token: token, pkce_code_verifier: verifier }];
    },
    then: finished,
  },
  {
    call: "magicLinks.authenticate",
    as: "who owes a second factor",
    with: async (w) => {
      const { address } = await w.somebody({ mfa_policy: "REQUIRED_FOR_ALL" }, { mfa_phone_number: w.phone() });
      return [{ magic_links_token: await w.link(address) }];
    },
    then: (out) => (unfinished(out), assert.ok(out.mfa_required), assert.ok(out.intermediate_session_token_expires_at)),
  },
  {
    call: "magicLinks.authenticate",
    as: "twice",
    with: async (w) => {
      const token = await w.link((await w.somebody()).address);
      await w.sdk.magicLinks.authenticate({ magic_links_token: token });
      return [{ magic_links_token: token }];
    },
    refused: "unable_to_auth_magic_link",
  },
  { call: "magicLinks.email.discovery.send", with: async (w) => [{ email_address: w.email() }] },
  {
    call: "magicLinks.discovery.authenticate",
    with: async (w) => {
      const { member } = await w.somebody();
      await w.sdk.magicLinks.email.discovery.send({ email_address: member.email_address });
      return [{ discovery_magic_links_token: (await w.fake.sent(member.email_address)).token }];
    },
    then: (out) => assert.equal(out.discovered_organizations.length, 1),
  },
];

const discovery = [
  {
    call: "discovery.organizations.list",
    with: async (w) => [await w.discovering((await w.somebody()).member.email_address)],
    then: (out) => assert.equal(out.discovered_organizations[0].membership.type, "active_member"),
  },
  {
    call: "discovery.organizations.list",
    as: "of a session",
    with: async (w) => [(await w.signedIn()).credential],
    then: (out) => assert.equal(out.discovered_organizations.length, 1),
  },
  {
    call: "discovery.organizations.create",
    with: async (w) => [{ ...(await w.discovering(w.email())), organization_name: "New", organization_slug: w.unique("new") }],
    then: (out) => (finished(out), assert.ok(out.member.is_admin)),
  },
  {
    call: "discovery.intermediateSessions.exchange",
    with: async (w) => {
      const { org, member } = await w.somebody();
      return [{ ...(await w.discovering(member.email_address)), organization_id: org.organization_id }];
    },
    then: finished,
  },
];

const sessions = [
  { call: "sessions.get", with: async (w) => [(await w.signedIn()).ids], then: (out) => assert.equal(out.member_sessions.length, 1) },
  {
    call: "sessions.authenticate",
    as: "by token",
    with: async (w) => [{ ...(await w.signedIn()).credential, session_duration_minutes: 90 }],
  },
  {
    call: "sessions.authenticate",
    as: "by a session_jwt that has expired",
    with: async (w) => [{ session_jwt: (await w.signedIn({}, {}, { jwt_age: "6m" })).session_jwt }],
  },
  {
    call: "sessions.authenticate",
    as: "with every factor",
    with: async (w) => {
      const factors = ["magic_link", "email_otp", "password", "otp", "totp", "recovery_codes", "sso_saml", "sso_oidc",
        "oauth_google", "oauth_microsoft", "oauth_slack", "oauth_github", "oauth_hubspot"];
      return [(await w.signedIn({}, {}, { factors })).credential];
    },
    then: (out) => assert.equal(out.member_session.authentication_factors.length, 13),
  },
  {
    call: "sessions.authenticate",
    as: "with an authorization check",
    with: async (w) => {
      const { org, credential } = await w.signedIn({}, { roles: ["instructor"] });
      return [{ ...credential, authorization_check: { organization_id: org.organization_id, resource_id: "class", action: "release" } }];
    },
    then: (out) => assert.deepEqual(out.verdict, { authorized: true, granting_roles: ["instructor"] }),
  },
  {
    call: "sessions.authenticate",
    as: "with an authorization check that fails",
    with: async (w) => {
      const { org, credential } = await w.signedIn();
      return [{ ...credential, authorization_check: { organization_id: org.organization_id, resource_id: "class", action: "release" } }];
    },
    refused: "session_authorization_error",
  },
  { call: "sessions.revoke", with: async (w) => [(await w.signedIn()).credential] },
  {
    call: "sessions.exchange",
    with: async (w) => {
      const { member, credential } = await w.signedIn();
      const other = await w.org();
      await w.sdk.organizations.members.create({ organization_id: other.organization_id, email_address: member.email_address });
      return [{ ...credential, organization_id: other.organization_id }];
    },
    then: finished,
  },
  ...[["exchangeAccessToken", "access_token"], ["attest", "trusted_auth_token"], ["migrate", "session_token"]].map(([method, kind]) => ({
    call: `sessions.${method}`,
    with: async (w) => {
      const { org, ids } = await w.somebody();
      const { token, profile_id } = await w.fake.foreignToken({ member_id: ids.member_id, kind });
      if (method === "attest") return [{ token, profile_id, organization_id: org.organization_id }];
      if (method === "migrate") return [{ session_token: token, organization_id: org.organization_id }];
      return [{ access_token: token }];
    },
    then: (out) => assert.notEqual(out.session_token, ""),
  })),
  { call: "sessions.getJWKS", with: (w) => [{ project_id: w.fake.projectID }], then: (out) => assert.ok(out.keys.length > 0) },
];

const codes = [
  { call: "otps.email.loginOrSignup", with: async (w) => [(await w.somebody()).address] },
  {
    call: "otps.email.authenticate",
    with: async (w) => {
      const { address } = await w.somebody();
      await w.sdk.otps.email.loginOrSignup(address);
      return [{ ...address, code: (await w.fake.sent(address.email_address)).code }];
    },
    then: finished,
  },
  { call: "otps.email.discovery.send", with: async (w) => [{ email_address: w.email() }] },
  {
    call: "otps.email.discovery.authenticate",
    with: async (w) => {
      const { email_address } = (await w.somebody()).member;
      await w.sdk.otps.email.discovery.send({ email_address });
      return [{ email_address, code: (await w.fake.sent(email_address)).code }];
    },
    then: (out) => assert.equal(out.discovered_organizations.length, 1),
  },
  {
    call: "otps.sms.send",
    with: async (w) => [{ ...(await w.somebody()).ids, mfa_phone_number: w.phone() }],
  },
  {
    call: "otps.sms.authenticate",
    with: async (w) => {
      const phone = w.phone();
      const { ids, credential } = await w.unfinished({ mfa_phone_number: phone });
      return [{ ...ids, ...credential, code: (await w.fake.sent(phone)).code }];
    },
    then: (out) => (assert.notEqual(out.session_token, ""), assert.ok(out.member_session)),
  },
  {
    call: "totps.create",
    with: async (w) => {
      const { ids, credential } = await w.signedIn();
      return [{ ...ids, ...credential }];
    },
  },
  {
    call: "totps.authenticate",
    with: async (w) => {
      const { ids, credential } = await w.signedIn();
      const made = await w.sdk.totps.create({ ...ids, ...credential });
      return [{ ...ids, ...credential, code: totp(made.secret) }];
    },
  },
  {
    call: "totps.migrate",
    with: async (w) => [{ ...(await w.somebody()).ids, secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", recovery_codes: ["ckss-2skx-ebow", "spbc-424h-usn0"] }],
  },
  { call: "recoveryCodes.get", with: async (w) => [(await w.withTOTP()).ids] },
  { call: "recoveryCodes.rotate", with: async (w) => [(await w.withTOTP()).ids] },
  {
    call: "recoveryCodes.recover",
    with: async (w) => {
      const { ids, credential, made } = await w.withTOTP();
      return [{ ...ids, ...credential, recovery_code: made.recovery_codes[0] }];
    },
    then: (out, w) => assert.ok(out.recovery_codes_remaining > 0),
  },
];

const passwords = [
  { call: "passwords.strengthCheck", as: "of a good one", with: (w) => [{ password: w.goodPassword }], then: (out) => assert.ok(out.valid_password) },
  { call: "passwords.strengthCheck", as: "of a bad one", with: () => [{ password: "password" }], then: (out) => assert.ok(!out.valid_password) },
  {
    call: "passwords.migrate",
    with: async (w) => [{
      ...(await w.somebody()).address, hash_type: "md_5",
      hash: createHash("md5").update(w.goodPassword).digest("hex"),
    }],
  },
  {
    call: "passwords.authenticate",
    with: async (w) => [{ ...(await w.withPassword()).address, password: w.goodPassword }],
    then: finished,
  },
  {
    call: "passwords.authenticate",
    as: "a wrong one",
    with: async (w) => [{ ...(await w.withPassword()).address, password: `${w.goodPassword}!` }],
    refused: "unauthorized_credentials",
  },
  { call: "passwords.email.resetStart", with: async (w) => [(await w.somebody()).address] },
  {
    call: "passwords.email.reset",
    with: async (w) => {
      const { address } = await w.somebody();
      await w.sdk.passwords.email.resetStart(address);
      return [{ password_reset_token: (await w.fake.sent(address.email_address)).token, password: w.goodPassword }];
    },
    then: finished,
  },
  { call: "passwords.email.requireReset", crossOrg: true, with: async (w) => [(await w.withPassword()).address] },
  {
    call: "passwords.existingPassword.reset",
    with: async (w) => [{ ...(await w.withPassword()).address, existing_password: w.goodPassword, new_password: `${w.goodPassword}-2` }],
    then: finished,
  },
  {
    call: "passwords.sessions.reset",
    with: async (w) => {
      const { org, credential } = await w.signedIn();
      return [{ ...credential, organization_id: org.organization_id, password: w.goodPassword }];
    },
  },
  { call: "passwords.discovery.authenticate", crossOrg: true, with: async (w) => [{ email_address: (await w.withPassword()).member.email_address, password: w.goodPassword }] },
  { call: "passwords.discovery.email.resetStart", crossOrg: true, with: async (w) => [{ email_address: (await w.somebody()).member.email_address }] },
  {
    call: "passwords.discovery.email.reset",
    crossOrg: true,
    with: async (w) => {
      const { email_address } = (await w.somebody()).member;
      await w.sdk.passwords.discovery.email.resetStart({ email_address });
      return [{ password_reset_token: (await w.fake.sent(email_address)).token, password: w.goodPassword }];
    },
  },
];

const oauth = [
  {
    call: "oauth.authenticate",
    with: async (w) => [{ oauth_token: await w.atProvider("/v1/b2b/public/oauth/google/start", (await w.somebody()).address) }],
    then: (out) => (finished(out), assert.equal(out.provider_type, "Google"), assert.ok(out.provider_values.access_token)),
  },
  {
    call: "oauth.authenticate",
    as: "with PKCE",
    with: async (w) => {
      const { verifier, challenge } = w.pkce();
      const token = await w.atProvider("/v1/b2b/public/oauth/microsoft/start", { ...(await w.somebody()).address, pkce_code_challenge: challenge });
      return [{ oauth_token: token, pkce_code_verifier: verifier }];
    },
    then: finished,
  },
  {
    call: "oauth.authenticate",
    as: "a provider that vouches for no address",
    with: async (w) => [{ oauth_token: await w.atProvider("/v1/b2b/public/oauth/github/start", (await w.somebody()).address) }],
    then: (out) => (unfinished(out), assert.ok(out.primary_required)),
  },
  {
    call: "oauth.discovery.authenticate",
    with: async (w) => {
      const { email_address } = (await w.somebody()).member;
      return [{ discovery_oauth_token: await w.atProvider("/v1/b2b/public/oauth/google/discovery/start", { email_address }) }];
    },
    then: (out) => assert.equal(out.discovered_organizations.length, 1),
  },
];

const sso = [
  {
    call: "sso.authenticate",
    as: "OIDC",
    with: async (w) => {
      const { organization_id, connection_id } = await w.oidc();
      await w.sdk.organizations.update({ organization_id, sso_jit_provisioning: "ALL_ALLOWED" });
      return [{ sso_token: await w.atProvider("/v1/public/sso/start", { connection_id, email_address: w.email() }) }];
    },
    then: (out) => (finished(out), assert.equal(out.member.sso_registrations.length, 1)),
  },
  {
    call: "sso.authenticate",
    as: "SAML, with roles of a group",
    with: async (w) => {
      const { organization_id, connection_id } = await w.saml();
      await w.sdk.organizations.update({ organization_id, sso_jit_provisioning: "ALL_ALLOWED" });
      const email_address = w.email();
      await w.fake.persona({ email: email_address, name: "Ada Lovelace", groups: ["staff"] });
      return [{ sso_token: await w.atProvider("/v1/public/sso/start", { connection_id, email_address }) }];
    },
    then: (out) => assert.ok(out.member_session.roles.includes("instructor")),
  },
  { call: "sso.getConnections", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  { call: "sso.saml.createConnection", with: async (w) => [{ organization_id: (await w.org()).organization_id, display_name: "School", identity_provider: "okta" }] },
  {
    call: "sso.saml.updateConnection",
    with: async (w) => {
      const { organization_id } = await w.org();
      const { connection } = await w.sdk.sso.saml.createConnection({ organization_id });
      return [{ organization_id, connection_id: connection.connection_id, ...w.samlSettings }];
    },
    then: (out) => (assert.equal(out.connection.status, "active"), assert.equal(out.connection.verification_certificates.length, 1)),
  },
  {
    call: "sso.saml.updateByURL",
    with: async (w) => [{ ...(await w.saml()), metadata_url: "https://idp.example.edu/metadata" }],
  },
  {
    call: "sso.saml.deleteVerificationCertificate",
    with: async (w) => {
      const named = await w.saml();
      await w.sdk.sso.saml.updateConnection({ ...named, x509_certificate: w.samlSettings.x509_certificate }); // the last one has to stay
      const { saml_connections: [connection] } = await w.sdk.sso.getConnections({ organization_id: named.organization_id });
      return [{ ...named, certificate_id: connection.verification_certificates[0].certificate_id }];
    },
  },
  {
    call: "sso.saml.deleteEncryptionPrivateKey",
    with: async (w) => {
      const named = await w.saml();
      await w.sdk.sso.saml.updateConnection({ ...named, saml_encryption_private_key: w.privateKey() });
      const { saml_connections: [connection] } = await w.sdk.sso.getConnections({ organization_id: named.organization_id });
      return [{ ...named, private_key_id: connection.encryption_private_keys[0].private_key_id }];
    },
  },
  { call: "sso.deleteConnection", with: async (w) => [await w.saml()] },
  { call: "sso.oidc.createConnection", with: async (w) => [{ organization_id: (await w.org()).organization_id, display_name: "School" }] },
  {
    call: "sso.oidc.updateConnection",
    with: async (w) => [{ ...(await w.oidc()), display_name: "The school" }],
    then: (out) => assert.equal(out.connection.status, "active"),
  },
  {
    call: "sso.external.createConnection",
    with: async (w) => {
      const { organization_id, connection_id } = await w.saml();
      return [{ organization_id: (await w.org()).organization_id, external_organization_id: organization_id, external_connection_id: connection_id }];
    },
  },
  {
    call: "sso.external.updateConnection",
    with: async (w) => {
      const theirs = await w.saml();
      const { organization_id } = await w.org();
      const { connection } = await w.sdk.sso.external.createConnection({
        organization_id, external_organization_id: theirs.organization_id, external_connection_id: theirs.connection_id,
      });
      return [{ organization_id, connection_id: connection.connection_id, display_name: "The other school" }];
    },
  },
  {
    call: "sso.getConnections",
    as: "one of each kind",
    with: async (w) => {
      const theirs = await w.saml();
      const ours = await w.oidc();
      await w.sdk.sso.saml.createConnection({ organization_id: ours.organization_id });
      await w.sdk.sso.external.createConnection({
        organization_id: ours.organization_id, external_organization_id: theirs.organization_id, external_connection_id: theirs.connection_id,
      });
      return [{ organization_id: ours.organization_id }];
    },
    then: (out) => {
      for (const kind of ["saml", "oidc", "external"]) assert.equal(out[`${kind}_connections`].length, 1, kind);
    },
  },
];

const rbac = [
  { call: "rbac.policy", with: () => [], then: (out) => assert.ok(out.policy.roles.some((r) => r.role_id === "stytch_member")) },
  { call: "rbac.organizations.getOrgPolicy", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "rbac.organizations.setOrgPolicy",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, org_policy: { roles: [{ role_id: "marker", description: "", permissions: [{ resource_id: "class", actions: ["mark"] }] }] } }],
  },
];

export const rows = [
  ...organizations, ...members, ...magicLinks, ...discovery, ...sessions, ...codes, ...passwords, ...oauth, ...sso, ...rbac,
];

/** Methods without a row, and why. */
export const without = [
  [/^(connectedApp|fraud|idp|impersonation|m2m|project|scim|debug)\./, "not among what the mock is for"],
  [/^sessions\.authenticateJwt/, "in jwt.test.mjs"],
];
