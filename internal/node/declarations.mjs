// Reads the TypeScript declarations of Stytch's Node SDK: which class has which
// methods, what they return, and which fields of that are optional. They are
// machine-written and use a small part of the language; anything else is an
// error here rather than a field that nobody checks.
import { readFileSync } from "node:fs";
import path from "node:path";

const primitives = new Set(["string", "number", "boolean", "true", "false", "null", "undefined", "void"]);
const anything = { kind: "any" };

/** The declarations of one file and, through its imports, of others. */
class File {
  static #read = new Map();

  static at(name) {
    if (!File.#read.has(name)) {
      const file = new File(name);
      File.#read.set(name, file); // before it is parsed: imports can be circular
      new Parser(readFileSync(name, "utf8"), file).file();
    }
    return File.#read.get(name);
  }

  constructor(name) {
    this.name = name;
    this.types = new Map(); // interfaces, classes and aliases
    this.imports = new Map(); // name here -> [file, name there]
  }

  /** The declaration that a name in this file means. */
  find(name) {
    if (this.types.has(name)) return this.types.get(name);
    if (!this.imports.has(name)) throw new Error(`${this.name} does not declare ${name}`);
    const [from, there] = this.imports.get(name);
    if (!from.startsWith(".")) return anything; // a type of another package's
    return File.at(path.resolve(path.dirname(this.name), `${from}.d.ts`)).find(there);
  }
}

class Parser {
  constructor(source, file) {
    const plain = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
    this.tokens = plain.match(/"[^"]*"|'[^']*'|[A-Za-z_$][\w$]*|\d+|=>|\.\.\.|[^\s\w]/g) ?? [];
    this.i = 0;
    this.owner = file;
  }

  peek(ahead = 0) { return this.tokens[this.i + ahead]; }
  next() { return this.tokens[this.i++]; }
  accept(token) { return this.peek() === token && (this.i++, true); }
  expect(token) {
    if (!this.accept(token)) {
      throw new Error(`${this.owner.name}: expected ${token} in ${this.tokens.slice(this.i - 8, this.i + 4).join(" ")}`);
    }
  }

  /** Passes over what stands between a bracket and its fellow. */
  skipPair(open, close) {
    this.expect(open);
    for (let depth = 1; depth > 0; ) {
      const token = this.next();
      if (token === undefined) throw new Error(`${this.owner.name}: no ${close}`);
      if (token === open) depth++;
      if (token === close) depth--;
    }
  }

  file() {
    while (this.peek() !== undefined) {
      const token = this.next();
      if (token === "import") this.import();
      else if (token === "export" && this.peek() === "*") this.until(";");
      else if (token === "export" && (this.peek() === "{" || (this.peek() === "type" && this.peek(1) === "{"))) this.until(";");
      else if (token === "interface") this.declare(() => (this.heritage(), this.object()));
      else if (token === "class") this.declare(() => (this.heritage(), this.classBody()));
      else if (token === "type") this.declare(() => (this.typeParameters(), this.expect("="), this.type()));
      else if (token === "function" || token === "const") this.until(";");
    }
  }

  until(end) {
    while (this.peek() !== undefined && this.next() !== end);
  }

  declare(parse) {
    const name = this.next();
    this.owner.types.set(name, parse());
  }

  typeParameters() {
    if (this.peek() === "<") this.skipPair("<", ">");
  }

  heritage() {
    this.typeParameters();
    while (this.peek() !== "{") {
      if (this.next() === "<") (this.i--, this.skipPair("<", ">"));
    }
  }

  import() {
    this.accept("type");
    const names = [];
    if (this.accept("{")) {
      while (!this.accept("}")) {
        this.accept("type");
        const there = this.next();
        names.push([this.accept("as") ? this.next() : there, there]);
        this.accept(",");
      }
    } else if (this.accept("*")) {
      this.expect("as");
      names.push([this.next(), "*"]);
    } else if (this.peek() !== '"') {
      names.push([this.next(), "default"]);
    }
    this.accept("from");
    const from = this.next().slice(1, -1);
    for (const [here, there] of names) this.owner.imports.set(here, [from, there]);
    this.accept(";");
  }

