// The conformance suite of ../../mock/testdata/conformance.json, which stytch-go
// runs as well: what its steps mean is said in mock/suite_test.go.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import stytch from "stytch";
import { Fakestytch } from "../fakestytch.mjs";
import { totp, World } from "../world.mjs";

const flows = JSON.parse(readFileSync(new URL("../../../mock/testdata/conformance.json", import.meta.url), "utf8"));

/** Follows a path such as "member.roles.0.role_id". */
const at = (value, path) => path.split(".").reduce((within, name) => within?.[name], value);

/** Puts the values of variables into every text of a step. */
function fill(value, vars) {
  return JSON.parse(JSON.stringify(value).replace(/\$\{([a-z_]+)\}/g, (_, name) => {
    assert.ok(name in vars, `\${${name}} is not known yet`);
    return JSON.stringify(vars[name]).slice(1, -1);
  }));
}

/** Finds the SDK's method, whose capitals may differ. */
function method(sdk, name) {
  const path = name.toLowerCase().split(".");
  const last = path.pop();
  const owner = path.reduce((within, part) => within[Object.keys(within).find((key) => key.toLowerCase() === part)], sdk);
  const found = Object.getOwnPropertyNames(Object.getPrototypeOf(owner)).find((key) => key.toLowerCase() === last);
  assert.ok(found, `the SDK has no ${name}`);
  return owner[found].bind(owner);
}

async function call(sdk, step) {
  const options = step.as ? [{ authorization: { session_token: step.as } }] : [];
  const calling = method(sdk, step.call)(step.params, ...options);
  if (!step.error) return calling;
  await assert.rejects(calling, (error) => {
    assert.deepEqual({ status: error.status_code, type: error.error_type }, step.error);
    return true;
  });
}

/** Opens a start URL as a browser does, as far as the project's own page. */
async function browse(fake, step) {
  const res = await fetch(fake.url + step.browse, { redirect: "manual" });
  if (step.error) {
    const refused = await res.json();
    assert.deepEqual({ status: refused.status_code, type: refused.error_type }, step.error);
    return undefined;
  }
  assert.equal(res.status, 302);
  return Object.fromEntries(new URL(res.headers.get("location")).searchParams);
}

async function run(sdk, fake, step) {
  if (step.call) return call(sdk, step);
  if (step.outbox) return fake.sent(step.outbox);
  if (step.browse) return browse(fake, step);
  if (step.totp) return { code: totp(step.totp) };
  if (step.foreign) return fake.foreignToken({ member_id: step.member, kind: step.foreign });
  throw new Error(`a step that does nothing: ${JSON.stringify(step)}`);
}

for (const flow of flows) {
  test(`suite: ${flow.flow}`, async () => {
    const flags = flow.cross_org_passwords ? ["-seed", fileURLToPath(new URL("./cross-org.json", import.meta.url))] : [];
    const fake = await Fakestytch.start(...flags);
    try {
      const sdk = new stytch.B2BClient({ project_id: fake.projectID, secret: fake.secret, env: fake.url });
      const vars = {
        run: randomBytes(6).toString("hex"),
        callback: "https://app.example.edu/auth",
        project: fake.projectID,
        public_token: await new World(sdk, fake).publicToken(),
      };
      for (const written of flow.steps) {
        const step = fill(written, vars);
        const answer = await run(sdk, fake, step);
        for (const [path, want] of Object.entries(step.expect ?? {})) assert.deepEqual(at(answer, path) ?? null, want, `${step.call} ${path}`);
        for (const [name, path] of Object.entries(step.save ?? {})) {
          vars[name] = at(answer, path);
          assert.ok(vars[name], `${path} is empty`);
        }
      }
    } finally {
      await fake.stop();
    }
  });
}
