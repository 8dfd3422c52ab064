// Stytch's Node SDK, unmodified, calls every endpoint that it has, and every
// answer has every field that the SDK declares.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync, writeFileSync } from "node:fs";
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

/** What came of each method, for the table of docs/sdks.md. */
const results = new Map();

/** Notes the best answer of a method's rows. */
async function note(world, row) {
  const { endpoint, error_type } = (await world.fake.journal()).at(-1);
  const answer = error_type === "mock_not_implemented" ? "501: outside B2B" : error_type ? `refused: ${error_type}` : "200";
  if (results.get(row.call)?.answer !== "200") results.set(row.call, { endpoint, answer });
}

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
      await note(world, row);
      return;
    }
    const body = await raw(world, row.call, args);
    assert.equal(body.status_code, 200);
    assert.deepEqual(faults(body, methods.get(row.call), row.call), []);
    row.then?.(body);
    await note(world, row);
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

test("docs/sdks.md says what came of each method", () => {
  const names = [...methods.keys()].sort();
  const counts = { 200: 0, 501: 0, elsewhere: 0 };
  const lines = names.map((name) => {
    const { endpoint, answer } = results.get(name) ?? { answer: without.find(([pattern]) => pattern.test(name))?.[1] ?? "not called" };
    counts[/^(200|501)/.exec(answer)?.[0] ?? "elsewhere"]++;
    return `| \`${name}\` | ${endpoint ? `\`${endpoint}\`` : ""} | ${answer} |`;
  });
  const { version } = JSON.parse(readFileSync(new URL("../node_modules/stytch/package.json", import.meta.url), "utf8"));
  const want = `Version ${version} has ${names.length} methods: ${counts[200]} answered 200, ${counts[501]} answered 501 with the name of the endpoint, ` +
    `${counts.elsewhere} that work in process, 0 answers that lack what the SDK declares.\n\n` +
    `| Method | Request | Answer |\n| --- | --- | --- |\n${lines.join("\n")}\n`;
  const file = fileURLToPath(new URL("../../../docs/sdks.md", import.meta.url));
  const text = readFileSync(file, "utf8");
  const begin = "<!-- node: written by npm run table in internal/node -->\n\n", end = "\n<!-- end of node -->";
  const from = text.indexOf(begin) + begin.length, to = text.indexOf(end, from);
  assert.ok(from >= begin.length && to >= 0, "docs/sdks.md lacks the place of the table");
  if (process.env.UPDATE_TABLE) {
    writeFileSync(file, text.slice(0, from) + want + text.slice(to));
    return;
  }
  assert.equal(text.slice(from, to), want, "npm run table writes it anew");
});
