// What a row of the table needs to stand on: organizations, people, tokens and
// codes, each new, so that rows do not know of each other.
import { createHash, createHmac, generateKeyPairSync, randomBytes } from "node:crypto";

export class World {
  constructor(sdk, fake) {
    Object.assign(this, { sdk, fake });
  }

  unique(prefix = "x") { return `${prefix}-${randomBytes(6).toString("hex")}`; }
  email(domain = "example.edu") { return `${this.unique("p")}@${domain}`; }
  phone() { return `+1500555${String(randomBytes(2).readUInt16BE() % 10000).padStart(4, "0")}`; }

  async org(fields = {}) {
    const slug = this.unique("class");
    return (await this.sdk.organizations.create({ organization_name: slug, organization_slug: slug, ...fields })).organization;
  }

  async member(org, fields = {}) {
    const made = await this.sdk.organizations.members.create({
      organization_id: org.organization_id, email_address: this.email(), ...fields,
    });
    return made.member;
  }

  /** Somebody in a class of their own, by the names that requests use. */
  async somebody(orgFields = {}, memberFields = {}) {
    const org = await this.org(orgFields);
    const member = await this.member(org, memberFields);
    return {
      org, member,
      ids: { organization_id: org.organization_id, member_id: member.member_id },
      address: { organization_id: org.organization_id, email_address: member.email_address },
    };
  }

  /** The same, signed in. */
  async signedIn(orgFields = {}, memberFields = {}, how = {}) {
    const who = await this.somebody(orgFields, memberFields);
    const session = await this.fake.login({ ...who.address, ...how });
    return { ...who, ...session, credential: { session_token: session.session_token } };
  }

  async link(address, fields = {}) {
    await this.sdk.magicLinks.email.loginOrSignup({ ...address, ...fields });
    return (await this.fake.sent(address.email_address)).token;
  }

  /** Somebody who owes a second factor. */
  async unfinished(memberFields = {}) {
    const who = await this.somebody({ mfa_policy: "REQUIRED_FOR_ALL" }, memberFields);
    const out = await this.sdk.magicLinks.authenticate({ magic_links_token: await this.link(who.address) });
    return { ...who, out, credential: { intermediate_session_token: out.intermediate_session_token } };
  }

  /** Somebody whose address is proven, and no organization chosen. */
  async discovering(email) {
    await this.sdk.magicLinks.email.discovery.send({ email_address: email });
    const { token } = await this.fake.sent(email);
    const out = await this.sdk.magicLinks.discovery.authenticate({ discovery_magic_links_token: token });
    return { intermediate_session_token: out.intermediate_session_token };
  }

  goodPassword = "seven-Unlikely-otters-9-waltz";

  /** Somebody with a password. */
  async withPassword(orgFields = {}) {
    const who = await this.somebody(orgFields);
    await this.sdk.passwords.email.resetStart(who.address);
    const { token } = await this.fake.sent(who.member.email_address);
    const out = await this.sdk.passwords.email.reset({ password_reset_token: token, password: this.goodPassword });
    return { ...who, member: out.member, out };
  }

  /** Somebody with an authenticator app that has proven itself. */
  async withTOTP() {
    const who = await this.signedIn();
    const made = await this.sdk.totps.create({ ...who.ids, ...who.credential });
    await this.sdk.totps.authenticate({ ...who.ids, ...who.credential, code: totp(made.secret) });
    return { ...who, made };
  }

  samlSettings = {
    idp_entity_id: "https://idp.example.edu", idp_sso_url: "https://idp.example.edu/sso", x509_certificate: certificate,
    attribute_mapping: { email: "email", full_name: "full_name", groups: "groups" },
    saml_group_implicit_role_assignments: [{ group: "staff", role_id: "instructor" }],
  };

  /** An active SAML connection, by the names that requests use. */
  async saml() {
    const { organization_id } = await this.org();
    const { connection } = await this.sdk.sso.saml.createConnection({ organization_id });
    const named = { organization_id, connection_id: connection.connection_id };
    await this.sdk.sso.saml.updateConnection({ ...named, ...this.samlSettings });
    return named;
  }

  /** An active OIDC connection. */
  async oidc() {
    const { organization_id } = await this.org();
    const { connection } = await this.sdk.sso.oidc.createConnection({ organization_id });
    const named = { organization_id, connection_id: connection.connection_id };
    const at = "https://idp.example.edu";
    await this.sdk.sso.oidc.updateConnection({
      ...named, client_id: "grimoire", client_secret: "s3cret", issuer: at,
      authorization_url: `${at}/authorize`, token_url: `${at}/token`, userinfo_url: `${at}/userinfo`, jwks_url: `${at}/jwks`,
    });
    return named;
  }

