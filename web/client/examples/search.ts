/** Search: unread mail of this year about one thing, with who wrote it. */
import { gateway, ImapClient } from "waypost/imap";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: gateway(site.gateway), auth: { username, password } }, signal);
  await imap.select("INBOX", { readOnly: true }, signal);
  const found = await imap.search({ seen: false, since: "2026-01-01", or: [{ subject: "plan" }, { body: "plan" }] }, signal);
  show(`${found.length} messages`);
  for await (const { uid, envelope } of imap.fetch(found, { envelope: true }, signal)) {
    show(`${uid} ${envelope?.from[0]?.address ?? "nobody"}: ${envelope?.subject ?? ""}`);
  }
}
