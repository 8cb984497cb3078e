import { type MailClient, MailError, open } from "waypost";
import { ImapClient as BothImap, Pop3Client as BothPop3 } from "waypost/clients";
import { ImapClient, load as loadImap } from "waypost/imap";
import module from "waypost/imap.wasm";
import { open as openInline } from "waypost/inline";
import { tcp } from "waypost/node";
import { Pop3Client } from "waypost/pop3";
import { mailServer } from "waypost/testing";

const auth = { username: "robin", password: "secret" };
const imap = { host: "imap.example", port: 993, security: "tls", auth } as const;

/** Each entry is used as its documentation says. */
export async function all(): Promise<number> {
  await loadImap(module);
  const server = mailServer({ mailboxes: { INBOX: ["Subject: One\n\nFirst\n"] } });
  const sessions = [await ImapClient.connect({ ...imap, transport: tcp() }), await BothImap.connect({ ...imap, transport: server.transport() })];
  const drops = [await Pop3Client.connect({ ...imap, port: 995, transport: tcp() }), await BothPop3.connect({ ...imap, port: 995, transport: server.transport() })];
  const mail: readonly MailClient[] = [await open({ gateway: "wss://mail.example/tunnel" }), await openInline()];
  return sessions.length + drops.length + mail.length;
}

export const codeOf = (error: unknown): string => (error instanceof MailError ? error.code : "fault");

// @ts-expect-error: control: what is wrong is noticed
void open({ gatway: "wss://mail.example/tunnel" });
