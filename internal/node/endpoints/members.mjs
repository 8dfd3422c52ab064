// Members of an organization.
import assert from "node:assert/strict";

export default [
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
