/** A second tab follows: one connection serves all tabs, and what arrives shows in each. Two clients of one profile, as two tabs have. */
import { open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const first = await open({ gateway: site.gateway });
  const account = await first.signIn({ protocol: "imap", address: site.username, username: site.username, ...site.imap }, site.password, signal);
  const inbox = await first.inbox(account.id);
  await first.synchronise(account.id, inbox.id, signal);

  const second = await open({ gateway: site.gateway }); // signed in already: no password, no connection of its own
  const newest = second.live((mail) => mail.list(account.id, inbox.id, { limit: 1 }), signal);
  for await (const { rows, total } of newest) {
    show(`The second tab sees ${total} messages, the newest: ${rows[0]?.subject ?? "none"}`);
  }
  await second.close();
  await first.close();
}
