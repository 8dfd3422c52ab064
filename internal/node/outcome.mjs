// How a sign-in ends.
import assert from "node:assert/strict";

/** In a session. */
export const finished = (out) => {
  assert.equal(out.member_authenticated, true);
  assert.notEqual(out.session_token, "");
  assert.equal(out.session_jwt.split(".").length, 3);
  assert.equal(out.intermediate_session_token, "");
  assert.ok(out.member_session);
};

/** In an intermediate session, because the organization wants more. */
export const unfinished = (out) => {
  assert.equal(out.member_authenticated, false);
  assert.equal(out.session_token, "");
  assert.equal(out.session_jwt, "");
  assert.notEqual(out.intermediate_session_token, "");
};