  /** Somebody who signed in through such a connection. */
  async bySSO(kind) {
    const { organization_id, connection_id } = await this[kind]();
    const { member_id } = await this.sdk.organizations.members.create({ organization_id, email_address: this.email() });
    const { member } = await this.sdk.organizations.members.get({ organization_id, member_id });
    await this.sdk.sso.authenticate({
      sso_token: await this.atProvider("/v1/public/sso/start", { connection_id, email_address: member.email_address }),
    });
    return { organization_id, member_id };
  }

  /** Goes to an identity provider and comes back with a token, as a browser does. */
  async atProvider(start, { email_address, ...query }) {
    const to = new URL(start, this.fake.url);
    to.search = new URLSearchParams({ public_token: await this.publicToken(), mock_persona: email_address, ...query });
    const res = await fetch(to, { redirect: "manual" });
    if (res.status !== 302) throw Object.assign(new Error(await res.clone().text()), await res.json());
    const back = new URL(res.headers.get("location"));
    if (!back.searchParams.has("token")) throw new Error(`no token in ${back}`);
    return back.searchParams.get("token");
  }

  /** The project's public token, which the links in e-mails carry. */
  async publicToken() {
    if (!this.knownPublicToken) {
      const { address } = await this.somebody();
      await this.link(address);
      const { link } = await this.fake.sent(address.email_address);
      this.knownPublicToken = new URL(link).searchParams.get("public_token");
    }
    return this.knownPublicToken;
  }

  privateKey() {
    return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
  }

  pkce() {
    const verifier = randomBytes(32).toString("base64url");
    return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
  }
}

/** The code of an authenticator app (RFC 6238). */
export function totp(secret, at = Date.now()) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let bits = "";
  for (const c of secret.replace(/=+$/, "").toUpperCase()) bits += alphabet.indexOf(c).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Of nobody: what a SAML connection verifies with. Nothing is signed with it. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIDFzCCAf+gAwIBAgIUDyszxo1HHMZ/Aw/I66sbhLBQK80wDQYJKoZIhvcNAQEL
BQAwGjEYMBYGA1UEAwwPaWRwLmV4YW1wbGUuZWR1MCAXDTI2MTEyMjIyMjAwOFoY
DzIxMjYxMDI5MjIyMDA4WjAaMRgwFgYDVQQDDA9pZHAuZXhhbXBsZS5lZHUwggEi
MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCW75ZjvKYsLJ9KVFARoauEQNYF
AaiEGySWvbBiWmB151TuxGvt9mPRRAcbhir/I06mNpox3rj35Oac93i+RGsfQbrH
2fmclWrR4z79LO6kqY3v08BBsrGvUCiUNtyKKPHlB0Ls/GarDZtxzrsWqKim9Gpn
UivNVAGju7Hj+TR9pH+Q2h4VFWAbdwNClmfAdYIdu/LkJqCCWwB+f50HKNSAYrS+
BLdnJ7Nu37uQcJIKJ5WrXPiVCpWXYSUMMCDJKkAxh2zXbQrL/uHPXqvpWKNf2miX
sBE0yNGsJ8S7OtQHgsIjacyBsCuaq0fKwsRE13CIuUzGk9CEMN60fiuCSZ57AgMB
AAGjUzBRMB0GA1UdDgQWBBTBX1ppCoc4cl62tTzaKBjv5YVfYDAfBgNVHSMEGDAW
gBTBX1ppCoc4cl62tTzaKBjv5YVfYDAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3
DQEBCwUAA4IBAQBrNPU/3ZxqRnbuVnGJt5dPah51kLj5K0TP90XNACy/pBJ7NKMq
jdtTw9dOw2r8EEPsLK3+fsgHiL6FvoqVETPDSTf/gGGQUCfuctbOyPBGrQzJUTo7
EhYJVnNIA6O4jvHqH0uhGjga/QAzQSXGMRD94/ZmMZL3+jBXW4jsbSPOUU8Dx6iQ
zkc6/yZQKvDmXUDNGjRYSUAMBhwRl11ub9dqjuKThFBW0g640opeGCpOyE++rHNV
stYHHwKRmQtPqz8EzFRyr3fxGYqSJTAcMAluPXXKdpXkHgon3FX0nkkgc7Vio/fu
pQ1tZxCpQFuuQ4tD+KRxI4e0whvrtCVlvuyk
-----END CERTIFICATE-----`;
