/**
 * What page, Worker and the Workers of other tabs say to each other. Environment-neutral: page and Worker compile it.
 *
 * A page talks to its own Worker. A Worker that does not lead reads by itself and passes the other calls on to the one that does:
 * over a port whose other end only that one holds, so that a password is heard by nobody else and is never stored.
 */
import { MailError } from "../errors.js";
import { engineFault } from "../engine-faults.js";
import type { Account, AccountSettings, AccountState, AccountUsage, ErrorShape, LedgerPage, LedgerQuery, ListQuery, Mailbox, MailEvent, MessageView, Migration, Moved, Pop3Choices, Report, Rule, StorageEstimate, Tally } from "../types.js";

/** Raised when a message between Workers changes its form: tabs of two builds can be open at once. */
export const PROTOCOL = 3;

/** The calls that cross, with what they take and give. */
export interface Calls {
  accounts(): readonly Account[];
  addAccount(settings: AccountSettings, password: string): Account;
  findAccount(settings: AccountSettings): Account | null;
  signIn(account: number, password: string): void;
  signOut(account: number): void;
  setGatewayToken(token: string): void;
  removeAccount(account: number): void;
  setPop3(account: number, settings: Pop3Choices): void;
  ledger(account: number, query: LedgerQuery): LedgerPage;
  loadFromServer(account: number, uidls: string[]): void;
  deleteOnServer(account: number, uidls: string[]): void;
  answerMigration(account: number, choice: Migration): void;
  createMailbox(account: number, name: string, parent: number | undefined): Mailbox;
  renameMailbox(account: number, mailbox: number, name: string, parent: number | undefined): void;
  deleteMailbox(account: number, mailbox: number): void;
  moveMessages(ids: string[], mailbox: number): readonly Moved[];
  copyMessages(ids: string[], mailbox: number): readonly Moved[];
  deleteMessages(ids: string[]): readonly Moved[];
  restoreMessages(ids: string[]): readonly Moved[];
  emptyMailbox(account: number, mailbox: number): number;
  setRules(account: number, rules: readonly Rule[]): void;
  state(account: number): AccountState;
  mailboxes(account: number): readonly Mailbox[];
  /** JSON text: rows are taken apart only where they are shown. */
  list(account: number, mailbox: number, query: ListQuery): string;
  thread(account: number, thread: number): string;
  showMailbox(account: number, mailbox: number): void;
  synchronise(account: number, mailbox: number): void;
  loadOlder(account: number, mailbox: number): number;
  message(id: string): MessageView;
  part(id: string, index: number): Uint8Array;
  source(id: string): Uint8Array;
  /** The number of a stream, for `nextChunk`. */
  openPart(id: string, index: number): number;
  openMessage(id: string): OpenedFile;
  openMailbox(account: number, mailbox: number): OpenedFile;
  /** Null after the last. */
  nextChunk(stream: number): Uint8Array | null;
  /** Of a folder: what became of its messages. */
  closeStream(stream: number): Tally | null;
  usage(): readonly AccountUsage[];
  storageEstimate(): StorageEstimate | null;
  budget(): number | null;
  setBudget(octets: number | undefined): void;
  verify(repair: boolean): Report;
  changeFlags(ids: string[], add: string[], remove: string[]): void;
  syncNow(account: number): void;
  waiting(): number;
}

/** A stream that becomes a file. */
export interface OpenedFile {
  readonly name: string;
  readonly stream: number;
}

/** The name of a call. */
export type CallName = keyof Calls;

