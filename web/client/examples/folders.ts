/** Folders: list them with their numbers, make one, rename it, and delete it. */
import { gateway, ImapClient } from "waypost/imap";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: gateway(site.gateway), auth: { username, password } }, signal);
  for (const { name, specialUse, status } of await imap.list("*", { status: ["messages", "unseen"] }, signal)) {
    show(`${name}${specialUse === null ? "" : ` (${specialUse})`}: ${status?.unseen ?? 0} of ${status?.messages ?? 0} unread`);
  }
  await imap.create("Reisen", signal);
  await imap.rename("Reisen", "Reisen & Pläne", signal);
  await imap.subscribe("Reisen & Pläne", signal);
  show((await imap.list("Reisen*", {}, signal)).map(({ name }) => name).join(", "));
  await imap.unsubscribe("Reisen & Pläne", signal);
  await imap.delete("Reisen & Pläne", signal);
}
