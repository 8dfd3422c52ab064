// Stytch's Node SDK, unmodified, calls every endpoint that it has, and every
// answer has every field that the SDK declares.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import stytch from "stytch";
import { clientMethods } from "../declarations.mjs";
import { rows, without } from "../endpoints/index.mjs";
import { Fakestytch } from "../fakestytch.mjs";
import { faults } from "../shape.mjs";
import { World } from "../world.mjs";

const methods = clientMethods(fileURLToPath(new URL("../node_modules/stytch/types/lib", import.meta.url)));

// Whether a password is good in all organizations is a setting of the project, so
// there are two.
const worlds = {};
async function start(name, ...flags) {
  const fake = await Fakestytch.start(...flags);
  worlds[name] = new World(new stytch.B2BClient({ project_id: fake.projectID, secret: fake.secret, env: fake.url, fraud_env: fake.url }), fake);
}
before(() => Promise.all([
  start("usual"),
  start("crossOrg", "-seed", fileURLToPath(new URL("./cross-org.json", import.meta.url))),
]));
after(() => Promise.all(Object.values(worlds).map((world) => world.fake.stop())));

/** Calls a method by its name, and returns the body as it came over the wire. */
async function raw(world, name, args) {
  const path = name.split(".");
  const method = path.pop();
  const owner = path.reduce((at, part) => at[part], world.sdk);
  const real = globalThis.fetch;
  let body;
  globalThis.fetch = async (...request) => {
    const res = await real(...request);
    body = await res.clone().json();
    return res;
  };
  try {
    const answer = await owner[method](...args);
    assert.deepEqual(answer, body, "the SDK returns what came over the wire");
  } finally {
    globalThis.fetch = real;
  }
  return body;
}

for (const row of rows) {
  test(row.as ? `${row.call}: ${row.as}` : row.call, async () => {
    const world = worlds[row.crossOrg ? "crossOrg" : "usual"];
    const args = await row.with(world);
    if (row.refused) {
      await assert.rejects(raw(world, row.call, args), (error) => (error.cause ?? error).error_type === row.refused || assert.fail(error));
      return;
    }
    const body = await raw(world, row.call, args);
    assert.equal(body.status_code, 200);
    assert.deepEqual(faults(body, methods.get(row.call), row.call), []);
    row.then?.(body);
  });
}

test("every method of the SDK has a row or a reason", () => {
  const called = new Set(rows.map((row) => row.call));
  for (const name of methods.keys()) {
    const excused = without.some(([pattern]) => pattern.test(name));
    assert.notEqual(called.has(name), excused, `${name} has ${excused ? "both a row and a reason" : "neither a row nor a reason"}`);
  }
  for (const name of called) assert.ok(methods.has(name), `the SDK has no ${name}`);
});
