// Roles and what they permit.
import assert from "node:assert/strict";

export default [
  { call: "rbac.policy", with: () => [], then: (out) => assert.ok(out.policy.roles.some((r) => r.role_id === "stytch_member")) },
  { call: "rbac.organizations.getOrgPolicy", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  {
    call: "rbac.organizations.setOrgPolicy",
    with: async (w) => [{ organization_id: (await w.org()).organization_id, org_policy: { roles: [{ role_id: "marker", description: "", permissions: [{ resource_id: "class", actions: ["mark"] }] }] } }],
  },
];
