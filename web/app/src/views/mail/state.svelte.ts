/* eslint-disable svelte/prefer-svelte-reactivity -- maps are replaced as a whole, never changed; sets are not shown */
/**
 * What the mail view shows, read from the store and read again when the store changes. Nothing here waits for the network before
 * it shows what is on this device.
 */
import type { Account, AccountState, ErrorShape, Mailbox, MailClient, MailEvent, MessageRow, MessageView } from "waypost";
import { asFault } from "../../faults";
import { firstFolder, folderLines } from "./folders";
import { asksPassword, isOnline } from "./model";
import { isUnread, seen, withFlags } from "./list";

const pageRows = 100;
/** Changes come in showers; what is shown is read again at most this often. Not by frames: those stop in hidden tabs. */
const restMs = 40;
/** A page that becomes visible asks for new mail, but not at each flick through the tabs: some servers lock out who comes too often. */
const lookMs = 30_000;

/** What is said while the device has no network; the engine notices only when it next has something to send. */
const noNetwork: AccountState = {
  state: "offline",
  error: { code: "device-offline", blame: "network", retryable: true, message: "It goes on by itself when the network is back.", serverText: null },
  retryAt: null,
};

/** What the state needs of the session. */
export interface Accounts {
  readonly client: MailClient;
  readonly accounts: readonly Account[];
  /** The account to begin with. */
  readonly wanted: number | null;
}

export type Older = "some" | "loading" | "none" | "offline";

export class MailState {
  account: number = $state(0);
  mailbox: number | null = $state(null);
  /** By account. */
  mailboxes: ReadonlyMap<number, readonly Mailbox[]> = $state.raw(new Map());
  states: ReadonlyMap<number, AccountState> = $state.raw(new Map());
  /** Null before the first look. */
  rows: readonly MessageRow[] | null = $state.raw(null);
  older: Older = $state("some");
  waiting = $state(0);

  /** The open message. */
  opened: MessageRow | null = $state.raw(null);
  view: MessageView | null = $state.raw(null);
  viewFault: ErrorShape | null = $state.raw(null);
  /** The open message is not in its folder any more. */
  gone = $state(false);
  /** Something on this device that failed, until it is closed. */
  problem: ErrorShape | null = $state.raw(null);

  /** The browser said that the network is gone, and nothing got through since. A gateway on this very device needs no network. */
  #lost = $state(false);
  #looked = Date.now();

  readonly #session: Accounts;
  readonly #client: MailClient;
  readonly #stop: () => void;
  readonly #stale = new Set<"mailboxes" | "rows" | "waiting" | "body">();
  #reading = false;
  /** Counts moves to another folder; an answer for an older one is dropped. */
  #turn = 0;
  #closed = false;
  #known: readonly Account[] = [];

  constructor(session: Accounts) {
    this.#session = session;
    this.#client = session.client;
    this.#stop = this.#client.subscribe((event) => this.#heard(event));
  }

  start(): Promise<void> {
    return this.#attempt(() => this.#start());
  }