/** Every call, and whether it may be made again when nobody knows if it was carried out. */
export const repeatable: Readonly<Record<CallName, boolean>> = {
  accounts: true,
  addAccount: false,
  findAccount: true,
  signIn: false,
  signOut: false,
  setGatewayToken: true,
  removeAccount: false,
  setPop3: false,
  ledger: true,
  loadFromServer: true,
  deleteOnServer: false,
  answerMigration: false,
  createMailbox: false,
  renameMailbox: false,
  deleteMailbox: false,
  moveMessages: false,
  copyMessages: false,
  deleteMessages: false,
  restoreMessages: false,
  emptyMailbox: true,
  setRules: true,
  state: true,
  mailboxes: true,
  list: true,
  thread: true,
  showMailbox: true,
  synchronise: true,
  loadOlder: false,
  message: true,
  part: true,
  source: true,
  openPart: true,
  openMessage: true,
  openMailbox: true,
  // A piece that was read and got lost would be missing.
  nextChunk: false,
  closeStream: true,
  usage: true,
  storageEstimate: true,
  budget: true,
  setBudget: true,
  verify: true,
  changeFlags: false,
  syncNow: true,
  waiting: true,
};

/** Every call, and who answers it: each Worker from what is stored, if it is stored; or only the one that leads. */
export const answeredBy: Readonly<Record<CallName, "read" | "lead">> = {
  accounts: "read",
  addAccount: "lead",
  findAccount: "read",
  signIn: "lead",
  signOut: "lead",
  setGatewayToken: "lead",
  removeAccount: "lead",
  setPop3: "lead",
  ledger: "read",
  loadFromServer: "lead",
  deleteOnServer: "lead",
  answerMigration: "lead",
  createMailbox: "lead",
  renameMailbox: "lead",
  deleteMailbox: "lead",
  moveMessages: "lead",
  copyMessages: "lead",
  deleteMessages: "lead",
  restoreMessages: "lead",
  emptyMailbox: "lead",
  setRules: "lead",
  state: "lead",
  mailboxes: "read",
  list: "read",
  thread: "read",
  showMailbox: "lead",
  synchronise: "lead",
  loadOlder: "lead",
  message: "read",
  part: "read",
  source: "read",
  // A stream is read where it was opened.
  openPart: "lead",
  openMessage: "lead",
  openMailbox: "lead",
  nextChunk: "lead",
  closeStream: "lead",
  usage: "read",
  storageEstimate: "read",
  budget: "read",
  setBudget: "lead",
  verify: "lead",
  changeFlags: "lead",
  syncNow: "lead",
  waiting: "read",
};

/** Calls that carry what lets one in at a server or the gateway: they cross between tabs by a port only, never by a channel that others may open. */
export const confidential: ReadonlySet<CallName> = new Set(["addAccount", "signIn", "setGatewayToken"]);

/** What an account was signed in with. */
export type Credential = Parameters<Calls["signIn"]>[1];

/** The credentials of all accounts that are signed in, by account. */
export type Credentials = readonly (readonly [account: number, credential: Credential])[];

/** What is held in memory only. */
export interface Secrets {
  readonly credentials: Credentials;
  readonly gatewayToken: string | undefined;
}

/** Everything the Worker needs to open the core. */
export interface Opening {
  readonly profile: string;
  /** Address of the gateway's tunnel. */
  readonly gateway: string;
  /** What the gateway may ask for, until another is set. */
  readonly gatewayToken: string | undefined;
  /** The wasm module, or its address: only the page knows where a bundler has put it. */
  readonly wasm: string | Uint8Array<ArrayBuffer>;
  /** The page was open before and has missed what happened meanwhile. */
  readonly again: boolean;
}

/** A call on its way. */
export interface Call {
  readonly kind: "call";
  readonly id: number;
  readonly name: CallName;
  readonly args: readonly unknown[];
}

/** What came of a call. */
export type Answer =
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly error: ErrorShape };

/** Something that happened. */
export interface Told {
  readonly kind: "event";
  readonly event: MailEvent;
}

/** From a page to its Worker. The broker's port comes first, where the browser has SharedWorkers. */
export type ToWorker =
  | { readonly kind: "broker"; readonly port: MessagePort }
  | { readonly kind: "open"; readonly opening: Opening }
  | Call
  | { readonly kind: "close" };

