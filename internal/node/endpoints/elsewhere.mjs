// What the SDK has outside Stytch B2B. The mock has none of it but debug, and says so with
// 501 and the name of the endpoint.
import assert from "node:assert/strict";

const client_id = "m2m-client-test-00000000-0000-4000-8000-000000000001";

const absent = {
  "connectedApp.clients.create": { client_type: "third_party", redirect_urls: ["https://app.example/"] },
  "connectedApp.clients.get": { client_id },
  "connectedApp.clients.update": { client_id, client_name: "Notes" },
  "connectedApp.clients.delete": { client_id },
  "connectedApp.clients.search": {},
  "connectedApp.clients.secrets.rotateStart": { client_id },
  "connectedApp.clients.secrets.rotateCancel": { client_id },
  "connectedApp.clients.secrets.rotate": { client_id },
  "m2m.token": { client_id, client_secret: "secret" },
  "m2m.clients.create": { scopes: [] },
  "m2m.clients.get": { client_id },
  "m2m.clients.update": { client_id },
  "m2m.clients.delete": { client_id },
  "m2m.clients.search": {},
  "m2m.clients.secrets.rotateStart": { client_id },
  "m2m.clients.secrets.rotateCancel": { client_id },
  "m2m.clients.secrets.rotate": { client_id },
  "project.metrics": {},
  "fraud.fingerprint.lookup": { telemetry_id: "abc" },
  "fraud.rules.set": { action: "ALLOW" },
  "fraud.rules.list": {},
  "fraud.verdictReasons.override": { verdict_reason: "abc", override_action: "ALLOW" },
  "fraud.verdictReasons.list": {},
  "fraud.email.risk": { email_address: "ada@example.edu" },
};

export default [
  { call: "debug.whoami", with: async () => [{}], then: (out) => assert.match(out.project_id, /^project-test-/) },
  ...Object.entries(absent).map(([call, params]) => ({ call, with: async () => [params], refused: "mock_not_implemented" })),
];
