/**
 * A client with sample mail in the place of the package, for development and pictures (`npm run dev`). The address bar chooses:
 * `?empty` begins without an account, `?offline`, `?signed-out` and `?syncing` set the state, `?many` fills the inbox,
 * `?moved` asks about new identifiers.
 */
import type { Account, AccountSettings, AccountState, Attachment, AttachmentBody, ErrorShape, AccountUsage, LedgerEntry, LedgerPage, LedgerQuery, ListQuery, Live, Mailbox, MailboxFile, MailClient, MailEvent, MessageFile, MessageList, MessageRow, MessageView, Migration, Moved, Pop3Choices, Pop3Settings, Readings, Report, StorageEstimate } from "waypost";
import { sampleMessages, type Sample } from "./sample";

export class MailError extends Error implements ErrorShape {
  readonly code: string;
  readonly blame: ErrorShape["blame"];
  readonly retryable: boolean;
  readonly serverText: string | null;

  constructor(shape: ErrorShape) {
    super(shape.message);
    ({ code: this.code, blame: this.blame, retryable: this.retryable, serverText: this.serverText } = shape);
  }
}

const wish = new URLSearchParams(location.search);
const now = Date.now();
const gatewayGone: ErrorShape = { code: "gateway-unreachable", blame: "gateway", retryable: true, message: "The gateway does not answer.", serverText: null };

function begin(): AccountState {
  if (wish.has("offline")) return { state: "offline", error: gatewayGone, retryAt: now + 40_000 };
  if (wish.has("signed-out")) return { state: "signed-out" };
  if (wish.has("syncing")) return { state: "syncing", done: 34, total: 100 };
  return { state: "online" };
}

const leave: Pop3Settings = {
  removal: { afterDownload: false, afterDays: null, whenDeleted: false, whenMoved: false },
  download: { kind: "whole" },
  skipAbove: null,
  perCheck: null,
  newestFirst: false,
  interval: 300,
  acceptsEviction: false,
};

const chosen = ({ removal, ...other }: Pop3Choices): Pop3Settings => ({ ...leave, ...other, removal: { ...leave.removal, ...removal } });
const plain = { pop3: leave, rules: [], notices: [], migration: null } as const;

const ledger: readonly LedgerEntry[] = (
  [
    ["Water meter reading", "Vale Water", 14_000, { kind: "due", at: now + 9 * 86_400_000 }],
    ["Sunday lunch?", "Mother", 6_000, { kind: "both" }],
    ["Scans from the attic, part 2", "Uncle Per", 48_000_000, { kind: "onServer" }],
    ["Receipt 4471", "Boat supply", 118_000, { kind: "deleted", at: now - 86_400_000 }],
    ["Choir: rehearsal moved", "Anneli Rask", 11_000, { kind: "here" }],
  ] as const
).map(([subject, from, size, state], index) => ({ uidl: `000a3f9${index}`, date: now - index * 86_400_000, from, subject, size, state, seenAt: now, downloadedAt: state.kind === "onServer" ? null : now, here: state.kind !== "onServer" }));

/** The sample stays as it is. */
const notHere = (): MailError => new MailError({ code: "unsupported", blame: "caller", retryable: false, message: "The sample mail can't be moved.", serverText: null });

function streamOf(octets: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(octets);
      controller.close();
    },
  });
}

class Fake extends EventTarget implements MailClient {
  declare readonly addEventListener: MailClient["addEventListener"];
  declare readonly removeEventListener: MailClient["removeEventListener"];
  private accountList: Account[] = wish.has("empty")
    ? []
    : [
        { id: 1, protocol: "imap", address: "clara@orchard.example", host: "imap.orchard.example", port: 993, security: "tls", username: "clara", ...plain },
        { id: 2, protocol: "pop3", address: "c.holm@postbag.example", host: "pop.postbag.example", port: 995, security: "tls", username: "c.holm", ...plain, notices: wish.has("moved") ? [{ kind: "allUniqueIdsChanged", known: 2318, listed: 2320 }] : [] },
      ];
  private readonly samples: Map<string, Sample & { row: MessageRow }>;
  private status = begin();

  constructor() {
    super();
    const copies = wish.has("many") ? 400 : 1;
    const all = Array.from({ length: copies }, (_, copy) => sampleMessages(now).map((sample) => ({ ...sample, row: { ...sample.row, id: `${sample.row.id}.${copy}`, date: sample.row.date - copy * 86_400_000 } })));
    this.samples = new Map(all.flat().map((sample) => [sample.row.id, sample]));
  }

  accounts(): Promise<readonly Account[]> {
    return Promise.resolve([...this.accountList]);
  }

