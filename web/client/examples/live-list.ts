/** A list that stays true: it is given again whenever mail arrives, is read or goes, until the signal ends it. */
import { open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const mail = await open({ gateway: site.gateway });
  const account = await mail.signIn({ protocol: "imap", address: site.username, username: site.username, ...site.imap }, site.password, signal);
  const inbox = await mail.inbox(account.id);
  await mail.showMailbox(account.id, inbox.id);
  const newest = mail.live((mail) => mail.list(account.id, inbox.id, { limit: 5 }), signal);
  for await (const { rows, total } of newest) {
    show(`${total} messages, the newest: ${rows[0]?.subject ?? "none"}`);
  }
  await mail.close();
}