/** From a Worker to its page. */
export type ToPage =
  /** It lives for as long as it holds this lock. */
  | { readonly kind: "alive"; readonly lock: string }
  /** The broker does not answer: a new one is needed. */
  | { readonly kind: "broker" }
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly error: ErrorShape }
  | Answer
  | Told
  | { readonly kind: "closed" };

/** Between all Workers of a profile, and heard by the whole origin: nothing of what they do for their pages. */
export type Public =
  /** Asks who leads. The leader answers, and opens a line to whoever asked: by a port, or by a channel where no port comes through. */
  | { readonly kind: "who"; readonly from: string; readonly by: Way }
  | { readonly kind: "leads"; readonly leader: string }
  | { readonly kind: "elected"; readonly leader: string };

/** How a line was opened. */
export type Way = "port" | "channel";

/** From a Worker to the one that leads. */
export type ToLeader = (Call & { readonly to: string }) | { readonly kind: "ping" };

/** From the Worker that leads to another. */
export type ToFollower =
  /** `told`: how many answers and events it has sent before, by whatever line. A line that died may have swallowed some. */
  | { readonly kind: "leader"; readonly leader: string; readonly ready: boolean; readonly told: number; readonly protocol: number }
  /** By a port only. */
  | { readonly kind: "secrets"; readonly secrets: Secrets }
  | Answer
  | Told;

/** From a Worker to the broker: it can be reached by a name; it opens a line to the Worker of a name, whose end this is. */
export type ToBroker = { readonly kind: "join"; readonly name: string } | { readonly kind: "reach"; readonly name: string; readonly port: MessagePort };

/** From the broker: what was asked is done, or could not be; somebody has opened a line, whose end this is. */
export type FromBroker = { readonly kind: "done" } | { readonly kind: "line"; readonly port: MessagePort };

/** One end of a line of messages. */
export interface Port<In, Out> {
  post(message: Out, transfer?: Transferable[]): void;
  listen(hear: (message: In) => void): void;
  close(): void;
}

interface Waiting {
  readonly call: Call;
  sent: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Calls that wait for their answers. What is below may change; a call that is safe to repeat does not notice. */
export class Caller {
  readonly #send: (call: Call) => boolean;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** `send` gives true when somebody took the call; otherwise it is offered again by `moved`. */
  constructor(send: (call: Call) => boolean) {
    this.#send = send;
  }

  /** Makes a call. An aborted call is forgotten; its answer finds nobody. */
  call<Name extends CallName>(name: Name, args: Parameters<Calls[Name]>, signal?: AbortSignal): Promise<ReturnType<Calls[Name]>> {
    const id = (this.#last += 1);
    return new Promise<unknown>((resolve, reject) => {
      if (signal?.aborted === true) throw signal.reason;
      const abort = (): void => {
        this.#waiting.delete(id);
        reject(signal?.reason as Error);
      };
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener("abort", abort);
          then(value);
        };
      signal?.addEventListener("abort", abort, { once: true });
      this.#offer({ call: { kind: "call", id, name, args }, sent: false, resolve: settle(resolve), reject: settle(reject) });
    }) as Promise<ReturnType<Calls[Name]>>;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Settles the call that this is the answer to, if it still waits. */
  answer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting.reject(new MailError(answer.error));
    else waiting.resolve(answer.value);
  }

  /** Somebody else answers from now on: offers each call anew, or rejects it where that could do a thing twice. */
  moved(): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (!waiting.sent || repeatable[waiting.call.name]) this.#offer(waiting);
      else this.answer({ kind: "answer", id: waiting.call.id, error: engineFault("engine-moved") });
    }
  }

  /** Rejects all that waits. */
  fail(error: ErrorShape): void {
    for (const id of [...this.#waiting.keys()]) this.answer({ kind: "answer", id, error });
  }

  #offer(waiting: Waiting): void {
    this.#waiting.set(waiting.call.id, waiting);
    waiting.sent = this.#send(waiting.call);
  }
}

/** Octets that nobody else uses are handed over, not copied. */
export function ownBuffers(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return [];
  return value.byteLength === value.buffer.byteLength ? [value.buffer] : [];
}
