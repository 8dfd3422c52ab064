// Signing in with Google and the like.
import assert from "node:assert/strict";
import { finished, unfinished } from "../outcome.mjs";

export default [
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