  async addAccount(settings: AccountSettings, password: string): Promise<Account> {
    await new Promise((resolve) => setTimeout(resolve, 600));
    if (password === "wrong") throw new MailError({ code: "auth-failed", blame: "user", retryable: false, message: "Refused.", serverText: "[AUTHENTICATIONFAILED] Invalid credentials" });
    const account: Account = { ...plain, ...settings, pop3: chosen(settings.pop3 ?? {}), id: this.accountList.length + 1 };
    this.accountList.push(account);
    return account;
  }

  async signIn(given: number | AccountSettings, password: string): Promise<Account> {
    const account = this.accountList.find((one) => one.id === given || (typeof given === "object" && one.address === given.address));
    if (account === undefined) return this.addAccount(given as AccountSettings, password);
    if (password === "wrong") throw new MailError({ code: "auth-failed", blame: "user", retryable: false, message: "Refused.", serverText: "[AUTHENTICATIONFAILED] Invalid credentials" });
    this.become(account.id, { state: "online" });
    return account;
  }

  setGatewayToken(): Promise<void> {
    return Promise.resolve();
  }

  signOut(account: number): Promise<void> {
    this.become(account, { state: "signed-out" });
    return Promise.resolve();
  }

  removeAccount(account: number): Promise<void> {
    this.accountList = this.accountList.filter(({ id }) => id !== account);
    return Promise.resolve();
  }

  setPop3(account: number, choices: Pop3Choices): Promise<void> {
    return this.alter(account, { pop3: chosen(choices) });
  }

  ledger(_: number, { states, skip = 0, limit = 50 }: LedgerQuery = {}): Promise<LedgerPage> {
    const found = ledger.filter(({ state }) => states === undefined || states.includes(state.kind));
    return Promise.resolve({ total: found.length, entries: found.slice(skip, skip + limit) });
  }

  loadFromServer(): Promise<void> {
    return Promise.resolve();
  }

  deleteOnServer(): Promise<void> {
    return Promise.resolve();
  }

  answerMigration(account: number, migration: Migration): Promise<void> {
    return this.alter(account, { migration });
  }

  usage(): Promise<readonly AccountUsage[]> {
    return Promise.resolve(this.accountList.map(({ id, protocol }) => ({ account: id, onlyCopy: protocol === "pop3" ? { count: 2287, octets: 586_000_000 } : { count: 0, octets: 0 }, cache: { count: 31, octets: 54_000_000 }, rows: { count: 2318, octets: 1_200_000 } })));
  }

  storageEstimate(): Promise<StorageEstimate | null> {
    return Promise.resolve({ usage: 660_000_000, quota: 6_200_000_000 });
  }

  budget(): Promise<number | null> {
    return Promise.resolve(null);
  }

  setBudget(): Promise<void> {
    return Promise.resolve();
  }

  verify(): Promise<Report> {
    return Promise.resolve({ checked: 2318, problems: [{ kind: "count-wrong", where: "2/20", repaired: true }], more: 0 });
  }

  async attachment(id: string, { index, contentType }: Pick<Attachment, "index" | "contentType">): Promise<AttachmentBody> {
    const octets = await this.part(id, index);
    return { stream: streamOf(octets), blob: () => Promise.resolve(new Blob([new Uint8Array(octets)], { type: contentType })) };
  }

  exportMessage(): Promise<MessageFile> {
    return Promise.resolve({ name: "message.eml", stream: streamOf(new Uint8Array()) });
  }

  exportMailbox(): Promise<MailboxFile> {
    return Promise.resolve({ name: "Inbox.mbox", stream: streamOf(new Uint8Array()), tally: Promise.resolve({ written: 2316, leftOut: 2, damaged: 0 }) });
  }

  list(account: number, mailbox: number, { order = "date", descending = true, filter = "all", after = "0", limit = 50 }: ListQuery = {}): Promise<MessageList> {
    const flag = { all: "", unread: "\\Seen", flagged: "\\Flagged" }[filter];
    const all = account === 1 && mailbox !== 1 ? [] : [...this.samples.values()].map(({ row }) => row).filter(({ flags }) => filter === "all" || flags.includes(flag) === (filter === "flagged"));
    const by = (row: MessageRow): string => ({ date: "", thread: "", sender: row.from.toLowerCase(), subject: row.subject.toLowerCase(), size: String(row.size).padStart(12, "0") })[order];
    all.sort((one, other) => by(one).localeCompare(by(other)) || one.date - other.date);
    if (descending) all.reverse();
    const end = Number(after) + limit;
    return Promise.resolve({ rows: all.slice(Number(after), end), total: all.length, next: end <= all.length ? String(end) : null });
  }

