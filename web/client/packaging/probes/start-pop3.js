import { Pop3Client } from "waypost/pop3";
import { mailServer } from "waypost/testing";

/** Until it is signed in; the server is in memory, so that nothing of a network is in it. */
export async function start() {
  const transport = mailServer().transport();
  await Pop3Client.connect({ host: "pop.example", port: 995, security: "tls", transport, auth: { username: "robin", password: "secret" } });
}
