import { Pop3Client } from "waypost/pop3";
import { mailServer } from "waypost/testing";

/** Takes two messages from a server in memory. */
export async function probe() {
  const server = mailServer({ mailboxes: { INBOX: ["Subject: One\n\nFirst\n", "Subject: Two\n\nSecond\n"] } });
  const pop3 = await Pop3Client.connect({
    host: "pop.example",
    port: 995,
    security: "tls",
    transport: server.transport(),
    auth: { username: "robin", password: "secret" },
  });
  const texts = [];
  for await (const { octets } of pop3.messages([1, 2])) texts.push(new TextDecoder().decode(octets));
  await pop3.quit();
  return `pop3: ${texts.map((text) => text.trim().split("\r\n").at(-1)).join(", ")}`;
}
