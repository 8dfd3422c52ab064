// Signing in with an organization's own identity provider.
import assert from "node:assert/strict";
import { finished } from "../outcome.mjs";

export default [
  {
    call: "sso.authenticate",
    as: "OIDC",
    with: async (w) => {
      const { organization_id, connection_id } = await w.oidc();
      await w.sdk.organizations.update({ organization_id, sso_jit_provisioning: "ALL_ALLOWED" });
      return [{ sso_token: await w.atProvider("/v1/public/sso/start", { connection_id, email_address: w.email() }) }];
    },
    then: (out) => (finished(out), assert.equal(out.member.sso_registrations.length, 1)),
  },
  {
    call: "sso.authenticate",
    as: "SAML, with roles of a group",
    with: async (w) => {
      const { organization_id, connection_id } = await w.saml();
      await w.sdk.organizations.update({ organization_id, sso_jit_provisioning: "ALL_ALLOWED" });
      const email_address = w.email();
      await w.fake.persona({ email: email_address, name: "Ada Lovelace", groups: ["staff"] });
      return [{ sso_token: await w.atProvider("/v1/public/sso/start", { connection_id, email_address }) }];
    },
    then: (out) => assert.ok(out.member_session.roles.includes("instructor")),
  },
  { call: "sso.getConnections", with: async (w) => [{ organization_id: (await w.org()).organization_id }] },
  { call: "sso.saml.createConnection", with: async (w) => [{ organization_id: (await w.org()).organization_id, display_name: "School", identity_provider: "okta" }] },
  {
    call: "sso.saml.updateConnection",
    with: async (w) => {
      const { organization_id } = await w.org();
      const { connection } = await w.sdk.sso.saml.createConnection({ organization_id });
      return [{ organization_id, connection_id: connection.connection_id, ...w.samlSettings }];
    },
    then: (out) => (assert.equal(out.connection.status, "active"), assert.equal(out.connection.verification_certificates.length, 1)),
  },
  {
    call: "sso.saml.updateByURL",
    with: async (w) => [{ ...(await w.saml()), metadata_url: "https://idp.example.edu/metadata" }],
  },
  {
    call: "sso.saml.deleteVerificationCertificate",
    with: async (w) => {
      const named = await w.saml();
      await w.sdk.sso.saml.updateConnection({ ...named, x509_certificate: w.samlSettings.x509_certificate }); // the last one has to stay
      const { saml_connections: [connection] } = await w.sdk.sso.getConnections({ organization_id: named.organization_id });
      return [{ ...named, certificate_id: connection.verification_certificates[0].certificate_id }];
    },
  },
  {
    call: "sso.saml.deleteEncryptionPrivateKey",
    with: async (w) => {
      const named = await w.saml();
      await w.sdk.sso.saml.updateConnection({ ...named, saml_encryption_private_key: w.privateKey() });
      const { saml_connections: [connection] } = await w.sdk.sso.getConnections({ organization_id: named.organization_id });
      return [{ ...named, private_key_id: connection.encryption_private_keys[0].private_key_id }];
    },
  },
  { call: "sso.deleteConnection", with: async (w) => [await w.saml()] },
  { call: "sso.oidc.createConnection", with: async (w) => [{ organization_id: (await w.org()).organization_id, display_name: "School" }] },
  {
    call: "sso.oidc.updateConnection",
    with: async (w) => [{ ...(await w.oidc()), display_name: "The school" }],
    then: (out) => assert.equal(out.connection.status, "active"),
  },
  {
    call: "sso.external.createConnection",
    with: async (w) => {
      const { organization_id, connection_id } = await w.saml();
      return [{ organization_id: (await w.org()).organization_id, external_organization_id: organization_id, external_connection_id: connection_id }];
    },
  },
  {
    call: "sso.external.updateConnection",
    with: async (w) => {
      const theirs = await w.saml();
      const { organization_id } = await w.org();
      const { connection } = await w.sdk.sso.external.createConnection({
        organization_id, external_organization_id: theirs.organization_id, external_connection_id: theirs.connection_id,
      });
      return [{ organization_id, connection_id: connection.connection_id, display_name: "The other school" }];
    },
  },
  {
    call: "sso.getConnections",
    as: "one of each kind",
    with: async (w) => {
      const theirs = await w.saml();
      const ours = await w.oidc();
      await w.sdk.sso.saml.createConnection({ organization_id: ours.organization_id });
      await w.sdk.sso.external.createConnection({
        organization_id: ours.organization_id, external_organization_id: theirs.organization_id, external_connection_id: theirs.connection_id,
      });
      return [{ organization_id: ours.organization_id }];
    },
    then: (out) => {
      for (const kind of ["saml", "oidc", "external"]) assert.equal(out[`${kind}_connections`].length, 1, kind);
    },
  },
];