  createMailbox(): Promise<Mailbox> {
    return Promise.reject(notHere());
  }

  renameMailbox(): Promise<void> {
    return Promise.reject(notHere());
  }

  deleteMailbox(): Promise<void> {
    return Promise.reject(notHere());
  }

  moveMessages(): Promise<readonly Moved[]> {
    return Promise.reject(notHere());
  }

  copyMessages(): Promise<readonly Moved[]> {
    return Promise.reject(notHere());
  }

  deleteMessages(): Promise<readonly Moved[]> {
    return Promise.reject(notHere());
  }

  restoreMessages(): Promise<readonly Moved[]> {
    return Promise.reject(notHere());
  }

  emptyMailbox(): Promise<number> {
    return Promise.reject(notHere());
  }

  setRules(): Promise<void> {
    return Promise.reject(notHere());
  }

  thread(): Promise<readonly MessageRow[]> {
    return Promise.resolve([]);
  }

  state(): Promise<AccountState> {
    return Promise.resolve(this.status);
  }

  mailboxes(account: number): Promise<readonly Mailbox[]> {
    const box = (id: number, name: string, role: Mailbox["role"], unseen: number, total: number): Mailbox => ({ id, name, delimiter: "/", role, selectable: true, uidvalidity: 1, total, unseen, flagged: 0, syncedAt: now - 60_000 });
    if (account !== 1) return Promise.resolve([box(20, "INBOX", "inbox", 2, 2318)]);
    return Promise.resolve([
      box(1, "INBOX", "inbox", 12, 4213),
      box(2, "Drafts", "drafts", 0, 3),
      box(3, "Sent", "sent", 0, 812),
      box(4, "Archive", "archive", 0, 9120),
      box(5, "Harbour house", null, 2, 44),
      box(6, "Harbour house/Roof", null, 0, 12),
      box(7, "Ferry board", null, 0, 203),
      box(8, "Junk", "junk", 31, 31),
      box(9, "Trash", "trash", 0, 7),
    ]);
  }

  showMailbox(): Promise<void> {
    return Promise.resolve();
  }

  loadOlder(): Promise<number> {
    return Promise.resolve(0);
  }

  async message(id: string): Promise<MessageView> {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const sample = this.samples.get(id);
    if (sample === undefined || !sample.row.body) throw new MailError({ ...gatewayGone, code: "not-found", message: "It is not here." });
    return sample.view;
  }

  part(id: string, index: number): Promise<Uint8Array> {
    return Promise.resolve(this.samples.get(id)?.octets?.[index] ?? new Uint8Array([1, 2, 3]));
  }

  source(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array());
  }

  changeFlags(ids: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void> {
    for (const id of ids) {
      const sample = this.samples.get(id);
      if (sample === undefined) continue;
      const flags = [...sample.row.flags.filter((flag) => !remove.includes(flag) && !add.includes(flag)), ...add];
      sample.row = { ...sample.row, flags, waiting: this.status.state !== "online" };
    }
    this.tell({ event: "change", type: "messages", account: 1, mailbox: 1 });
    return Promise.resolve();
  }

  syncNow(): Promise<void> {
    return Promise.resolve();
  }

  waiting(): Promise<number> {
    return Promise.resolve([...this.samples.values()].filter(({ row }) => row.waiting).length);
  }

  async inbox(account: number): Promise<Mailbox> {
    const inbox = (await this.mailboxes(account)).find(({ role }) => role === "inbox");
    if (inbox === undefined) throw new Error("The sample has no inbox.");
    return inbox;
  }

  undoMove(): Promise<readonly Moved[]> {
    return Promise.resolve([]);
  }

  synchronise(): Promise<void> {
    return Promise.resolve();
  }

  /** The sample gives what is there, once. */
  live<Value>(read: (mail: Readings) => Promise<Value>): Live<Value> {
    const once = async function* (mail: Readings): AsyncGenerator<Value, undefined> {
      yield await read(mail);
      return undefined;
    };
    return Object.assign(once(this), { value: undefined });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private alter(account: number, part: Partial<Account>): Promise<void> {
    this.accountList = this.accountList.map((one) => (one.id === account ? { ...one, ...part } : one));
    this.tell({ event: "change", type: "accounts" });
    return Promise.resolve();
  }

  private become(account: number, status: AccountState): void {
    this.status = status;
    this.tell({ event: "state", account, status });
  }

  private tell(event: MailEvent): void {
    this.dispatchEvent(new CustomEvent(event.event, { detail: event }));
  }
}

export function open(): Promise<MailClient> {
  return Promise.resolve(new Fake());
}
