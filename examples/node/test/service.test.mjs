// Who may do what, and what happens when Stytch is down: the service over HTTP, with
// Stytch's SDK unmodified and Stytch itself as a process beside it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, afterEach, before, beforeEach, test } from "node:test";
import stytch from "stytch";
import { service } from "../service.mjs";
import { start } from "../fakestytch.mjs";

const authenticate = "POST /v1/b2b/sessions/authenticate";
const keys = "GET /v1/b2b/sessions/jwks/{project_id}";

let fake, client, server, laws;
before(async () => { fake = await start(); });
after(() => fake.stop());
beforeEach(async () => {
  await fake.reset();
  // A new one for each test, so that none profits from keys that another fetched.
  client = new stytch.B2BClient({ project_id: fake.project_id, secret: fake.secret, env: fake.url });
  laws = (await client.organizations.get({ organization_id: "laws1100" })).organization.organization_id;
  server = createServer(service(client)).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => { server.close(); server.closeAllConnections(); });

const login = (name, organization_id = "laws1100", more = {}) =>
  fake.login({ organization_id, email_address: `${name}@example.edu`, ...more });
const cookies = (who) => ({ Cookie: `stytch_session=${who.session_token}; stytch_session_jwt=${who.session_jwt}` });
const bearer = (who) => ({ Authorization: `Bearer ${who.session_jwt}` });
const call = (method, path, headers = {}) => fetch(`http://127.0.0.1:${server.address().port}${path}`, { method, headers });
const read = (headers) => call("GET", `/classes/${laws}/notes`, headers);
const release = (headers) => call("POST", `/classes/${laws}/release`, headers);
/** How often an endpoint was asked. */
const asked = async (endpoint) => (await fake.journal()).filter((request) => request.endpoint === endpoint).length;

for (const [who, name, organization, reads, releases] of [
  ["a student", "ada", "laws1100", 200, 403],
  ["a tutor", "tove", "laws1100", 200, 403],
  ["an instructor", "ines", "laws1100", 200, 200],
  ["an instructor of another class", "hal", "hist2200", 403, 403],
  ["a student of both classes, signed in to the other one", "ada", "hist2200", 403, 403],
]) {
  for (const [how, attach] of [["cookies", cookies], ["bearer token", bearer]]) {
    test(`${who}, with ${how}`, async () => {
      const headers = attach(await login(name, organization));
      assert.equal((await read(headers)).status, reads);
      assert.equal((await release(headers)).status, releases);
    });
  }
}

test("nobody", async () => {
  for (const headers of [{}, { Cookie: "stytch_session=; stytch_session_jwt=" }, { Authorization: "Basic YTpi" }]) {
    assert.equal((await read(headers)).status, 401);
    assert.equal((await release(headers)).status, 401);
  }
});

test("reading asks Stytch for its keys and nothing else", async () => {
  const ada = await login("ada");
  for (let i = 0; i < 5; i++) assert.equal((await read(cookies(ada))).status, 200);
  assert.equal(await asked(keys), 1);
  assert.equal(await asked(authenticate), 0);
});

test("a stale session_jwt is refreshed", async () => {
  const ada = await login("ada", "laws1100", { jwt_age: "6m" });
  const res = await read(cookies(ada));
  assert.equal(res.status, 200);
  const fresh = /^stytch_session_jwt=([\w.-]+); Path=\/; HttpOnly; Secure; SameSite=Lax$/.exec(res.headers.getSetCookie().join());
  assert.ok(fresh, "a new session_jwt in a cookie");
  assert.equal((await read({ Authorization: `Bearer ${fresh[1]}` })).status, 200);
  assert.equal((await read(bearer(ada))).status, 401, "a bearer token is not");
  assert.equal((await release(bearer(await login("ines", "laws1100", { jwt_age: "6m" })))).status, 401, "nor there");
});

test("a forged session_jwt is refused, and Stytch is not asked", async () => {
  const ada = await login("ada");
  const [header, claims, signature] = ada.session_jwt.split(".");
  const changed = JSON.parse(Buffer.from(claims, "base64url"));
  changed["https://stytch.com/session"].roles.push("instructor");
  const forged = [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
  assert.equal((await read(cookies({ ...ada, session_jwt: forged }))).status, 401);
  assert.equal((await read(cookies({ ...ada, session_jwt: "rubbish" }))).status, 401);
  assert.equal((await release(bearer({ session_jwt: forged }))).status, 401);
  assert.equal(await asked(authenticate), 0);
});

test("a revoked instructor releases nothing, and is signed out", async () => {
  const ines = await login("ines");
  await client.sessions.revoke({ session_token: ines.session_token });
  const res = await release(cookies(ines));
  assert.equal(res.status, 401);
  assert.equal(res.headers.getSetCookie().filter((line) => line.includes("Max-Age=0")).length, 2);
  assert.equal((await release(bearer(ines))).status, 401);
});

for (const [what, fault] of [
  ["is gone", { drop: true }],
  ["breaks down", { status: 500 }],
  ["is too busy", { status: 429, retry_after: 3 }],
  ["sits behind a broken proxy", { status: 502, body: "<html>bad gateway</html>" }],
  ["has nothing to say", { status: 200, body: "{}" }],
  ["does not take our secret", { status: 401, error_type: "unauthorized_credentials" }],
]) {
  test(`Stytch ${what}: nobody is signed out`, async () => {
    const stale = await login("ada", "laws1100", { jwt_age: "6m" });
    const [ada, ines] = [await login("ada"), await login("ines")];
    assert.equal((await read(cookies(ada))).status, 200);
    await fake.fail(fault);
    assert.equal((await read(cookies(ada))).status, 200, "a session_jwt lasts");
    for (const res of [await read(cookies(stale)), await release(cookies(ines))]) {
      assert.equal(res.status, 503);
      assert.equal(res.headers.get("retry-after"), "5");
      assert.deepEqual(res.headers.getSetCookie(), []);
    }
  });
}

test("without keys nobody can be told from anybody", async () => {
  const ada = await login("ada");
  for (const fault of [{ drop: true }, { status: 500 }, { status: 200, body: "<html>" }]) {
    await fake.fail({ endpoint: keys, times: 1, ...fault });
    assert.equal((await read(cookies(ada))).status, 503);
  }
  assert.equal((await read(cookies(ada))).status, 200);
});

test("another site's page releases nothing", async () => {
  const headers = cookies(await login("ines"));
  assert.equal((await release({ ...headers, "Sec-Fetch-Site": "cross-site" })).status, 403);
  assert.equal((await release({ ...headers, "Sec-Fetch-Site": "same-origin" })).status, 200);
});

test("two values of a cookie are one too many", async () => {
  const [ada, ines] = [await login("ada"), await login("ines")];
  assert.equal((await read({ Cookie: `${cookies(ada).Cookie}; ${cookies(ines).Cookie}` })).status, 401);
});

test("an Authorization header that is not understood is no reason to look at the cookies", async () => {
  assert.equal((await read({ ...cookies(await login("ada")), Authorization: "Basic YTpi" })).status, 401);
});

test("a program with a bearer token gets no cookies", async () => {
  assert.deepEqual((await release(bearer(await login("ines")))).headers.getSetCookie(), []);
});

test("there is nothing else", async () => {
  const headers = cookies(await login("ines"));
  assert.equal((await call("GET", "/", headers)).status, 404);
  assert.equal((await call("DELETE", `/classes/${laws}/notes`, headers)).status, 405);
  assert.equal((await call("GET", `/classes/${laws}/notes/`, headers)).status, 404);
});
