// Starts the service. STYTCH_URL is for another Stytch than the real one, such as
// fakestytch.
import { createServer } from "node:http";
import stytch from "stytch";
import { service } from "./service.mjs";

const { STYTCH_PROJECT_ID: project_id, STYTCH_SECRET: secret, STYTCH_URL: env, PORT = "8081" } = process.env;
if (!project_id || !secret) {
  console.error("set STYTCH_PROJECT_ID and STYTCH_SECRET");
  process.exit(2);
}
const server = createServer(service(new stytch.B2BClient({ project_id, secret, env })));
server.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
  console.log("Try next: /classes/{organization id}/notes, with the cookies of a session.");
});
