// The list of endpoints for readers has every method of the SDK.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { clientMethods } from "../declarations.mjs";
import { without } from "../endpoints/index.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("docs/mock-endpoints.md has every method of the SDK that calls an endpoint", () => {
  const list = readFileSync(here("../../../docs/mock-endpoints.md"), "utf8").toLowerCase();
  const methods = [...clientMethods(here("../node_modules/stytch/types/lib")).keys()].filter((name) => !without.some(([pattern]) => pattern.test(name)));
  assert.ok(methods.length > 120);
  assert.deepEqual(methods.filter((name) => !list.includes("`" + name.toLowerCase() + "`")), []);
});
