import { ImapClient } from "waypost/imap";
import { mailServer } from "waypost/testing";

/** Lists two messages of a server in memory. */
export async function probe() {
  const server = mailServer({ mailboxes: { INBOX: ["Subject: One\n\nFirst\n", "Subject: Two\n\nSecond\n"] } });
  const imap = await ImapClient.connect({
    host: "imap.example",
    port: 993,
    security: "tls",
    transport: server.transport(),
    auth: { username: "robin", password: "secret" },
  });
  await imap.select("INBOX");
  const subjects = [];
  for await (const { envelope } of imap.fetch("1:*", { envelope: true })) subjects.push(envelope.subject);
  await imap.close();
  return `imap: ${subjects.join(", ")}`;
}
