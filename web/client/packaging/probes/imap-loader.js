import { ImapClient, load } from "waypost/imap";
import module from "waypost/imap.wasm";
import { mailServer } from "waypost/testing";

/** As imap.js, with the module as a loader of the bundler gives it. */
export async function probe() {
  await load(module);
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