  async #start(): Promise<void> {
    const { accounts, wanted } = this.#session;
    const first = accounts.find(({ id }) => id === wanted) ?? accounts[0];
    if (first === undefined) return;
    this.account = first.id;
    await this.#readAccounts(accounts);
    const folder = firstFolder(folderLines(this.folders(first.id), first.protocol));
    if (folder !== undefined) await this.#show(first.id, folder.id);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  networkLost(): void {
    this.#lost = true;
  }

  networkFound(): void {
    this.#lost = false;
    this.#looked = 0;
    this.look();
    if (isOnline(this.state)) this.#connected();
  }

  /** Asks for new mail of all accounts, as one who comes back to the page expects it. What fails shows as their state. */
  look(): void {
    const now = Date.now();
    if (now - this.#looked < lookMs) return;
    this.#looked = now;
    for (const [account, state] of this.states) if (!asksPassword(state)) this.#client.syncNow(account).catch(() => undefined);
  }

  folders(account: number): readonly Mailbox[] {
    return this.mailboxes.get(account) ?? [];
  }

  get state(): AccountState {
    const state = this.states.get(this.account) ?? { state: "connecting" };
    return this.#lost && (isOnline(state) || state.state === "connecting") ? noNetwork : state;
  }

  get folder(): Mailbox | null {
    return this.folders(this.account).find(({ id }) => id === this.mailbox) ?? null;
  }

  /** Does what reads or writes the store; what fails is shown. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#closed) this.problem = asFault(error);
    }
  }

  /** The accounts changed. */
  accountsChanged(accounts: readonly Account[]): Promise<void> {
    return accounts === this.#known ? Promise.resolve() : this.#attempt(() => this.#readAccounts(accounts));
  }

  /** Reads folders and states of these accounts. */
  async #readAccounts(accounts: readonly Account[]): Promise<void> {
    this.#known = accounts;
    const read = await Promise.all(accounts.map(async ({ id }) => [id, await this.#client.mailboxes(id), await this.#client.state(id)] as const));
    this.mailboxes = new Map(read.map(([id, mailboxes]) => [id, mailboxes]));
    this.states = new Map(read.map(([id, , state]) => [id, state]));
    this.waiting = await this.#client.waiting();
    if (!accounts.some(({ id }) => id === this.account) && accounts[0] !== undefined) await this.showAccount(accounts[0]);
  }

  async showAccount(account: Account): Promise<void> {
    const folder = firstFolder(folderLines(this.folders(account.id), account.protocol));
    if (folder !== undefined) await this.show(account.id, folder.id);
    else this.#leave(account.id, null);
  }

  /** Shows a folder: what is stored at once, what the server has when it comes. */
  show(account: number, mailbox: number): Promise<void> {
    return this.#attempt(() => this.#show(account, mailbox));
  }

  async #show(account: number, mailbox: number): Promise<void> {
    const turn = this.#leave(account, mailbox);
    const rows = await this.#client.rows(account, mailbox, { limit: pageRows });
    if (turn !== this.#turn) return;
    this.rows = rows;
    this.#watch();
  }

  #leave(account: number, mailbox: number | null): number {
    this.#turn += 1;
    this.account = account;
    this.mailbox = mailbox;
    this.rows = null;
    this.older = "some";
    this.shut();
    return this.#turn;
  }

  /** Asks the engine to look at the folder now; what it finds comes as changes. Without a connection nothing is lost. */
  #watch(): void {
    if (this.mailbox === null) return;
    this.#client.showMailbox(this.account, this.mailbox).catch(() => undefined);
  }

  /** More rows: from the store, then from the server. */
  async loadOlder(): Promise<void> {
    const { account, mailbox, rows } = this;
    const last = rows?.at(-1);
    if (mailbox === null || last === undefined || this.older === "loading" || this.older === "none") return;
    const turn = this.#turn;
    this.older = "loading";
    try {
      let more = await this.#client.rows(account, mailbox, { before: last.id, limit: pageRows });
      if (more.length === 0) {
        if (!isOnline(this.state)) {
          if (turn === this.#turn) this.older = "offline";
          return;
        }
        if ((await this.#client.loadOlder(account, mailbox)) > 0) more = await this.#client.rows(account, mailbox, { before: last.id, limit: pageRows });
      }
      if (turn !== this.#turn) return;
      const known = new Set(this.rows?.map(({ id }) => id));
      this.rows = [...(this.rows ?? []), ...more.filter(({ id }) => !known.has(id))];
      this.older = more.length === 0 ? "none" : "some";
    } catch {
      if (turn === this.#turn) this.older = "offline";
    }
  }

  /** Opens a message; it counts as read when its text is there. */
  async open(row: MessageRow): Promise<void> {
    this.opened = row;
    this.view = null;
    this.viewFault = null;
    this.gone = false;
    const opened = await this.#readView(row);
    if (opened !== null && isUnread(opened)) await this.change(opened, [seen], []);
  }

  /** The row as it is now, if the message is still the open one and can be read. */
  async #readView(row: MessageRow): Promise<MessageRow | null> {
    const current = (): MessageRow | null => (this.opened?.id === row.id ? this.opened : null);
    try {
      const view = await this.#client.message(row.id);
      if (current() !== null) [this.view, this.viewFault] = [view, null];
      return current();
    } catch (error) {
      if (current() !== null) this.viewFault = asFault(error);
      return null;
    }
  }

  /** Tries again to get the text of the open message. */
  async reopen(): Promise<void> {
    const row = this.opened;
    if (row === null) return;
    this.viewFault = null;
    await this.open(row);
  }

  shut(): void {
    this.opened = null;
    this.view = null;
    this.viewFault = null;
    this.gone = false;
  }

  /** Changes flags. The row looks at once as it will; the store has the last word. */
  change(row: MessageRow, add: readonly string[], remove: readonly string[]): Promise<void> {
    return this.#attempt(() => this.#change(row, add, remove));
  }

  async #change(row: MessageRow, add: readonly string[], remove: readonly string[]): Promise<void> {
    const changed = withFlags(row, add, remove);
    this.rows = this.rows?.map((other) => (other.id === row.id ? changed : other)) ?? null;
    if (this.opened?.id === row.id) this.opened = changed;
    try {
      await this.#client.changeFlags([row.id], add, remove);
    } finally {
      this.#again("rows", "mailboxes", "waiting");
    }
  }

  #heard(event: MailEvent): void {
    if (event.event === "state") {
      const before = this.states.get(event.account);
      this.states = new Map(this.states).set(event.account, event.status);
      if (isOnline(event.status)) this.#lost = false;
      const came = isOnline(event.status) && before !== undefined && !isOnline(before);
      if (came && event.account === this.account) this.#connected();
      this.#again("waiting");
    } else if (event.event === "storage") {
      // Folders have other numbers in a store that begins anew; only the inbox always has the same.
      if (event.storage === "evicted" && this.folder?.role !== "inbox") this.#leave(this.account, null);
      this.#again("mailboxes", "rows", "waiting");
    } else if (event.type === "mailboxes") this.#again("mailboxes");
    else if (event.type === "messages" && event.account === this.account && event.mailbox === this.mailbox) this.#again("rows", "waiting", "mailboxes");
    else if (event.type === "messages") this.#again("mailboxes", "waiting");
    else if (event.type === "body" && event.message === this.opened?.id) this.#again("body");
  }

  #connected(): void {
    if (this.older === "offline") this.older = "some";
    this.#watch();
    if (this.viewFault !== null) this.#again("body");
  }

  #again(...what: readonly ("mailboxes" | "rows" | "waiting" | "body")[]): void {
    for (const one of what) this.#stale.add(one);
    if (this.#reading || this.#closed) return;
    this.#reading = true;
    setTimeout(() => void this.#readStale(), restMs);
  }

  async #readStale(): Promise<void> {
    const stale = new Set(this.#stale);
    this.#stale.clear();
    await this.#attempt(async () => {
      if (stale.has("mailboxes")) await this.#readMailboxes();
      if (stale.has("rows")) await this.#readRows();
      if (stale.has("waiting")) this.waiting = await this.#client.waiting();
      if (stale.has("body") && this.opened !== null && this.view === null) await this.open(this.opened);
    });
    this.#reading = false;
    if (this.#stale.size > 0) this.#again();
  }

  async #readMailboxes(): Promise<void> {
    const accounts = this.#session.accounts;
    const read = await Promise.all(accounts.map(async ({ id }) => [id, await this.#client.mailboxes(id)] as const));
    this.mailboxes = new Map(read);
    const account = accounts.find(({ id }) => id === this.account);
    // The folders of a new account come after it does; and the one that is shown may be gone.
    if (this.folder === null && account !== undefined && this.folders(account.id).length > 0) await this.showAccount(account);
  }

  async #readRows(): Promise<void> {
    const { account, mailbox } = this;
    if (mailbox === null) return;
    const turn = this.#turn;
    const limit = Math.max(pageRows, this.rows?.length ?? 0);
    const rows = await this.#client.rows(account, mailbox, { limit });
    if (turn !== this.#turn) return;
    this.rows = rows;
    if (this.older === "none" && rows.length >= limit) this.older = "some";
    const opened = this.opened;
    if (opened === null) return;
    const row = rows.find(({ id }) => id === opened.id);
    if (row !== undefined) this.opened = row;
    // A row may also have left the part of the list that is read again.
    this.gone = row === undefined && (rows.length < limit || (rows.at(-1)?.date ?? 0) < opened.date);
  }
}
