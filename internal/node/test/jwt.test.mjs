// What the SDK decides by itself: it checks session_jwts with the key set, and
// permissions with the RBAC policy. Both have to be such that it can.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import stytch from "stytch";
import { clientMethods } from "../declarations.mjs";
import { Fakestytch } from "../fakestytch.mjs";
import { faults } from "../shape.mjs";
import { World } from "../world.mjs";

const methods = clientMethods(fileURLToPath(new URL("../node_modules/stytch/types/lib", import.meta.url)));

let fake;
before(async () => { fake = await Fakestytch.start("-jwt-life", "5m"); });
after(() => fake.stop());

/** A client of its own, which has fetched neither keys nor policy yet. */
const client = () => new stytch.B2BClient({ project_id: fake.projectID, secret: fake.secret, env: fake.url });
const world = () => new World(client(), fake);
const asked = async (endpoint) => (await fake.journal()).filter((entry) => entry.endpoint === endpoint).length;
const AUTHENTICATE = "POST /v1/b2b/sessions/authenticate";

test("a fresh session_jwt is checked without a call", async () => {
  const w = world();
  const who = await w.signedIn({}, { roles: ["tutor"] }, { factors: ["magic_link", "totp"] });
  const before = await asked(AUTHENTICATE);
  const { member_session: session, session_jwt } = await w.sdk.sessions.authenticateJwt({ session_jwt: who.session_jwt });
  assert.equal(await asked(AUTHENTICATE), before);
  assert.equal(session_jwt, who.session_jwt);
  assert.equal(session.member_id, who.member_id);
  assert.equal(session.organization_id, who.org.organization_id);
  assert.equal(session.organization_slug, who.org.organization_slug);
  assert.deepEqual(session.roles, ["stytch_member", "tutor"]);
  assert.deepEqual(session.authentication_factors.map((f) => f.type), ["magic_link", "totp"]);
  assert.deepEqual(faults(session, methods.get("sessions.authenticateJwtLocal"), "session"), []);
});

test("one that has expired is exchanged for a fresh one", async () => {
  const w = world();
  const who = await w.signedIn({}, {}, { jwt_age: "6m" });
  await assert.rejects(w.sdk.sessions.authenticateJwtLocal({ session_jwt: who.session_jwt }), /jwt_too_old|timestamp|exp/i);
  const out = await w.sdk.sessions.authenticateJwt({ session_jwt: who.session_jwt });
  assert.notEqual(out.session_jwt, who.session_jwt);
  await w.sdk.sessions.authenticateJwtLocal({ session_jwt: out.session_jwt });
});

test("one whose session has ended is good until it expires, and not after", async () => {
  const w = world();
  const who = await w.signedIn({}, {}, { jwt_age: "4m" });
  await w.sdk.sessions.revoke(who.credential);
  await w.sdk.sessions.authenticateJwt({ session_jwt: who.session_jwt });
  await assert.rejects(
    w.sdk.sessions.authenticateJwt({ session_jwt: who.session_jwt, max_token_age_seconds: 60 }),
    (error) => error.error_type === "session_not_found",
  );
});

test("a session_jwt that was changed is refused", async () => {
  const w = world();
  const [header, claims, signature] = (await w.signedIn()).session_jwt.split(".");
  const changed = JSON.parse(Buffer.from(claims, "base64url"));
  changed["https://stytch.com/session"].roles.push("stytch_admin");
  const forged = [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
  await assert.rejects(w.sdk.sessions.authenticateJwtLocal({ session_jwt: forged }));
  await assert.rejects(w.sdk.sessions.authenticateJwt({ session_jwt: forged }));
});

test("one of another project is refused", async () => {
  const other = await Fakestytch.start();
  try {
    const sdk = new stytch.B2BClient({ project_id: other.projectID, secret: other.secret, env: other.url });
    const theirs = await new World(sdk, other).signedIn();
    await assert.rejects(client().sessions.authenticateJwt({ session_jwt: theirs.session_jwt }));
  } finally {
    await other.stop();
  }
});

test("permissions are checked with the policy", async () => {
  const w = world();
  const check = (who, action, organization_id = who.org.organization_id) => w.sdk.sessions.authenticateJwtLocal({
    session_jwt: who.session_jwt, authorization_check: { organization_id, resource_id: "class", action },
  });
  const instructor = await w.signedIn({}, { roles: ["instructor"] });
  const student = await w.signedIn();
  await check(instructor, "release");
  await assert.rejects(check(instructor, "burn"));
  await assert.rejects(check(student, "release"));
  await assert.rejects(check(instructor, "release", student.org.organization_id));
  const coordinator = await w.signedIn({}, { roles: ["coordinator"] });
  await check(coordinator, "anything");
  await w.sdk.sessions.authenticateJwtLocal({
    session_jwt: student.session_jwt,
    authorization_check: { organization_id: student.org.organization_id, resource_id: "stytch.self", action: "update.info.name" },
  });
});

test("after a rotation both keys verify; without the old one its tokens do not", async () => {
  const w = world();
  const early = await w.signedIn();
  await fake.rotateKeys();
  const late = await w.signedIn();
  const fresh = client();
  await fresh.sessions.authenticateJwtLocal({ session_jwt: early.session_jwt });
  await fresh.sessions.authenticateJwtLocal({ session_jwt: late.session_jwt });
  await fake.rotateKeys({ drop_old: true });
  await assert.rejects(client().sessions.authenticateJwtLocal({ session_jwt: early.session_jwt }));
});
