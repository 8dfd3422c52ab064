// The control plane as a program in another language meets it, and failures as
// the SDK reports them.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import stytch from "stytch";
import { Fakestytch } from "../fakestytch.mjs";
import { World } from "../world.mjs";

let fake, w;
before(async () => {
  fake = await Fakestytch.start();
  w = new World(new stytch.B2BClient({ project_id: fake.projectID, secret: fake.secret, env: fake.url }), fake);
});
beforeEach(() => fake.reset());
after(() => fake.stop());

const endpoint = "POST /v1/b2b/sessions/authenticate";

test("a fault strikes as often as it was asked to", async () => {
  const { credential } = await w.signedIn();
  await fake.fail({ endpoint, status: 429, error_type: "too_many_requests", retry_after: 3, times: 2, latency: "", body: "", drop: false });
  for (let i = 0; i < 2; i++) {
    await assert.rejects(w.sdk.sessions.authenticate(credential), (error) => {
      assert.ok(error instanceof stytch.StytchError);
      assert.equal(error.status_code, 429);
      assert.equal(error.error_type, "too_many_requests");
      assert.match(error.request_id, /^request-id-test-/);
      return true;
    });
  }
  await w.sdk.sessions.authenticate(credential);
});

test("a proxy's page and a lost connection are no answers of Stytch's", async () => {
  const { credential } = await w.signedIn();
  await fake.fail({ endpoint, status: 502, body: "<html>bad gateway</html>", times: 1 });
  await assert.rejects(w.sdk.sessions.authenticate(credential), (error) => error instanceof stytch.RequestError);
  await fake.fail({ endpoint, drop: true, times: 1 });
  await assert.rejects(w.sdk.sessions.authenticate(credential), (error) => error instanceof stytch.RequestError);
  await w.sdk.sessions.authenticate(credential);
});

test("time passes", async () => {
  const { credential, address } = await w.signedIn();
  const token = await w.link(address);
  await fake.age("61m");
  await assert.rejects(w.sdk.sessions.authenticate(credential), (error) => error.error_type === "session_not_found");
  await assert.rejects(w.sdk.magicLinks.authenticate({ magic_links_token: token }), (error) => error.error_type === "unable_to_auth_magic_link");
});

test("a snapshot brings back what was", async () => {
  const { credential, session_jwt } = await w.signedIn();
  const state = await fake.state();
  await w.sdk.sessions.revoke(credential);
  await fake.restore(state);
  await w.sdk.sessions.authenticate(credential);
  await fake.reset();
  await assert.rejects(w.sdk.sessions.authenticate(credential), (error) => error.error_type === "session_not_found");

  const elsewhere = await Fakestytch.start("-project", fake.projectID, "-secret", fake.secret);
  try {
    await elsewhere.restore(state);
    const sdk = new stytch.B2BClient({ project_id: fake.projectID, secret: fake.secret, env: elsewhere.url });
    await sdk.sessions.authenticateJwtLocal({ session_jwt });
    await sdk.sessions.authenticate(credential);
  } finally {
    await elsewhere.stop();
  }
});

test("a mistake is answered with a sentence", async () => {
  await assert.rejects(fake.age("tomorrow"), /400 by "tomorrow" is no length of time/);
  await assert.rejects(fake.fail({ endpont: endpoint, status: 500 }), /the field "endpont" is unknown/);
  await assert.rejects(fake.login({ organization_id: "nowhere", email_address: "a@example.edu" }), /organization_not_found/);
});

test("a wrong secret is Stytch's error, too", async () => {
  const sdk = new stytch.B2BClient({ project_id: fake.projectID, secret: "secret-test-0123456789abcdef", env: fake.url });
  await assert.rejects(sdk.rbac.policy(), (error) => error.status_code === 401 && error.error_type === "unauthorized_credentials");
});

test("the link in an e-mail leads a browser to the application", async () => {
  const { address, org } = await w.somebody();
  await w.sdk.magicLinks.email.loginOrSignup({ ...address, login_redirect_url: "http://localhost:3000/done?week=1" });
  const { link, token } = await fake.sent(address.email_address);
  const res = await fetch(link, { redirect: "manual" });
  const to = new URL(res.headers.get("location"));
  assert.equal(to.origin + to.pathname, "http://localhost:3000/done");
  assert.deepEqual(Object.fromEntries(to.searchParams), {
    week: "1", stytch_token_type: "multi_tenant_magic_links", token, slug: org.organization_slug,
  });
});
