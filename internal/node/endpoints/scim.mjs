// The SCIM connection of an organization. What a directory sends to it is no call of the SDK.
import assert from "node:assert/strict";

/** An organization with a connection. */
async function connected(w) {
  const { organization_id } = await w.org();
  const { connection } = await w.sdk.scim.connection.create({ organization_id, display_name: "Directory" });
  return { organization_id, connection_id: connection.connection_id };
}

/** The same, while the bearer token is being changed. */
async function rotating(w) {
  const named = await connected(w);
  await w.sdk.scim.connection.rotateStart(named);
  return named;
}

export default [
  {
    call: "scim.connection.create",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, identity_provider: "okta" }],
    then: (out) => assert.ok(out.connection.bearer_token),
  },
  { call: "scim.connection.get", with: async (w) => [{ organization_id: (await connected(w)).organization_id }] },
  { call: "scim.connection.update", with: async (w) => [{ ...(await connected(w)), display_name: "Another name" }] },
  { call: "scim.connection.getGroups", with: async (w) => [await connected(w)] },
  { call: "scim.connection.delete", with: async (w) => [await connected(w)] },
  { call: "scim.connection.rotateStart", with: async (w) => [await connected(w)] },
  { call: "scim.connection.rotateComplete", with: async (w) => [await rotating(w)] },
  { call: "scim.connection.rotateCancel", with: async (w) => [await rotating(w)] },
  {
    call: "scim.connection.rotateCancel",
    as: "when nothing is being changed",
    with: async (w) => [await connected(w)],
    refused: "scim_connection_not_rotating_token",
  },
];
