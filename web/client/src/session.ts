/** The client as a page has it: calls become messages to the page's own Worker, answers become promises. */
import { MailError, shapeOf } from "./errors.js";
import { engineFault } from "./engine-faults.js";
import { fault } from "./faults.js";
import { counted, type Pieces, pulled } from "./streams.js";
import type { AttachmentBody, Live, MailboxFile, MailClient, MailEventMap, MessageFile, Readings } from "./client.js";
import { LiveQuery } from "./live.js";
import type {
  Account,
  AccountSettings,
  AccountState,
  AccountUsage,
  Attachment,
  ErrorShape,
  LedgerPage,
  LedgerQuery,
  ListQuery,
  Mailbox,
  MailEvent,
  MessageList,
  MessageRow,
  MessageView,
  Migration,
  Moved,
  Pop3Choices,
  Report,
  Rule,
  StorageEstimate,
} from "./types.js";
import { hold, type Locks } from "./worker/leader.js";
import { Caller, type CallName, type Calls, type Opening, type Port, type ToPage, type ToWorker } from "./worker/port.js";

/** Starts a Worker. `close` of the port ends it at once. */
export type StartWorker = () => Port<ToPage, ToWorker>;

/** What a session needs of its page. */
export interface Surroundings {
  /** Tells when the page is put aside and shown again. */
  readonly page: EventTarget;
  /** By them it learns that its Worker is gone. */
  readonly locks: Locks;
}

