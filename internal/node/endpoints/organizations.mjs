// Organizations: what the school calls classes.
import assert from "node:assert/strict";

export default [
  {
    call: "organizations.create",
    with: (w) => [{ organization_name: "LAWS1100", organization_slug: w.unique("laws"), trusted_metadata: { term: 2 } }],
    then: (out) => assert.deepEqual(out.organization.trusted_metadata, { term: 2 }),
  },
  {
    call: "organizations.get",
    as: "by slug",
    with: async (w) => [{ organization_id: (await w.org()).organization_slug }],
  },
  {
    call: "organizations.update",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, organization_name: "HIST2200", mfa_policy: "REQUIRED_FOR_ALL" }],
    then: (out) => assert.equal(out.organization.organization_name, "HIST2200"),
  },
  {
    call: "organizations.update",
    as: "a member who may",
    with: async (w) => {
      const { org, ...who } = await w.signedIn({}, { roles: ["stytch_admin"] });
      return [{ organization_id: org.organization_id, organization_name: "HIST2200" }, { authorization: { session_token: who.session_token } }];
    },
  },
  {
    call: "organizations.update",
    as: "a member who may not",
    with: async (w) => {
      const { org, ...who } = await w.signedIn();
      return [{ organization_id: org.organization_id, organization_name: "HIST2200" }, { authorization: { session_jwt: who.session_jwt } }];
    },
    refused: "session_authorization_error",
  },
  { call: "organizations.delete", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "organizations.search",
    with: async (w) => {
      const org = await w.org();
      return [{ limit: 10, query: { operator: "AND", operands: [{ filter_name: "organization_ids", filter_value: [org.organization_id] }] } }];
    },
    then: (out) => assert.equal(out.organizations.length, 1),
  },
  {
    call: "organizations.search",
    as: "a page that is not the last",
    with: async (w) => (await w.org(), await w.org(), [{ limit: 1 }]),
    then: (out) => assert.ok(out.results_metadata.next_cursor),
  },
  {
    call: "organizations.metrics",
    with: async (w) => [{ organization_id: (await w.somebody()).org.organization_id }],
    then: (out) => assert.equal(out.member_count, 1),
  },
  { call: "organizations.connectedApps", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "organizations.getConnectedApp",
    as: "one that is not there",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, connected_app_id: "connected-app-test-00000000-0000-4000-8000-000000000001" }],
    refused: "connected_app_not_found",
  },
  {
    call: "organizations.deleteExternalId",
    with: async (w) => [{ organization_id: (await w.org({ organization_external_id: w.unique("ext") })).organization_id }],
  },
];
