/** POP3: mail comes to this device and lives here; the server may forget it after two weeks. */
import { open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const mail = await open({ gateway: site.gateway });
  const pop3 = { removal: { afterDays: 14 } };
  const account = await mail.signIn({ protocol: "pop3", address: site.username, username: site.username, ...site.pop3, pop3 }, site.password, signal);
  const inbox = await mail.inbox(account.id);
  await mail.synchronise(account.id, inbox.id, signal);
  const [usage] = (await mail.usage()).filter((one) => one.account === account.id);
  show(`${usage?.onlyCopy.count ?? 0} messages here, ${usage?.onlyCopy.octets ?? 0} octets`);
  const { entries } = await mail.ledger(account.id);
  for (const { subject, state } of entries) {
    show(`${subject}: ${state.kind === "due" ? `leaves the server on ${new Date(state.at).toDateString()}` : state.kind}`);
  }
  await mail.close();
}
