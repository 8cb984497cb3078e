/* eslint-disable svelte/prefer-svelte-reactivity -- maps are replaced as a whole, never changed; sets are not shown */
/**
 * What the mail view shows, read from the store and read again when the store changes. Nothing here waits for the network before
 * it shows what is on this device.
 */
import type { Account, AccountState, ErrorShape, Mailbox, MailClient, MailEvent, MessageList, MessageRow, MessageView } from "waypost";
import { asFault } from "../../faults";
import { firstFolder, folderLines } from "./folders";
import { asksPassword, isOnline } from "./model";
import { isUnread, seen, withFlags } from "./list";
import { isPlain, type Listing, plainListing, recalled, remember, type Shelf } from "./listing";
import { kept, nothing, type Selection, without } from "./selection";

const pageRows = 100;
/** The most that are read at once. */
const mostRows = 1000;
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

/** `asks`: what is on this device is all shown; the server may have more, which is fetched when the person wants it. */
export type Older = "some" | "loading" | "none" | "offline" | "asks";

export class MailState {
  account: number = $state(0);
  mailbox: number | null = $state(null);
  /** By account. */
  mailboxes: ReadonlyMap<number, readonly Mailbox[]> = $state.raw(new Map());
  states: ReadonlyMap<number, AccountState> = $state.raw(new Map());
  /** Null before the first look. */
  rows: readonly MessageRow[] | null = $state.raw(null);
  older: Older = $state("some");
  listing: Listing = $state.raw(plainListing);
  waiting = $state(0);
  /** The ticked messages. */
  ticked: Selection = $state.raw(nothing);

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

  /** Where the list goes on behind its last row; null at the end of what is stored. */
  #next: string | null = null;
  readonly #session: Accounts;
  readonly #shelf: Shelf;
  readonly #client: MailClient;
  readonly #end = new AbortController();
  readonly #stale = new Set<"mailboxes" | "rows" | "waiting" | "body">();
  #reading = false;
  /** Counts moves to another folder; an answer for an older one is dropped. */
  #turn = 0;
  #closed = false;
  #known: readonly Account[] = [];

  constructor(session: Accounts, shelf: Shelf) {
    this.#session = session;
    this.#shelf = shelf;
    this.#client = session.client;
    const { signal } = this.#end;
    for (const name of ["change", "state", "storage"] as const) this.#client.addEventListener(name, ({ detail }) => this.#heard(detail), { signal });
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
    this.#end.abort();
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
    const list = await this.#readList(account, mailbox, pageRows);
    if (turn !== this.#turn) return;
    this.#take(list);
    this.#watch();
  }

  /** Shows the folder in another order, or other messages of it; so it is shown from now on. */
  async arrange(listing: Listing): Promise<void> {
    const { account, mailbox } = this;
    if (mailbox === null) return;
    remember(this.#shelf, account, mailbox, listing);
    await this.show(account, mailbox);
  }

  /** The beginning of the list, at least so many rows if there are. */
  async #readList(account: number, mailbox: number, count: number): Promise<Pick<MessageList, "rows" | "next">> {
    const rows: MessageRow[] = [];
    let next: string | null = null;
    do {
      const part: MessageList = await this.#client.list(account, mailbox, { ...this.listing, limit: Math.min(mostRows, count - rows.length), ...(next === null ? {} : { after: next }) });
      rows.push(...part.rows);
      next = part.next;
    } while (next !== null && rows.length < count);
    return { rows, next };
  }

  #take({ rows, next }: Pick<MessageList, "rows" | "next">): void {
    this.rows = rows;
    this.#next = next;
    if (next !== null) this.older = "some";
    else if (this.older === "some") this.older = this.#atEnd();
  }

  /** What may come behind the last row that is stored. Sorted or chosen rows are not fetched one after the other until the folder ends. */
  #atEnd(): Older {
    if (this.#session.accounts.find(({ id }) => id === this.account)?.protocol === "pop3") return "none";
    return isPlain(this.listing) ? "some" : "asks";
  }

