// Who is asking? The answer is a session, "nobody" (401), or "I could not find out"
// (503): an outage of Stytch's signs nobody out.
import stytch from "stytch";

const jwtCookie = "stytch_session_jwt";
const tokenCookie = "stytch_session";

/** An answer other than 200. */
export class Refused extends Error {
  constructor(status, title, headers = {}) {
    super(title);
    Object.assign(this, { status, title, headers });
  }
}

const nobody = (headers = {}) => new Refused(401, "Sign in first.", { "WWW-Authenticate": "Bearer", ...headers });
const unknown = () => new Refused(503, "We cannot find out who you are at the moment.", { "Retry-After": "5" });
const cookie = (name, value, life = "") => `${name}=${value}; Path=/; HttpOnly; Secure; SameSite=Lax${life}`;

/** Checks the session_jwt here, and asks Stytch only if it is genuine and stale. */
export async function authenticated(client, req, res) {
  const { jwt, token } = credentials(req);
  const session = jwt && await check(client, jwt);
  if (session) return session;
  if (!token) throw nobody();
  return ask(client, res, { session_token: token });
}

/** Asks Stytch even if the session_jwt is good: it knows what was revoked a second ago. */
export async function authenticatedNow(client, req, res) {
  const { jwt, token } = credentials(req);
  if (token) return ask(client, res, { session_token: token });
  // Stytch would take a stale one, and is not to be asked about rubbish.
  if (!jwt || !await check(client, jwt)) throw nobody();
  return ask(client, res, { session_jwt: jwt });
}

async function ask(client, res, which) {
  let answer;
  try {
    answer = await client.sessions.authenticate(which);
  } catch (error) {
    // Only this says that the session is over. A wrong secret, too many requests or
    // a broken connection say nothing about it.
    if (error instanceof stytch.StytchError && error.error_type === "session_not_found") {
      throw nobody({ "Set-Cookie": [cookie(jwtCookie, "", "; Max-Age=0"), cookie(tokenCookie, "", "; Max-Age=0")] });
    }
    throw unknown();
  }
  if (!answer.member_session?.organization_id || !answer.session_jwt) throw unknown();
  if (which.session_token) res.setHeader("Set-Cookie", cookie(jwtCookie, answer.session_jwt));
  return answer.member_session;
}

// What the SDK's local check may throw about a token. Whatever else there is, such as
// a key set that cannot be fetched, says nothing about it.
// https://github.com/panva/jose/blob/v5.10.0/docs/util/errors/README.md
const stale = ["ERR_JWT_EXPIRED", "ERR_JWKS_NO_MATCHING_KEY"];
const bad = [
  "ERR_JWS_INVALID", "ERR_JWT_INVALID", "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JWT_CLAIM_VALIDATION_FAILED", "ERR_JOSE_ALG_NOT_ALLOWED", "ERR_JOSE_NOT_SUPPORTED",
];

/** Returns the session of a good session_jwt, and nothing for a stale one. */
async function check(client, jwt) {
  try {
    return await client.sessions.authenticateJwtLocal({ session_jwt: jwt });
  } catch (error) {
    const code = error.cause?.code;
    if (stale.includes(code)) return undefined;
    throw bad.includes(code) ? nobody() : unknown();
  }
}

// A bearer token is a session_jwt and is never refreshed. Two values of one cookie
// mean that somebody planted one of them, and nobody can tell which.
function credentials(req) {
  const bearer = /^Bearer ([\w.-]+)$/.exec(req.headers.authorization ?? "");
  if (bearer) return { jwt: bearer[1] };
  if (req.headers.authorization !== undefined) throw nobody();
  const found = new Map();
  for (const pair of (req.headers.cookie ?? "").split(/; */)) {
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    if (name !== jwtCookie && name !== tokenCookie) continue;
    if (found.has(name) && found.get(name) !== value) throw nobody();
    found.set(name, value);
  }
  return { jwt: found.get(jwtCookie), token: found.get(tokenCookie) };
}
