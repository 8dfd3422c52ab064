// Connected Apps: how a member lets one in. What Stytch has outside B2B to make them is
// in elsewhere.mjs.
import assert from "node:assert/strict";

const callback = "https://app.example/oauth/callback";

/** A Connected App and somebody who is signed in, as an authorization request has them. */
async function asked(w, fields = {}) {
  const { client_id } = await w.fake.connectedApp({ client_name: "Notes", client_type: "third_party", redirect_urls: [callback] });
  const who = await w.signedIn();
  return { who, client_id, request: { client_id, redirect_uri: callback, response_type: "code", scopes: ["openid", "email"], ...who.credential, ...fields } };
}

/** The same, let in. */
async function letIn(w) {
  const { who, client_id, request } = await asked(w, { consent_granted: true });
  await w.sdk.idp.oauth.authorize(request);
  return { ...who.ids, connected_app_id: client_id };
}

export default [
  {
    call: "idp.oauth.authorizeStart",
    with: async (w) => [(await asked(w)).request],
    then: (out) => {
      assert.equal(out.consent_required, true);
      assert.equal(out.client.client_name, "Notes");
      assert.deepEqual(out.scope_results.map((s) => s.is_grantable), [true, true]);
    },
  },
  {
    call: "idp.oauth.authorize",
    with: async (w) => [(await asked(w, { consent_granted: true, state: "s1" })).request],
    then: (out) => {
      const back = new URL(out.redirect_uri);
      assert.equal(back.searchParams.get("code"), out.authorization_code);
      assert.equal(back.searchParams.get("state"), "s1");
    },
  },
  {
    call: "idp.oauth.authorize",
    as: "without consent",
    with: async (w) => [(await asked(w, { consent_granted: false })).request],
    then: (out) => assert.equal(new URL(out.redirect_uri).searchParams.get("error"), "access_denied"),
  },
  {
    call: "idp.introspectTokenNetwork",
    with: async () => [{ token: "abc", client_id: "connected-app-test-00000000-0000-4000-8000-000000000001" }],
    refused: "mock_not_implemented",
  },
  {
    call: "organizations.connectedApps",
    with: async (w) => [{ organization_id: (await letIn(w)).organization_id }],
    then: (out) => assert.equal(out.connected_apps.length, 1),
  },
  {
    call: "organizations.getConnectedApp",
    with: async (w) => {
      const { organization_id, connected_app_id } = await letIn(w);
      return [{ organization_id, connected_app_id }];
    },
    then: (out) => assert.deepEqual(out.active_members[0].granted_scopes, ["openid", "email"]),
  },
  {
    call: "organizations.members.getConnectedApps",
    with: async (w) => {
      const { organization_id, member_id } = await letIn(w);
      return [{ organization_id, member_id }];
    },
    then: (out) => assert.equal(out.connected_apps[0].scopes_granted, "openid email"),
  },
  { call: "organizations.members.connectedApps.revoke", with: async (w) => [await letIn(w)] },
];
