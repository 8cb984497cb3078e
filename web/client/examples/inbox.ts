/** List the inbox: the newest twenty messages. */
import { open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const mail = await open({ gateway: site.gateway });
  const account = await mail.signIn({ protocol: "imap", address: site.username, username: site.username, ...site.imap }, site.password, signal);
  const inbox = await mail.inbox(account.id);
  await mail.synchronise(account.id, inbox.id, signal);
  const { rows, total } = await mail.list(account.id, inbox.id, { limit: 20 });
  show(`${total} messages`);
  for (const { from, subject, flags } of rows) show(`${flags.includes("\\Seen") ? " " : "•"} ${from}: ${subject}`);
  await mail.close();
}
