/** Move a message, and take it back: the server says which UID it has now. */
import { gateway, ImapClient } from "waypost/imap";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: gateway(site.gateway), auth: { username, password } }, signal);
  if (!(await imap.list("Archive", {}, signal)).some(({ name }) => name === "Archive")) await imap.create("Archive", signal);
  await imap.select("INBOX", {}, signal);
  const [uid] = await imap.search({ deleted: false }, signal);
  if (uid === undefined) {
    show("The inbox is empty.");
    return;
  }

  const moved = await imap.move(uid, "Archive", signal);
  const there = moved?.uids.get(uid);
  if (there === undefined) {
    show("Moved, and the server does not say where to (it has no UIDPLUS).");
    return;
  }
  show(`Moved: it is ${there} in Archive.`);

  await imap.select("Archive", {}, signal);
  const back = await imap.move(there, "INBOX", signal);
  show(`Undone: it is ${back?.uids.get(there) ?? "back"} in INBOX.`);
}
