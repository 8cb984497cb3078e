/** A Node script that prints new mail as it arrives, until it is stopped. */
import { ImapClient } from "waypost/imap";
import { tcp } from "waypost/node";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: tcp(), auth: { username, password } }, signal);
  let { uidNext } = await imap.select("INBOX", { readOnly: true }, signal);
  show("Waiting for mail.");
  try {
    for await (const event of imap.watch(signal)) {
      if (event.type !== "exists" || event.exists <= event.before) continue;
      for await (const { uid, envelope } of imap.fetch(`${uidNext}:*`, { envelope: true }, signal)) {
        if (uid < uidNext) continue; // Where there is nothing new, `*` is the last one that was there before.
        uidNext = uid + 1;
        show(`${envelope?.from[0]?.address ?? "nobody"}: ${envelope?.subject ?? ""}`);
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