  #leave(account: number, mailbox: number | null): number {
    this.#turn += 1;
    this.account = account;
    this.mailbox = mailbox;
    this.rows = null;
    this.ticked = nothing;
    this.older = "some";
    this.listing = mailbox === null ? plainListing : recalled(this.#shelf, account, mailbox);
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
    if (mailbox === null || rows === null || this.older === "loading" || this.older === "none") return;
    const turn = this.#turn;
    const stored = this.#next;
    this.older = "loading";
    try {
      if (stored !== null) {
        const more = await this.#client.list(account, mailbox, { ...this.listing, limit: pageRows, after: stored });
        if (turn !== this.#turn) return;
        const known = new Set(this.rows?.map(({ id }) => id));
        this.older = "some";
        this.#take({ rows: [...(this.rows ?? []), ...more.rows.filter(({ id }) => !known.has(id))], next: more.next });
        return;
      }
      if (!isOnline(this.state)) {
        this.older = "offline";
        return;
      }
      const fetched = await this.#client.loadOlder(account, mailbox);
      if (turn !== this.#turn) return;
      this.older = fetched > 0 ? "some" : "none";
      const list = await this.#readList(account, mailbox, rows.length + pageRows);
      if (turn === this.#turn) this.#take(list);
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
    if (opened !== null && isUnread(opened)) await this.change([opened.id], [seen], []);
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
    // An open message stays in the list though it does not belong there any more, such as one that was unread.
    if (this.listing.filter !== "all" && this.opened !== null) this.#again("rows");
    this.opened = null;
    this.view = null;
    this.viewFault = null;
    this.gone = false;
  }

  /** Changes flags. The rows look at once as they will; the store has the last word. */
  change(ids: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void> {
    return this.#attempt(() => this.#change(new Set(ids), add, remove));
  }

  async #change(ids: ReadonlySet<string>, add: readonly string[], remove: readonly string[]): Promise<void> {
    const changed = (row: MessageRow): MessageRow => (ids.has(row.id) ? withFlags(row, add, remove) : row);
    this.rows = this.rows?.map(changed) ?? null;
    if (this.opened !== null) this.opened = changed(this.opened);
    try {
      await this.#client.changeFlags([...ids], add, remove);
    } finally {
      this.#again("rows", "mailboxes", "waiting");
    }
  }

  /** Messages left the folder: the rows go at once, and an open one of them is shut. */
  left(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.ticked = without(this.ticked, ids);
    this.rows = this.rows?.filter(({ id }) => !gone.has(id)) ?? null;
    if (this.opened !== null && gone.has(this.opened.id)) this.shut();
    this.#again("rows", "mailboxes");
  }

  /** Ticks all messages of the list, also those whose rows are not read yet. */
  tickAll(): Promise<void> {
    return this.#attempt(async () => {
      const { account, mailbox } = this;
      if (mailbox === null) return;
      const turn = this.#turn;
      const { rows } = await this.#readList(account, mailbox, Number.POSITIVE_INFINITY);
      if (turn === this.#turn) this.ticked = { ...nothing, ids: new Set(rows.map(({ id }) => id)) };
    });
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
    if (this.older === "offline") this.older = this.#next === null ? this.#atEnd() : "some";
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
    const before = this.rows ?? [];
    const list = await this.#readList(account, mailbox, Math.max(pageRows, before.length));
    if (turn !== this.#turn) return;
    const { opened } = this;
    const row = list.rows.find(({ id }) => id === opened?.id);
    const stays = opened !== null && row === undefined && this.listing.filter !== "all" ? before.findIndex(({ id }) => id === opened.id) : -1;
    const rows = opened === null || stays < 0 ? list.rows : list.rows.toSpliced(stays, 0, opened);
    this.ticked = kept(this.ticked, before.map(({ id }) => id), rows.map(({ id }) => id));
    this.#take({ rows, next: list.next });
    if (opened === null) return;
    if (row !== undefined) this.opened = row;
    // A row may also have left the part of the list that is read again.
    this.gone = row === undefined && this.listing.filter === "all" && (list.next === null || (isPlain(this.listing) && (rows.at(-1)?.date ?? 0) < opened.date));
  }
}
