// Sessions, and the tokens of others that become one.
import assert from "node:assert/strict";
import { finished } from "../outcome.mjs";

export default [
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
