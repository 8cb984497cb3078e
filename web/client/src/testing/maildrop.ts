/** The mail of a server in memory. */
import { octetsOf, utf8 } from "./octets.js";

/**
 * A message for a server in memory: RFC 5322, or with what IMAP knows of it beside. Bare line feeds become CRLF in texts, and in octets nothing changes.
 *
 * @example
 * const message: TestMessage = { content: "Subject: Hello\n\nRead me.\n", flags: ["\\Seen"] };
 */
export type TestMessage = string | Uint8Array | { readonly content: string | Uint8Array; readonly flags?: readonly string[]; /** Milliseconds since 1970. */ readonly date?: number };

/**
 * A message as the server has it.
 *
 * @example
 * const seen = server.messages().every(({ flags }) => flags.has("\\Seen"));
 */
export interface StoredMessage {
  readonly uid: number;
  readonly octets: Uint8Array;
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly flags: ReadonlySet<string>;
}

interface Kept extends StoredMessage {
  flags: Set<string>;
  /** Rises with each change of the flags. */
  version: number;
}

/** A mailbox. */
export class Mailbox {
  readonly messages: Kept[] = [];
  readonly uidValidity: number;
  uidNext = 1;
  subscribed = true;
  readonly #watchers = new Set<() => void>();

  constructor(
    public name: string,
    readonly specialUse: string | undefined,
    uidValidity: number,
  ) {
    this.uidValidity = uidValidity;
  }

  add(message: TestMessage): Kept {
    const { content, flags = [], date = Date.now() } = typeof message === "string" || message instanceof Uint8Array ? { content: message } : message;
    const octets = typeof content === "string" ? octetsOf(utf8(content.replace(/\r?\n/g, "\r\n"))) : content;
    const kept = { uid: this.uidNext, octets, date, flags: new Set(flags), version: 0 };
    this.uidNext += 1;
    this.messages.push(kept);
    return kept;
  }

  remove(uids: ReadonlySet<number>): void {
    const left = this.messages.filter(({ uid }) => !uids.has(uid));
    this.messages.splice(0, this.messages.length, ...left);
    this.changed();
  }

  /** Calls at each change until what it gives is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

const specialUses: Readonly<Record<string, string>> = { Archive: "\\Archive", Drafts: "\\Drafts", Junk: "\\Junk", Sent: "\\Sent", Trash: "\\Trash" };

/** All mailboxes of one account. */
export class Maildrop {
  readonly mailboxes: Mailbox[] = [];
  #made = 0;

  constructor(mailboxes: Readonly<Record<string, readonly TestMessage[]>>) {
    this.create("INBOX");
    for (const [name, messages] of Object.entries(mailboxes)) {
      const mailbox = this.find(name) ?? this.create(name);
      for (const message of messages) mailbox.add(message);
    }
  }

  create(name: string): Mailbox {
    this.#made += 1;
    const mailbox = new Mailbox(name, specialUses[name], this.#made);
    this.mailboxes.push(mailbox);
    return mailbox;
  }

  /** INBOX in any case. */
  find(name: string): Mailbox | undefined {
    const wanted = name.toUpperCase() === "INBOX" ? "INBOX" : name;
    return this.mailboxes.find((mailbox) => mailbox.name === wanted);
  }
}
