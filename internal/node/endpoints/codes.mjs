// One-time codes, authenticator apps and recovery codes.
import assert from "node:assert/strict";
import { totp } from "../world.mjs";
import { finished } from "../outcome.mjs";

export default [
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
