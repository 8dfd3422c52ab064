// Stytch as a process beside the tests: this file is what to copy.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts one on a free port, with the school of the seed file. */
export async function start() {
  const child = spawn(path("./bin/fakestytch"), ["-addr", "127.0.0.1:0", "-seed", path("./test/school.json")], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => { throw new Error(`fakestytch ended with code ${code}`); }),
  ]);
  const [, url, project_id, secret] = /url=(\S+) project_id=(\S+) secret=(\S+)/.exec(line);

  async function control(method, call, body) {
    const res = await fetch(`${url}/fake/${call}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    const answer = await res.json();
    if (!res.ok) throw new Error(`${method} ${call}: ${answer.error}`);
    return answer;
  }
  return {
    url, project_id, secret,
    /** Signs somebody in: {session_token, session_jwt, member_id}. */
    login: (who) => control("POST", "login", who),
    /** Makes an endpoint fail until the next reset. */
    fail: (fault) => control("POST", "faults", fault),
    /** What Stytch was asked. */
    journal: () => control("GET", "journal"),
    /** Forgets everything but the seed. */
    reset: () => control("POST", "reset", {}),
    stop: () => { child.kill("SIGTERM"); return once(child, "exit"); },
  };
}