/** The client of one page. */
export class Session extends EventTarget implements MailClient {
  readonly #start: StartWorker;
  readonly #opening: Opening;
  readonly #page: EventTarget;
  readonly #locks: Locks;
  readonly #live = new Set<LiveQuery<unknown>>();
  readonly #caller = new Caller((call) => {
    this.#worker?.post(call);
    return this.#worker !== undefined;
  });
  #worker: Port<ToPage, ToWorker> | undefined;
  /** Ends the watch over the Worker that runs. */
  #unwatch = new AbortController();
  /** When Workers died lately. */
  #deaths: readonly number[] = [];
  /** Accounts whose state listeners were told. */
  readonly #accounts = new Set<number>();
  /** Why no call can succeed any more. */
  #over: ErrorShape | undefined;
  #closing: Promise<void> | undefined;
  /** Called when a Worker has opened or refused: the first need not be the one that does, where the page is put aside meanwhile. */
  #answered: () => void = () => undefined;
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  declare readonly addEventListener: MailClient["addEventListener"];
  declare readonly removeEventListener: MailClient["removeEventListener"];
  readonly #hidden = (): void => this.#sleep();
  readonly #shown = (): void => this.#wake();

  static {
    // Not a plain method: in a browser without this symbol its name would be "undefined".
    const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
    const value = function (this: Session): Promise<void> {
      return this.close();
    };
    if (asyncDispose !== undefined) Object.defineProperty(Session.prototype, asyncDispose, { value });
  }

  protected constructor(start: StartWorker, opening: Opening, { page, locks }: Surroundings) {
    super();
    this.#start = start;
    this.#opening = opening;
    this.#page = page;
    this.#locks = locks;
  }

  /** Opens a session. */
  static async open(start: StartWorker, opening: Opening, surroundings: Surroundings): Promise<Session> {
    const session = new Session(start, opening, surroundings);
    await session.begin();
    return session;
  }

  /** Starts the first Worker; rejects where none can be had. */
  protected async begin(): Promise<void> {
    this.#page.addEventListener("pagehide", this.#hidden);
    this.#page.addEventListener("pageshow", this.#shown);
    await new Promise<void>((answered) => {
      this.#answered = answered;
      this.#connect(false);
    });
    if (this.#over === undefined) return;
    this.#leavePage();
    throw new MailError(this.#over);
  }

  accounts(signal?: AbortSignal): Promise<readonly Account[]> {
    return this.#call("accounts", [], signal);
  }

  addAccount(settings: AccountSettings, password: string, signal?: AbortSignal): Promise<Account> {
    return this.#call("addAccount", [settings, password], signal);
  }

  async signIn(account: number | AccountSettings, password: string, signal?: AbortSignal): Promise<Account> {
    if (typeof account === "number") {
      await this.#call("signIn", [account, password], signal);
      const record = (await this.accounts(signal)).find(({ id }) => id === account);
      if (record === undefined) throw new MailError(engineFault("account-gone"));
      return record;
    }
    const known = await this.#call("findAccount", [account], signal);
    return known === null ? this.addAccount(account, password, signal) : this.signIn(known.id, password, signal);
  }

  signOut(account: number, signal?: AbortSignal): Promise<void> {
    return this.#call("signOut", [account], signal);
  }

  setGatewayToken(token: string, signal?: AbortSignal): Promise<void> {
    return this.#call("setGatewayToken", [token], signal);
  }

  removeAccount(account: number, signal?: AbortSignal): Promise<void> {
    return this.#call("removeAccount", [account], signal);
  }

  setPop3(account: number, settings: Pop3Choices, signal?: AbortSignal): Promise<void> {
    return this.#call("setPop3", [account, settings], signal);
  }

  ledger(account: number, query: LedgerQuery = {}, signal?: AbortSignal): Promise<LedgerPage> {
    return this.#call("ledger", [account, query], signal);
  }

  loadFromServer(account: number, uidls: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#call("loadFromServer", [account, [...uidls]], signal);
  }

  deleteOnServer(account: number, uidls: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#call("deleteOnServer", [account, [...uidls]], signal);
  }

  createMailbox(account: number, name: string, parent?: number | null, signal?: AbortSignal): Promise<Mailbox> {
    return this.#call("createMailbox", [account, name, parent ?? undefined], signal);
  }

  renameMailbox(account: number, mailbox: number, name: string, parent?: number | null, signal?: AbortSignal): Promise<void> {
    return this.#call("renameMailbox", [account, mailbox, name, parent ?? undefined], signal);
  }

  deleteMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<void> {
    return this.#call("deleteMailbox", [account, mailbox], signal);
  }

  moveMessages(ids: readonly string[], mailbox: number, signal?: AbortSignal): Promise<readonly Moved[]> {
    return this.#call("moveMessages", [[...ids], mailbox], signal);
  }

  async undoMove(moved: readonly Moved[], signal?: AbortSignal): Promise<readonly Moved[]> {
    const back: Moved[] = [];
    for (const mailbox of new Set(moved.map((one) => one.mailbox))) {
      const ids = moved.filter((one) => one.mailbox === mailbox).map(({ to }) => to);
      back.push(...(await this.moveMessages(ids, mailbox, signal)));
    }
    return back;
  }

  copyMessages(ids: readonly string[], mailbox: number, signal?: AbortSignal): Promise<readonly Moved[]> {
    return this.#call("copyMessages", [[...ids], mailbox], signal);
  }

  deleteMessages(ids: readonly string[], signal?: AbortSignal): Promise<readonly Moved[]> {
    return this.#call("deleteMessages", [[...ids]], signal);
  }

  restoreMessages(ids: readonly string[], signal?: AbortSignal): Promise<readonly Moved[]> {
    return this.#call("restoreMessages", [[...ids]], signal);
  }

  emptyMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<number> {
    return this.#call("emptyMailbox", [account, mailbox], signal);
  }

  setRules(account: number, rules: readonly Rule[], signal?: AbortSignal): Promise<void> {
    return this.#call("setRules", [account, rules], signal);
  }

  answerMigration(account: number, choice: Migration, signal?: AbortSignal): Promise<void> {
    return this.#call("answerMigration", [account, choice], signal);
  }

  state(account: number, signal?: AbortSignal): Promise<AccountState> {
    return this.#call("state", [account], signal);
  }

  mailboxes(account: number, signal?: AbortSignal): Promise<readonly Mailbox[]> {
    return this.#call("mailboxes", [account], signal);
  }

  async inbox(account: number, signal?: AbortSignal): Promise<Mailbox> {
    const inbox = (await this.mailboxes(account, signal)).find(({ role }) => role === "inbox");
    if (inbox === undefined) throw new MailError(engineFault("account-gone"));
    return inbox;
  }

  live<Value>(read: (mail: Readings) => Promise<Value>, signal?: AbortSignal): Live<Value> {
    const query = new LiveQuery(read, this, () => this.#live.delete(query), signal);
    if (this.#closing === undefined) this.#live.add(query);
    else query.close();
    return query;
  }

  synchronise(account: number, mailbox: number, signal?: AbortSignal): Promise<void> {
    return this.#call("synchronise", [account, mailbox], signal);
  }

  async list(account: number, mailbox: number, query: ListQuery = {}, signal?: AbortSignal): Promise<MessageList> {
    return JSON.parse(await this.#call("list", [account, mailbox, query], signal)) as MessageList;
  }

  async thread(account: number, thread: number, signal?: AbortSignal): Promise<readonly MessageRow[]> {
    return JSON.parse(await this.#call("thread", [account, thread], signal)) as readonly MessageRow[];
  }

  showMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<void> {
    return this.#call("showMailbox", [account, mailbox], signal);
  }

  loadOlder(account: number, mailbox: number, signal?: AbortSignal): Promise<number> {
    return this.#call("loadOlder", [account, mailbox], signal);
  }

  message(id: string, signal?: AbortSignal): Promise<MessageView> {
    return this.#call("message", [id], signal);
  }

  part(id: string, index: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call("part", [id, index], signal);
  }

  source(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call("source", [id], signal);
  }

  async attachment(id: string, { index, contentType }: Pick<Attachment, "index" | "contentType">, signal?: AbortSignal): Promise<AttachmentBody> {
    const stream = pulled(this.#pieces(await this.#call("openPart", [id, index], signal)));
    return { stream, blob: () => new Response(stream, { headers: { "content-type": contentType } }).blob() };
  }

  async exportMessage(id: string, signal?: AbortSignal): Promise<MessageFile> {
    const { name, stream } = await this.#call("openMessage", [id], signal);
    return { name, stream: pulled(this.#pieces(stream)) };
  }

  async exportMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<MailboxFile> {
    const { name, stream } = await this.#call("openMailbox", [account, mailbox], signal);
    return { name, ...counted(this.#pieces(stream)) };
  }

  usage(signal?: AbortSignal): Promise<readonly AccountUsage[]> {
    return this.#call("usage", [], signal);
  }

  storageEstimate(signal?: AbortSignal): Promise<StorageEstimate | null> {
    return this.#call("storageEstimate", [], signal);
  }

  budget(signal?: AbortSignal): Promise<number | null> {
    return this.#call("budget", [], signal);
  }

  setBudget(octets: number | null, signal?: AbortSignal): Promise<void> {
    return this.#call("setBudget", [octets ?? undefined], signal);
  }

  verify(repair: boolean, signal?: AbortSignal): Promise<Report> {
    return this.#call("verify", [repair], signal);
  }

  changeFlags(ids: readonly string[], add: readonly string[], remove: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#call("changeFlags", [[...ids], [...add], [...remove]], signal);
  }

  syncNow(account: number, signal?: AbortSignal): Promise<void> {
    return this.#call("syncNow", [account], signal);
  }

  waiting(signal?: AbortSignal): Promise<number> {
    return this.#call("waiting", [], signal);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #call<Name extends CallName>(name: Name, args: Parameters<Calls[Name]>, signal?: AbortSignal): Promise<ReturnType<Calls[Name]>> {
    if (this.#over !== undefined) throw new MailError(this.#over);
    return this.#caller.call(name, args, signal);
  }

  #pieces(stream: number): Pieces {
    return { next: () => this.#call("nextChunk", [stream]), close: () => this.#call("closeStream", [stream]) };
  }

  #connect(again: boolean): void {
    try {
      const worker = this.#start();
      this.#worker = worker;
      worker.listen((message) => {
        if (this.#worker === worker) this.#hear(message);
      });
      worker.post({ kind: "open", opening: { ...this.#opening, again } });
    } catch (error) {
      this.#hear({ kind: "refused", error: shapeOf(error) });
    }
  }

  #hear(message: ToPage): void {
    switch (message.kind) {
      case "answer":
        this.#caller.answer(message);
        break;
      case "event":
        this.#tell(message.event);
        break;
      case "alive":
        this.#watch(message.lock);
        break;
      case "refused":
        if (message.error.code === "core-died") this.#died(message.error);
        else this.#refuse(message.error);
        break;
      case "opened":
        this.#answered();
        break;
      case "closed":
      case "broker":
        break;
    }
  }

  /** The Worker has this lock while it lives: it ends without a word where the browser takes its memory. */
  #watch(lock: string): void {
    const { signal } = this.#unwatch;
    hold(this.#locks, lock, signal, () => this.#died(engineFault("core-died"))).catch(() => undefined);
  }

  /** A new Worker goes on from the store. One that dies again and again is not started again. */
  #died(error: ErrorShape): void {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((then) => now - then < deathsMilliseconds), now];
    if (this.#deaths.length > deaths) {
      this.#refuse(error);
      return;
    }
    this.#end();
    this.#connect(true);
    this.#caller.moved();
  }

  #refuse(error: ErrorShape): void {
    this.#over = error;
    for (const account of this.#accounts) this.#tell({ event: "state", account, status: { state: "offline", error, retryAt: null } });
    this.#caller.fail(error);
    // What they read next is this error.
    for (const query of this.#live) query.again();
    this.#end();
    this.#answered();
  }

  #tell(event: MailEvent): void {
    if (this.#closing !== undefined) return;
    if (event.event === "state") this.#accounts.add(event.account);
    for (const query of this.#live) query.hear(event);
    this.dispatchEvent(new CustomEvent(event.event, { detail: event }) satisfies MailEventMap[keyof MailEventMap] | CustomEvent<MailEvent>);
  }

  /** A page that is put aside keeps its Worker, and with it the lock, as if it lived. So the Worker ends; other tabs go on. */
  #sleep(): void {
    this.#end();
  }

  #wake(): void {
    if (this.#closing !== undefined || this.#worker !== undefined) return;
    this.#over = undefined;
    this.#connect(true);
    this.#caller.moved();
  }

  #end(): void {
    this.#unwatch.abort();
    this.#unwatch = new AbortController();
    this.#worker?.close();
    this.#worker = undefined;
  }

  #leavePage(): void {
    this.#page.removeEventListener("pagehide", this.#hidden);
    this.#page.removeEventListener("pageshow", this.#shown);
  }

  async #close(): Promise<void> {
    this.#leavePage();
    for (const query of [...this.#live]) query.close();
    this.#over = fault("closed");
    this.#caller.fail(this.#over);
    const worker = this.#worker;
    if (worker === undefined) return;
    // That it ends now is no death.
    this.#unwatch.abort();
    await new Promise<void>((closed) => {
      const late = setTimeout(closed, closeMilliseconds);
      worker.listen((message) => {
        if (message.kind !== "closed") return;
        // It would keep a process alive.
        clearTimeout(late);
        closed();
      });
      worker.post({ kind: "close" });
    });
    this.#end();
  }
}

/** A core that is busy is not waited for longer; the store is right whenever it ends. */
const closeMilliseconds = 3_000;

/** So many Workers may die within so long before the page says that it can't go on. */
const deaths = 3;
const deathsMilliseconds = 60_000;
