// A session of a person of the workspace, who is somebody else than the member.
import assert from "node:assert/strict";

export default [
  {
    call: "impersonation.authenticate",
    with: async (w) => {
      const { member_id } = await w.signedIn();
      const { impersonation_token } = await w.fake.impersonate({ member_id, impersonator_email_address: "help@school.example" });
      return [{ impersonation_token }];
    },
    then: (out) => assert.equal(out.member_session.authentication_factors[0].type, "impersonated"),
  },
  {
    call: "impersonation.authenticate",
    as: "a token that is none",
    with: async () => [{ impersonation_token: "short" }],
    refused: "invalid_token",
  },
];
