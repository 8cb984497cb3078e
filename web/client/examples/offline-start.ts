/** Start without a connection: what is stored is there at once; what is changed is kept and sent later. */
import { MailError, open } from "waypost";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const mail = await open({ gateway: site.gateway });
  const [account] = await mail.accounts(signal);
  if (account === undefined) {
    show("Nothing is stored yet: run another example first.");
  } else {
    const inbox = await mail.inbox(account.id);
    const { rows, total } = await mail.list(account.id, inbox.id, { limit: 3 });
    show(`${total} messages of ${account.address}, without signing in`);
    for (const row of rows) show(row.subject);
    if (rows[0] !== undefined) await mail.changeFlags([rows[0].id], ["\\Seen"], []);
    show(`${await mail.waiting()} changes wait for a connection`);
    try {
      await mail.synchronise(account.id, inbox.id, signal);
    } catch (error) {
      if (error instanceof MailError) show(`${error.code}: ${error.message}`); // signed-out: the password is never stored
    }
  }
  await mail.close();
}
