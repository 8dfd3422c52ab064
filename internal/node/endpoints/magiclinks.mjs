// Links in e-mails.
import assert from "node:assert/strict";
import { finished, unfinished } from "../outcome.mjs";

export default [
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