  /** { name?: type; [key: string]: type } */
  object() {
    const fields = new Map();
    this.expect("{");
    while (!this.accept("}")) {
      this.accept("readonly");
      if (this.peek() === "[") {
        this.skipPair("[", "]");
        this.expect(":");
        this.type();
      } else {
        const name = this.next();
        const optional = this.accept("?");
        if (this.peek() === "(") {
          this.skipPair("(", ")");
          this.expect(":");
          this.type();
        } else {
          this.expect(":");
          fields.set(name.replace(/^["']|["']$/g, ""), { optional, type: this.type() });
        }
      }
      this.accept(";") || this.accept(",");
    }
    return { kind: "object", fields, file: this.owner };
  }

  /** Properties and methods; private ones are nobody's business. */
  classBody() {
    const fields = new Map();
    const methods = new Map();
    this.expect("{");
    while (!this.accept("}")) {
      let hidden = false;
      while (["private", "protected", "readonly", "static", "public"].includes(this.peek())) {
        hidden = ["private", "protected"].includes(this.next()) || hidden;
      }
      const name = this.next();
      this.accept("?");
      this.typeParameters();
      if (this.peek() === "(") {
        this.skipPair("(", ")");
        if (this.accept(":")) methods.set(name, this.type());
      } else if (this.accept(":")) {
        const type = this.type();
        if (!hidden) fields.set(name, type);
      }
      this.expect(";");
    }
    return { kind: "class", fields, methods, file: this.owner };
  }

  type() {
    this.accept("|");
    const of = [this.postfix()];
    while (this.peek() === "|" || this.peek() === "&") {
      if (this.next() === "&") of.push(anything); // an intersection is not looked into
      of.push(this.postfix());
    }
    if (of.includes(anything)) return anything;
    return of.length === 1 ? of[0] : { kind: "union", of };
  }

  postfix() {
    let type = this.primary();
    while (this.peek() === "[" && this.peek(1) === "]") {
      this.i += 2;
      type = { kind: "array", of: type };
    }
    return type;
  }

  primary() {
    if (this.peek() === "{") return this.object();
    if (this.peek() === "(") {
      this.skipPair("(", ")");
      if (this.accept("=>")) this.type();
      return anything;
    }
    let name = this.next();
    while (this.accept(".")) name = `${name}.${this.next()}`;
    if (/^["'\d]/.test(name)) return { kind: "literal", value: name.replace(/^["']|["']$/g, "") };
    if (primitives.has(name)) return { kind: "primitive", name };
    if (["any", "unknown", "object", "never"].includes(name) || name.includes(".")) return anything;
    if (["keyof", "typeof", "infer"].includes(name)) return (this.postfix(), anything);
    if (!this.accept("<")) return { kind: "ref", name, file: this.owner };
    const args = [];
    while (!this.accept(">")) {
      args.push(this.type());
      this.accept(",");
    }
    if (name === "Record") return { kind: "record", of: args[1] };
    if (name === "Array") return { kind: "array", of: args[0] };
    if (name === "Promise") return args[0];
    return anything;
  }
}

/** Follows a name to what it stands for. */
export function resolve(type) {
  while (type.kind === "ref") type = type.file.find(type.name);
  return type;
}

/** Every method of the client, such as "sessions.revoke", with what it returns. */
export function clientMethods(types) {
  const found = new Map();
  const visit = (type, prefix) => {
    const declared = resolve(type);
    if (declared.kind !== "class") return;
    for (const [name, returns] of declared.methods) found.set(prefix + name, returns);
    for (const [name, field] of declared.fields) visit(field, `${prefix}${name}.`);
  };
  const client = File.at(path.join(types, "b2b/client.d.ts")).find("B2BClient");
  for (const [name, field] of client.fields) visit(field, `${name}.`);
  return found;
}
