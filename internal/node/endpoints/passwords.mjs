// Passwords.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { finished } from "../outcome.mjs";

export default [
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
