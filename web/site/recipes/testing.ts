import { ImapClient } from "waypost/imap";
import { mailServer } from "waypost/testing";

/** What a test of your program may do: deliver, look what was done, and let the network fail. */
export async function subjectsAfterDelivery(): Promise<readonly string[]> {
  const server = mailServer({ mailboxes: { INBOX: ["Subject: First\r\n\r\nHello"] }, users: { robin: "secret" } });
  const transport = server.transport({ pieces: 7 }); // octets come in pieces of seven
  const imap = await ImapClient.connect({ host: "mail.test", port: 993, security: "tls", transport, auth: { username: "robin", password: "secret" } });
  server.deliver("Subject: Second\r\n\r\nHello again");
  await imap.select("INBOX");
  const subjects = (await imap.fetch("1:*", { envelope: true }).all()).map(({ envelope }) => envelope?.subject ?? "");
  await imap.close();
  return subjects;
}
