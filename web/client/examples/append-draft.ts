/** Append a draft to the mailbox that the server keeps drafts in. */
import { gateway, ImapClient } from "waypost/imap";
import type { Show, Site } from "./site.js";

export async function example(site: Site, show: Show, signal?: AbortSignal): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: gateway(site.gateway), auth: { username, password } }, signal);
  const mailboxes = await imap.list("*", {}, signal);
  const drafts = mailboxes.find(({ specialUse }) => specialUse === "drafts")?.name ?? "INBOX";
  const message = `From: ${username}
To: kim@example.org
Subject: Saturday
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Shall we walk on Saturday?
`;
  const added = await imap.append(drafts, message, { flags: ["\\Draft", "\\Seen"], date: Date.now() }, signal);
  show(added === null ? `It is in ${drafts}.` : `It is number ${added.uid} in ${drafts}.`);
}
