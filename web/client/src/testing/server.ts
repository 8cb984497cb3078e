/** A mail server in memory. */
import type { Transport } from "../clients/transport.js";
import { failure } from "../transports/failures.js";
import { serveImap } from "./imap-server.js";
import { Maildrop, type Mailbox, type StoredMessage, type TestMessage } from "./maildrop.js";
import { servePop3 } from "./pop3-server.js";
import { Users } from "./users.js";
import { type Faults, Gone, Wire } from "./wire.js";

/**
 * What is on a server in memory.
 *
 * @example
 * const options: MailServerOptions = { mailboxes: { INBOX: ["Subject: Hello\n\nRead me.\n"], Sent: [] }, users: { robin: "secret" } };
 */
export interface MailServerOptions {
  /** Mailboxes by name, `/` between levels, each with its messages. INBOX is there in any case; Archive, Drafts, Junk, Sent and Trash are for special use. */
  readonly mailboxes?: Readonly<Record<string, readonly TestMessage[]>>;
  /** Names, and the secret of each: taken as password and as access token. All see the same mail. Default `{ robin: "secret" }`. */
  readonly users?: Readonly<Record<string, string>>;
}

/**
 * What a transport to a server in memory does.
 *
 * @example
 * const failing = server.transport({ cutAfter: 10_000 });
 */
export interface TestTransportOptions extends Faults {
  /** Which protocol is spoken. Default: POP3 on ports 110 and 995, IMAP on all others. */
  readonly protocol?: "imap" | "pop3";
}

/**
 * A mail server in memory, for tests of programs. It speaks IMAP and POP3 as far as this package's clients ask, and no more strictly than they need.
 *
 * @example
 * server.deliver("Subject: News\n\nRead me.\n");
 */
export interface MailServer {
  /** A transport to it, with faults on demand. Host and port of the target may be anything; TLS is pretended. */
  transport(options?: TestTransportOptions): Transport;
  /** Delivers a message, default to INBOX: who watches that mailbox is told. Gives its UID. */
  deliver(message: TestMessage, mailbox?: string): number;
  /** What is in a mailbox now, default INBOX; empty where there is none. */
  messages(mailbox?: string): readonly StoredMessage[];
  /** The names of all mailboxes. */
  mailboxes(): readonly string[];
  /** Cuts all connections, as a network does. */
  cut(): void;
  /** How many connections are open. */
  readonly connections: number;
}

/**
 * Makes a server with this mail.
 *
 * @example
 * const server = mailServer({ mailboxes: { INBOX: ["Subject: Hello\n\nRead me.\n"] } });
 * const imap = await ImapClient.connect({ host: "mail.example", transport: server.transport(), auth: { username: "robin", password: "secret" } });
 */
export function mailServer(options: MailServerOptions = {}): MailServer {
  const maildrop = new Maildrop(options.mailboxes ?? {});
  const users = new Users(options.users ?? { robin: "secret" });
  const wires = new Set<Wire>();
  const inbox = (): Mailbox => maildrop.find("INBOX") ?? maildrop.create("INBOX");
  return {
    transport: ({ protocol, ...faults } = {}) => ({
      connect(target, signal) {
        if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
        if (faults.refuseConnection === true) return Promise.reject(failure("refused", target));
        const wire = new Wire(target, faults);
        wires.add(wire);
        const speaks = protocol ?? (target.port === 110 || target.port === 995 ? "pop3" : "imap");
        const serving = speaks === "pop3" ? servePop3(wire, inbox, users, target.security) : serveImap(wire, () => maildrop, users, target.security);
        void serving
          .then(
            () => wire.end(),
            (error: unknown) => {
              wire.cut();
              // Anything else is a fault of this server, which a test should not have to guess.
              if (!(error instanceof Gone)) console.error("waypost/testing:", error);
            },
          )
          .finally(() => wires.delete(wire));
        return Promise.resolve(wire.duplex);
      },
    }),
    deliver(message, name = "INBOX") {
      const mailbox = maildrop.find(name) ?? maildrop.create(name);
      const { uid } = mailbox.add(message);
      mailbox.changed();
      return uid;
    },
    messages: (name = "INBOX") => [...(maildrop.find(name)?.messages ?? [])],
    mailboxes: () => maildrop.mailboxes.map(({ name }) => name),
    cut: () => {
      for (const wire of wires) wire.cut();
    },
    get connections() {
      return wires.size;
    },
  };
}
