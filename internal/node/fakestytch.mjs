// The process under test, and its control plane.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("./bin/fakestytch", import.meta.url));
const ready = /^fakestytch ready url=(\S+) project_id=(\S+) secret=(\S+)$/;

export class Fakestytch {
  /** Starts one on a free port. */
  static async start(...flags) {
    const child = spawn(binary, ["-addr", "127.0.0.1:0", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([
      once(lines, "line"),
      once(child, "error").then(([error]) => { throw error; }),
      once(child, "exit").then(([code]) => { throw new Error(`fakestytch ended with code ${code}`); }),
    ]);
    const match = ready.exec(line);
    if (!match) throw new Error(`fakestytch printed ${JSON.stringify(line)}`);
    return new Fakestytch(child, match[1], match[2], match[3]);
  }

  constructor(child, url, projectID, secret) {
    Object.assign(this, { child, url, projectID, secret });
  }

  async stop() {
    this.child.kill("SIGTERM");
    const [code] = await once(this.child, "exit");
    if (code !== 0) throw new Error(`fakestytch ended with code ${code}`);
  }

  async #control(method, path, body) {
    const res = await fetch(this.url + path, {
      method,
      headers: { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await res.json();
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${answer.error}`);
    return answer;
  }

  age(by) { return this.#control("POST", "/fake/age", { by }); }
  fail(fault) { return this.#control("POST", "/fake/faults", fault); }
  login(who) { return this.#control("POST", "/fake/login", who); }
  persona(who) { return this.#control("POST", "/fake/personas", who); }
  connectedApp(app) { return this.#control("POST", "/fake/connected-apps", app); }
  impersonate(who) { return this.#control("POST", "/fake/impersonate", who); }
  foreignToken(which) { return this.#control("POST", "/fake/foreign-token", which); }
  rotateKeys(how = {}) { return this.#control("POST", "/fake/rotate-keys", how); }
  reset() { return this.#control("POST", "/fake/reset", {}); }
  journal() { return this.#control("GET", "/fake/journal"); }
  state() { return this.#control("GET", "/fake/state"); }
  restore(state) { return this.#control("PUT", "/fake/state", state); }

  /** The newest message to somebody. */
  async sent(to) {
    const messages = await this.#control("GET", `/fake/outbox?to=${encodeURIComponent(to)}`);
    if (messages.length === 0) throw new Error(`nothing was sent to ${to}`);
    return messages.at(-1);
  }
}
