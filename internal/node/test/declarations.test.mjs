// The checker itself: a check that sees nothing would pass everything.
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, writeFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { clientMethods, resolve } from "../declarations.mjs";
import { faults } from "../shape.mjs";

const dir = mkdtempSync(path.join(tmpdir(), "declarations-"));
after(() => rmSync(dir, { recursive: true }));
mkdirSync(path.join(dir, "b2b"));
writeFileSync(path.join(dir, "b2b/client.d.ts"), `
import { Notes, Note as Paper } from "./notes";
import * as jose from "jose";
export declare class B2BClient extends Base<Paper> {
    protected hidden: Notes;
    notes: Notes;
    constructor(config: { a: string; });
}`);
writeFileSync(path.join(dir, "b2b/notes.d.ts"), `
import { B2BClient } from "./client";
export interface Note {
    /** Not a field: wrong: string; */
    id: string;
    stars?: number;
    tags: string[];
    kind: "draft" | "final" | string;
    by: Record<string, Author>;
    options?: { bold: boolean; };
    key: unknown;
}
export type Author = { name: string };
export declare class Notes {
    private fetchConfig;
    constructor(fetchConfig: fetchConfig);
    get(params: { id: string; }, options?: string): Promise<Note>;
    all(): Promise<Note[]>;
}`);

const methods = clientMethods(dir);
const good = { id: "1", tags: ["a"], kind: "other", by: { x: { name: "Ada" } }, key: 0 };

test("methods are found through imports, and hidden ones are not", () => {
  assert.deepEqual([...methods.keys()], ["notes.get", "notes.all"]);
  assert.deepEqual([...resolve(methods.get("notes.get")).fields.keys()], ["id", "stars", "tags", "kind", "by", "options", "key"]);
});

test("a complete answer has no faults", () => {
  assert.deepEqual(faults(good, methods.get("notes.get"), "note"), []);
  assert.deepEqual(faults([good, { ...good, stars: null, options: { bold: true } }], methods.get("notes.all"), "notes"), []);
});

for (const [name, change, want] of [
  ["a missing field", { id: undefined }, "note.id is missing"],
  ["a null", { tags: null }, "note.tags is null"],
  ["a missing field of any type", { key: undefined }, "note.key is missing"],
  ["a wrong type", { id: 1 }, "note.id is no string: 1"],
  ["a wrong element", { tags: [1] }, "note.tags[0] is no string: 1"],
  ["no array", { tags: {} }, "note.tags is no array: {}"],
  ["a wrong variant", { kind: 1 }, "note.kind is no string: 1"],
  ["an incomplete value of a record", { by: { x: {} } }, "note.by.x.name is missing"],
  ["a wrong optional field", { stars: "1" }, 'note.stars is no number: "1"'],
  ["an incomplete optional object", { options: {} }, "note.options.bold is missing"],
]) {
  test(`${name} is a fault`, () => {
    assert.deepEqual(faults({ ...good, ...change }, methods.get("notes.get"), "note"), [want]);
  });
}
