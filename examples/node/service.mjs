// Two routes of a class: its students read the notes, and its instructors release
// the grades. A class is a Stytch Organization; its id stands in the path.
import { authenticated, authenticatedNow, Refused } from "./session.mjs";

const routes = [
  // Reading asks nobody while the session_jwt lasts: whoever was removed from the
  // class can read for up to five minutes more.
  { method: "GET", path: /^\/classes\/([^/]+)\/notes$/, roles: student, who: authenticated, answer: { notes: ["Bring the casebook."] } },
  // Releasing cannot be taken back, so Stytch is asked each time.
  { method: "POST", path: /^\/classes\/([^/]+)\/release$/, roles: instructor, who: authenticatedNow, answer: { released: true } },
];

// A role that this table does not know grants nothing.
function student(roles) { return instructor(roles) || roles.includes("stytch_member") || roles.includes("tutor"); }
function instructor(roles) { return ["instructor", "coordinator", "stytch_admin"].some((role) => roles.includes(role)); }

/** Returns the request handler for node:http. */
export function service(client) {
  return async (req, res) => {
    res.setHeader("Cache-Control", "no-store");
    try {
      answer(res, 200, await handle(client, req, res));
    } catch (error) {
      if (!(error instanceof Refused)) console.error("unexpected:", error.name);
      const { status, title, headers } = error instanceof Refused ? error : new Refused(500, "Something is wrong here.");
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
      answer(res, status, { title, status }, "application/problem+json");
    }
  };
}

async function handle(client, req, res) {
  const [path] = req.url.split("?");
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    if (req.method !== route.method) throw new Refused(405, "This is not done this way.", { Allow: route.method });
    if (req.method !== "GET") refuseOtherSites(req);
    const session = await route.who(client, req, res);
    // Exactly the class of the path: a session is good for one class only.
    if (session.organization_id !== match[1] || !route.roles(session.roles)) throw new Refused(403, "This is not for you.");
    return route.answer;
  }
  throw new Refused(404, "There is no such page.");
}

// Browsers send cookies along with requests that another site's page makes, and say
// so. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
function refuseOtherSites(req) {
  const site = req.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") throw new Refused(403, "Another site's page sent this.");
}

function answer(res, status, body, type = "application/json") {
  res.writeHead(status, { "Content-Type": type });
  res.end(JSON.stringify(body));
}
