import { ImapClient } from "waypost/imap";
import { mailServer } from "waypost/testing";

/** Until it is signed in; the server is in memory, so that nothing of a network is in it. */
export async function start() {
  const transport = mailServer().transport();
  await ImapClient.connect({ host: "imap.example", port: 993, security: "tls", transport, auth: { username: "robin", password: "secret" } });
}
