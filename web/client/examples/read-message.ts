/** Read a message, and its attachments as a stream and as a Blob. */
import { open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const mail = await open({ gateway: site.gateway });
  const account = await mail.signIn({ protocol: "imap", address: site.username, username: site.username, ...site.imap }, site.password, signal);
  const inbox = await mail.inbox(account.id);
  await mail.synchronise(account.id, inbox.id, signal);
  const { rows } = await mail.list(account.id, inbox.id);
  const row = rows.find(({ attachment }) => attachment) ?? rows[0];
  if (row !== undefined) {
    const message = await mail.message(row.id, signal);
    show(`${message.subject}: ${message.text.slice(0, 60)}`);
    for (const part of message.parts) {
      const { stream } = await mail.attachment(row.id, part);
      let octets = 0;
      for await (const piece of stream) octets += piece.length; // or: await stream.pipeTo(file)
      const blob = await (await mail.attachment(row.id, part)).blob(); // for a link, an <img>, a form
      show(`${part.name}: ${octets} octets streamed, a Blob of ${blob.type}`);
    }
  }
  await mail.close();
}
