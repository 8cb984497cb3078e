/// <reference lib="esnext.disposable" preserve="true" />
/** Types of the public surface. They mirror the Rust records of `crates/store`, `crates/sync` and `crates/message`. */

/** IMAP: mail lives on the server, this device holds a cache. POP3: mail lives on this device. */
export type Protocol = "imap" | "pop3";

/** Protection of the connection to the mail server. `starttls` is required once chosen, never opportunistic. */
export type Security = "tls" | "starttls" | "none";

/** When POP3 mail leaves the server: never, or as soon as it is durably stored here and checked. */
export type Pop3Policy = "leave" | "delete";

/** Settings of an account to be added. */
export interface AccountSettings {
  readonly protocol: Protocol;
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly username: string;
  /** POP3 only. Default: `leave`. */
  readonly policy?: Pop3Policy;
}

/** An account stored on this device. The password is never stored. */
export interface Account extends AccountSettings {
  readonly id: number;
  readonly policy: Pop3Policy;
}

/** A folder. */
export interface Mailbox {
  readonly id: number;
  /** The whole name on the server, decoded. */
  readonly name: string;
  readonly delimiter: string | null;
  readonly role: "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive" | "all" | "flagged" | null;
  readonly selectable: boolean;
  readonly uidvalidity: number;
  /** Messages on the server (IMAP) or here (POP3); null before the first look. */
  readonly total: number | null;
  readonly unseen: number | null;
  /** Milliseconds since 1970. */
  readonly syncedAt: number | null;
}

/** One line of a message list. */
export interface MessageRow {
  /** Opaque; names the message in this store. */
  readonly id: string;
  readonly from: string;
  readonly fromAddress: string;
  readonly to: string;
  readonly subject: string;
  /** First words of the text; empty until the body is here. */
  readonly snippet: string;
  /** Milliseconds since 1970. */
  readonly date: number;
  /** Octets. */
  readonly size: number;
  /** Flags as IMAP writes them: `\Seen`, `\Flagged`, keywords. */
  readonly flags: readonly string[];
  readonly attachment: boolean;
  /** Whether the whole message is stored on this device. */
  readonly body: boolean;
  /** Whether a change of this row waits to be sent. */
  readonly waiting: boolean;
  /** SHA-256 of the stored octets, lower case hex, where the body is stored. */
  readonly sha256: string | null;
}

/** A person or a list. */
export interface Address {
  readonly name: string;
  readonly address: string;
}

/** An attachment or an inline image. */
export interface Attachment {
  readonly index: number;
  readonly name: string;
  readonly contentType: string;
  readonly contentId: string | null;
  readonly inline: boolean;
  readonly size: number;
}

/** A message as a reader shows it. `html` is unsafe markup: show it only in a frame that runs no script. */
export interface MessageView {
  readonly subject: string;
  readonly from: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly date: number | null;
  readonly messageId: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly parts: readonly Attachment[];
}

/** Whose fault an error is. */
export type Blame = "caller" | "user" | "server" | "gateway" | "network" | "device";

/** The plain form of an error, as it crosses from the Worker. */
export interface ErrorShape {
  readonly code: string;
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly message: string;
  readonly serverText: string | null;
}

/** Where an account stands with its server. */
export type AccountState =
  | { readonly state: "signed-out" }
  | { readonly state: "connecting" }
  | { readonly state: "syncing"; readonly done: number; readonly total: number }
  | { readonly state: "online" }
  | { readonly state: "offline"; readonly error: ErrorShape; readonly retryAt: number | null };

/** What a listener is told. Read what you show again after a change. */
export type MailEvent =
  | { readonly event: "change"; readonly type: "accounts" }
  | { readonly event: "change"; readonly type: "mailboxes"; readonly account: number }
  | { readonly event: "change"; readonly type: "messages"; readonly account: number; readonly mailbox: number }
  | { readonly event: "change"; readonly type: "body"; readonly account: number; readonly mailbox: number; readonly message: string }
  | { readonly event: "state"; readonly account: number; readonly status: AccountState };

/** How to open the client. */
export interface OpenOptions {
  /** The gateway's tunnel, such as `wss://mail.example/tunnel`. Default: `/tunnel` of the page's own origin. */
  readonly gateway?: string | URL;
  /** One database per profile. Default: `default`. */
  readonly profile?: string;
}

/** A mail client over one profile. All calls work offline on what is stored, unless they say otherwise. */
export interface MailClient extends AsyncDisposable {
  accounts(signal?: AbortSignal): Promise<readonly Account[]>;
  /** Signs in once to prove the settings, then stores the account. Needs a connection. */
  addAccount(settings: AccountSettings, password: string, signal?: AbortSignal): Promise<Account>;
  /** Gives the password of a stored account after a reload. Needs a connection. */
  signIn(account: number, password: string, signal?: AbortSignal): Promise<void>;
  signOut(account: number, signal?: AbortSignal): Promise<void>;
  /** Removes an account and all its mail from this device. */
  removeAccount(account: number, signal?: AbortSignal): Promise<void>;
  setPolicy(account: number, policy: Pop3Policy, signal?: AbortSignal): Promise<void>;
  state(account: number, signal?: AbortSignal): Promise<AccountState>;
  mailboxes(account: number, signal?: AbortSignal): Promise<readonly Mailbox[]>;
  /** Rows of a folder, newest first; `before` is the id of the last row of the page before. */
  rows(account: number, mailbox: number, page?: { readonly before?: string; readonly limit?: number }, signal?: AbortSignal): Promise<readonly MessageRow[]>;
  /** Synchronises a folder now and watches it. */
  showMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<void>;
  /** Fetches rows older than the oldest stored one; 0 means there are none. Needs a connection. */
  loadOlder(account: number, mailbox: number, signal?: AbortSignal): Promise<number>;
  /** A message for reading. Fetches it if it is not stored yet. */
  message(id: string, signal?: AbortSignal): Promise<MessageView>;
  /** The decoded octets of a part. */
  part(id: string, index: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** The whole message, octet for octet. */
  source(id: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Changes flags: stored at once, sent when the server can be reached. */
  changeFlags(ids: readonly string[], add: readonly string[], remove: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Looks for new mail now. */
  syncNow(account: number, signal?: AbortSignal): Promise<void>;
  /** Changes that wait to be sent. */
  waiting(signal?: AbortSignal): Promise<number>;
  /** Tells of every change from now on; call the result to stop. */
  subscribe(listener: (event: MailEvent) => void): () => void;
  /** Ends the Worker's part in this page. Closing twice is harmless. */
  close(): Promise<void>;
}
