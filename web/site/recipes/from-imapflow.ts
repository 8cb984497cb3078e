import { gateway, ImapClient } from "waypost/imap";

/** Marks what a shop has sent as read, with a command inside the loop: in imapflow that waits for ever. */
export async function markReceipts(password: string): Promise<number> {
  const transport = gateway("wss://mail.example/tunnel"); // in Node: tcp() of waypost/node
  await using imap = await ImapClient.connect({ host: "imap.mail.example", port: 993, security: "tls", transport, auth: { username: "ann", password } });
  await imap.select("INBOX");
  let marked = 0;
  for await (const { uid, envelope } of imap.fetch("1:*", { envelope: true })) {
    if (envelope?.from[0]?.address !== "receipts@shop.example") continue;
    await imap.addFlags(uid, ["\\Seen"]);
    marked += 1;
  }
  return marked;
}
