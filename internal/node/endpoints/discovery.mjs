// Signing in before an organization is chosen.
import assert from "node:assert/strict";
import { finished } from "../outcome.mjs";

export default [
  {
    call: "discovery.organizations.list",
    with: async (w) => [await w.discovering((await w.somebody()).member.email_address)],
    then: (out) => assert.equal(out.discovered_organizations[0].membership.type, "active_member"),
  },
  {
    call: "discovery.organizations.list",
    as: "of a session",
    with: async (w) => [(await w.signedIn()).credential],
    then: (out) => assert.equal(out.discovered_organizations.length, 1),
  },
  {
    call: "discovery.organizations.create",
    with: async (w) => [{ ...(await w.discovering(w.email())), organization_name: "New", organization_slug: w.unique("new") }],
    then: (out) => (finished(out), assert.ok(out.member.is_admin)),
  },
  {
    call: "discovery.intermediateSessions.exchange",
    with: async (w) => {
      const { org, member } = await w.somebody();
      return [{ ...(await w.discovering(member.email_address)), organization_id: org.organization_id }];
    },
    then: finished,
  },
];
