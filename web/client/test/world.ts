/** A browser in memory: tabs with Workers, locks, channels and a core that only notes what it is asked. Time is moved by hand. */
import { MailError } from "../src/errors.js";
import { engineFault } from "../src/engine-faults.js";
import { Session } from "../src/session.js";
import type { Account, AccountSettings, LedgerPage, Mailbox, MailEvent, Moved, Pop3Settings, Report, Tally } from "../src/types.js";
import type { Core } from "../src/worker/core.js";
import { Host } from "../src/worker/host.js";
import type { Locks } from "../src/worker/leader.js";
import type { CallName, OpenedFile, Opening, Port, ToFollower, ToLeader, ToPage, ToWorker } from "../src/worker/port.js";
import type { Broker, World } from "../src/worker/world.js";

/** Lets everything happen that is under way. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

interface Request {
  readonly owner: string;
  readonly grant: () => void;
  readonly take: () => void;
}

const made: Mailbox = { id: 9, name: "Own", delimiter: "/", role: null, selectable: true, uidvalidity: 1, total: 0, unseen: 0, flagged: 0, syncedAt: null };

/** What a POP3 account does by itself, if nothing else was chosen. */
export const byItself: Pop3Settings = {
  removal: { afterDownload: false, afterDays: null, whenDeleted: false, whenMoved: false },
  download: { kind: "whole" },
  skipAbove: null,
  perCheck: null,
  newestFirst: false,
  interval: 300,
  acceptsEviction: false,
};

/** Web Locks: exclusive ones, with signal and steal. */
export class FakeLocks {
  readonly #queues = new Map<string, Request[]>();

  of(owner: string): Locks {
    return { request: (name, options, held) => this.#request(owner, name, options, held) };
  }

  holder(name: string): string | undefined {
    return this.#queues.get(name)?.[0]?.owner;
  }

  /** The browser gives on what a Worker held that is gone. */
  forget(owner: string): void {
    for (const [name, queue] of this.#queues) this.#keep(name, queue.filter((request) => request.owner !== owner));
  }

  #request(owner: string, name: string, options: Parameters<Locks["request"]>[1], held: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(new DOMException("aborted", "AbortError"));
      const leave = (): void => this.#keep(name, (this.#queues.get(name) ?? []).filter((other) => other !== request));
      let granted = false;
      const request: Request = {
        owner,
        grant: () => {
          granted = true;
          void held().then(() => {
            leave();
            resolve();
          }, reject);
        },
        take: aborted,
      };
      const queue = this.#queues.get(name) ?? [];
      if ("steal" in options) {
        queue[0]?.take();
        this.#keep(name, [request, ...queue.slice(1)]);
        return;
      }
      if (options.signal.aborted) {
        aborted();
        return;
      }
      options.signal.addEventListener("abort", () => {
        if (granted) return;
        leave();
        aborted();
      });
      this.#keep(name, [...queue, request]);
    });
  }

  #keep(name: string, next: Request[]): void {
    const before = this.#queues.get(name)?.[0];
    this.#queues.set(name, next);
    const first = next[0];
    if (first !== undefined && first !== before) queueMicrotask(() => first.grant());
  }
}

interface Line {
  readonly owner: string;
  hear: (message: unknown) => void;
}

/** BroadcastChannel: all lines of a name hear what one says, except itself. */
export class FakeChannels {
  readonly #lines = new Map<string, Set<Line>>();
  /** Everything said, with the name of its channel. */
  readonly said: { readonly name: string; readonly message: unknown }[] = [];
  readonly silent = new Set<string>();

  open<In, Out>(owner: string, name: string): Port<In, Out> {
    const lines = this.#lines.get(name) ?? new Set();
    this.#lines.set(name, lines);
    const line: Line = { owner, hear: () => undefined };
    lines.add(line);
    return {
      post: (message) => {
        if (!lines.has(line)) throw new DOMException("closed", "InvalidStateError");
        this.said.push({ name, message });
        const copy = structuredClone(message);
        for (const other of lines) {
          if (other === line || this.silent.has(other.owner)) continue;
          setImmediate(() => {
            if (lines.has(other)) other.hear(copy);
          });
        }
      },
      listen: (hear) => {
        line.hear = hear as (message: unknown) => void;
      },
      close: () => void lines.delete(line),
    };
  }

  forget(owner: string): void {
    for (const lines of this.#lines.values()) for (const line of lines) if (line.owner === owner) lines.delete(line);
  }

  get size(): number {
    return [...this.#lines.values()].reduce((sum, lines) => sum + lines.size, 0);
  }
}

/** SharedWorkers: a line reaches the Worker that has joined by its name. */
export class FakeBroker {
  /** Everything said on its lines. */
  readonly said: unknown[] = [];
  /** As when its process is gone: what is asked has no answer. */
  dead = false;
  readonly #frozen: ReadonlySet<string>;
  readonly #members = new Map<string, { readonly owner: string; readonly reached: (line: Port<ToFollower, ToLeader>) => void }>();
  readonly #lines = new Set<{ readonly owners: readonly string[]; close: () => void }>();

  constructor(frozen: ReadonlySet<string>) {
    this.#frozen = frozen;
  }

  of(owner: string): Broker {
    let owes = false;
    const lives = (): boolean => {
      owes ||= this.dead;
      return !this.dead;
    };
    return {
      join: (name, reached) => {
        if (lives()) this.#members.set(name, { owner, reached });
      },
      reach: (name) => {
        const member = lives() ? this.#members.get(name) : undefined;
        const [here, there] = this.#pair(owner, member?.owner ?? "nobody");
        if (member !== undefined) setImmediate(() => member.reached(there));
        return here;
      },
      get owes() {
        return owes;
      },
      close: () => undefined,
    };
  }

  forget(owner: string): void {
    for (const [name, member] of this.#members) if (member.owner === owner) this.#members.delete(name);
    for (const line of this.#lines) if (line.owners.includes(owner)) line.close();
  }

  /** Ends of lines that are open. */
  get size(): number {
    return this.#lines.size;
  }

  #pair(one: string, other: string): [Port<ToLeader, ToFollower>, Port<ToFollower, ToLeader>] {
    const hear: ((message: unknown) => void)[] = [];
    const early: unknown[][] = [[], []];
    const line = { owners: [one, other], close: () => void this.#lines.delete(line) };
    this.#lines.add(line);
    const end = <In, Out>(mine: number, owner: string): Port<In, Out> => ({
      post: (message) => {
        if (this.dead) return;
        this.said.push(message);
        const copy = structuredClone(message);
        setImmediate(() => {
          if (!this.#lines.has(line) || this.#frozen.has(owner)) return;
          const listener = hear[1 - mine];
          if (listener === undefined) early[1 - mine]?.push(copy);
          else listener(copy);
        });
      },
      listen: (listener) => {
        hear[mine] = listener as (message: unknown) => void;
        for (const message of early[mine]?.splice(0) ?? []) listener(message as In);
      },
      close: line.close,
    });
    return [end(0, other), end(1, one)];
  }
}

/** What all tabs store together. */
export interface Disk {
  readonly accounts: Account[];
  /** Cores that were opened to lead, and those of them that are open. */
  opened: number;
  open: number;
  /** Cores that are open to read. */
  reading: number;
}

/** A core that answers what a test says, and notes each call. */
export class FakeCore implements Core {
  readonly calls: { readonly name: CallName; readonly args: readonly unknown[] }[] = [];
  readonly answers = new Map<CallName, () => unknown>();
  readonly signedIn = new Set<number>();
  /** What the core before was signed in with, as it was given to this one. */
  readonly resumed: (readonly [account: number, password: string])[] = [];
  /** What streams give, all together. */
  readonly pieces: Uint8Array[] = [];
  closed = false;
  readonly tell: (event: MailEvent) => void;
  readonly #disk: Disk;
  readonly #kind: "open" | "reading";

  constructor(disk: Disk, kind: "open" | "reading", tell: (event: MailEvent) => void) {
    this.#disk = disk;
    this.#kind = kind;
    this.tell = tell;
    if (kind === "open") disk.opened += 1;
    disk[kind] += 1;
  }

  accounts(): Promise<readonly Account[]> {
    return this.#later("accounts", [], [...this.#disk.accounts]);
  }
  async addAccount(settings: AccountSettings, password: string): Promise<Account> {
    const account = await this.#later("addAccount", [settings, password], { ...settings, pop3: { ...byItself, ...(settings.pop3 as Partial<Pop3Settings>) }, rules: [], notices: [], migration: null, id: this.#disk.accounts.length + 1 });
    this.#disk.accounts.push(account);
    this.signedIn.add(account.id);
    this.tell({ event: "change", type: "accounts" });
    return account;
  }
  findAccount(settings: AccountSettings): Promise<Account | null> {
    const known = this.#disk.accounts.find(({ host, username }) => host === settings.host && username === settings.username);
    return this.#later("findAccount", [settings], known ?? null);
  }
  async signIn(account: number, password: string): Promise<void> {
    await this.#later("signIn", [account, password], undefined);
    this.signedIn.add(account);
  }
  resume(account: number, password: string): Promise<void> {
    this.resumed.push([account, password]);
    if (!this.#disk.accounts.some(({ id }) => id === account)) return Promise.reject(new MailError({ ...engineFault("internal"), code: "account-not-found" }));
    this.signedIn.add(account);
    return Promise.resolve();
  }
  signOut(account: number): Promise<void> {
    return this.#later("signOut", [account], undefined);
  }
  removeAccount(account: number): Promise<void> {
    return this.#later("removeAccount", [account], undefined);
  }
  setGatewayToken(token: string): void {
    this.#note("setGatewayToken", [token], undefined);
  }
  setPop3(account: number, settings: unknown): Promise<void> {
    return this.#later("setPop3", [account, settings], undefined);
  }
  ledger(account: number, query: unknown): Promise<LedgerPage> {
    return this.#later("ledger", [account, query], { total: 0, entries: [] });
  }
  loadFromServer(...args: readonly unknown[]): Promise<void> {
    return this.#later("loadFromServer", args, undefined);
  }
  deleteOnServer(...args: readonly unknown[]): Promise<void> {
    return this.#later("deleteOnServer", args, undefined);
  }
  createMailbox(...args: readonly unknown[]): Promise<Mailbox> {
    return this.#later("createMailbox", args, made);
  }
  renameMailbox(...args: readonly unknown[]): Promise<void> {
    return this.#later("renameMailbox", args, undefined);
  }
  deleteMailbox(...args: readonly unknown[]): Promise<void> {
    return this.#later("deleteMailbox", args, undefined);
  }
  moveMessages(...args: readonly unknown[]): Promise<readonly Moved[]> {
    return this.#later("moveMessages", args, []);
  }
  copyMessages(...args: readonly unknown[]): Promise<readonly Moved[]> {
    return this.#later("copyMessages", args, []);
  }
  deleteMessages(...args: readonly unknown[]): Promise<readonly Moved[]> {
    return this.#later("deleteMessages", args, []);
  }
  restoreMessages(...args: readonly unknown[]): Promise<readonly Moved[]> {
    return this.#later("restoreMessages", args, []);
  }
  emptyMailbox(...args: readonly unknown[]): Promise<number> {
    return this.#later("emptyMailbox", args, 0);
  }
  setRules(...args: readonly unknown[]): Promise<void> {
    return this.#later("setRules", args, undefined);
  }
  answerMigration(...args: readonly unknown[]): Promise<void> {
    return this.#later("answerMigration", args, undefined);
  }
  state(account: number): { state: "online" } | { state: "signed-out" } {
    return this.#note("state", [account], { state: this.signedIn.has(account) ? "online" : "signed-out" });
  }
  mailboxes(account: number): Promise<readonly never[]> {
    return this.#later("mailboxes", [account], [{ id: 7 } as never]);
  }
  list(...args: readonly unknown[]): Promise<string> {
    return this.#later("list", args, '{"rows":[{"id":"a"}],"total":7,"next":null}');
  }
  thread(...args: readonly unknown[]): Promise<string> {
    return this.#later("thread", args, '[{"id":"a"}]');
  }
  synchronise(...args: readonly unknown[]): Promise<void> {
    return this.#later("synchronise", args, undefined);
  }
  showMailbox(...args: readonly unknown[]): Promise<void> {
    return this.#later("showMailbox", args, undefined);
  }
  loadOlder(...args: readonly unknown[]): Promise<number> {
    return this.#later("loadOlder", args, 3);
  }
  message(id: string): Promise<never> {
    return this.#later("message", [id], { subject: `Subject of ${id}` } as never);
  }
  part(...args: readonly unknown[]): Promise<Uint8Array> {
    return this.#later("part", args, Uint8Array.of(1, 2));
  }
  source(id: string): Promise<Uint8Array> {
    return this.#later("source", [id], Uint8Array.of(1, 2, 3));
  }
  openPart(...args: readonly unknown[]): Promise<number> {
    return this.#later("openPart", args, 41);
  }
  openMessage(...args: readonly unknown[]): Promise<OpenedFile> {
    return this.#later("openMessage", args, { name: "One.eml", stream: 42 });
  }
  openMailbox(...args: readonly unknown[]): Promise<OpenedFile> {
    return this.#later("openMailbox", args, { name: "INBOX.mbox", stream: 43 });
  }
  nextChunk(...args: readonly unknown[]): Promise<Uint8Array | null> {
    return this.#later("nextChunk", args, this.pieces.shift() ?? null);
  }
  closeStream(...args: readonly unknown[]): Promise<Tally | null> {
    return this.#later("closeStream", args, args[0] === 43 ? { written: 2, leftOut: 1, damaged: 0 } : null);
  }
  usage(): Promise<readonly never[]> {
    return this.#later("usage", [], []);
  }
  storageEstimate(): Promise<null> {
    return this.#later("storageEstimate", [], null);
  }
  budget(): Promise<number | null> {
    return this.#later("budget", [], null);
  }
  setBudget(...args: readonly unknown[]): Promise<void> {
    return this.#later("setBudget", args, undefined);
  }
  verify(...args: readonly unknown[]): Promise<Report> {
    return this.#later("verify", args, { checked: 3, problems: [], more: 0 });
  }
  changeFlags(...args: readonly unknown[]): Promise<void> {
    return this.#later("changeFlags", args, undefined);
  }
  syncNow(account: number): void {
    this.#note("syncNow", [account], undefined);
  }
  waiting(): Promise<number> {
    return this.#later("waiting", [], 0);
  }
  close(): Promise<void> {
    if (!this.closed) this.#disk[this.#kind] -= 1;
    this.closed = true;
    return Promise.resolve();
  }

  #later<Value>(name: CallName, args: readonly unknown[], value: Value): Promise<Value> {
    return new Promise((resolve) => resolve(this.#note(name, args, value)));
  }

  #note<Value>(name: CallName, args: readonly unknown[], value: Value): Value {
    this.calls.push({ name, args });
    const answer = this.answers.get(name);
    return answer === undefined ? value : (answer() as Value);
  }
}

/** A tab: its page's session and whichever Worker it has now. */
export interface Tab {
  readonly session: Session;
  readonly page: EventTarget;
  readonly events: MailEvent[];
  readonly worker: () => FakeWorker;
  /** The page and its Worker are gone, as when a tab is closed. */
  vanish(): void;
}

export interface FakeWorker {
  readonly id: string;
  host: Host | undefined;
  /** The core that leads or has led. */
  core: FakeCore | undefined;
  /** The core that reads. */
  reader: FakeCore | undefined;
  readonly tick: () => void;
  readonly terminated: boolean;
}

export class Browser {
  readonly locks = new FakeLocks();
  readonly channels = new FakeChannels();
  /** Undefined as in a browser without SharedWorkers. */
  broker: FakeBroker | undefined = new FakeBroker(this.channels.silent);
  readonly disk: Disk = { accounts: [], opened: 0, open: 0, reading: 0 };
  readonly workers: FakeWorker[] = [];
  #pages = 0;
  /** What a core does when it is opened, in place of nothing. */
  openCore: (opening: Opening) => Promise<void> = () => Promise.resolve();
  /** The same for a core that reads. */
  openReader: () => Promise<void> = () => Promise.resolve();

  /** Opens a tab; its promise settles as `open` of the package does. */
  async tab(profile = "default", page = new EventTarget(), gatewayToken?: string): Promise<Tab> {
    const events: MailEvent[] = [];
    const owner = `page-${(this.#pages += 1)}`;
    let worker: FakeWorker | undefined;
    const start = (): Port<ToPage, ToWorker> => {
      const [port, started] = this.#startWorker();
      worker = started;
      return port;
    };
    const session = await Session.open(start, { profile, gateway: "ws://here/tunnel", gatewayToken, wasm: "http://here/waypost.wasm", again: false }, { page, locks: this.locks.of(owner) });
    for (const name of ["change", "state", "storage"] as const) session.addEventListener(name, ({ detail }) => events.push(detail));
    const current = (): FakeWorker => {
      if (worker === undefined) throw new Error("no Worker was started");
      return worker;
    };
    const vanish = (): void => {
      this.locks.forget(owner);
      this.kill(current().id);
    };
    return { session, page, events, worker: current, vanish };
  }

  /** Ends a Worker as the browser does: at once, without a word. */
  kill(id: string): void {
    const worker = this.workers.find((other) => other.id === id) as { core?: FakeCore; reader?: FakeCore; terminated: boolean } | undefined;
    if (worker === undefined || worker.terminated) return;
    worker.terminated = true;
    void worker.core?.close();
    void worker.reader?.close();
    this.broker?.forget(id);
    this.channels.forget(id);
    this.locks.forget(id);
  }

  #startWorker(): [Port<ToPage, ToWorker>, FakeWorker] {
    const id = `worker-${this.workers.length + 1}`;
    const tasks = new Set<() => void>();
    const worker = { id, host: undefined as Host | undefined, core: undefined as FakeCore | undefined, reader: undefined as FakeCore | undefined, terminated: false, tick: () => tasks.forEach((task) => task()) };
    this.workers.push(worker);
    const heard = new Set<(message: ToPage) => void>();
    const meet = (): void => {
      if (this.broker !== undefined) worker.host?.meet(this.broker.of(id));
    };
    const page: Port<ToWorker, ToPage> = {
      post: (message) => {
        if (message.kind === "broker") setImmediate(meet);
        const copy = structuredClone(message);
        setImmediate(() => {
          if (!worker.terminated) heard.forEach((hear) => hear(copy));
        });
      },
      listen: () => undefined,
      close: () => this.kill(id),
    };
    const world = this.#world(worker, tasks);
    const hear = (message: ToWorker): void => {
      if (worker.terminated) return;
      if (message.kind === "open") {
        worker.host = new Host(page, world, message.opening);
        meet();
      } else if (message.kind === "broker") throw new Error("ports do not cross here");
      else if (message.kind === "call") worker.host?.ask(message);
      else void worker.host?.close().then(() => page.post({ kind: "closed" }));
    };
    const port: Port<ToPage, ToWorker> = {
      post: (message) => {
        const copy = structuredClone(message);
        setImmediate(() => hear(copy));
      },
      listen: (listener) => void heard.add(listener),
      close: () => this.kill(id),
    };
    return [port, worker];
  }

  #world(worker: { readonly id: string; core: FakeCore | undefined; reader: FakeCore | undefined }, tasks: Set<() => void>): World {
    return {
      id: worker.id,
      locks: this.locks.of(worker.id),
      channel: (name) => this.channels.open(worker.id, name),
      openCore: async (opening, listener) => {
        await this.openCore(opening);
        worker.core = new FakeCore(this.disk, "open", listener);
        return worker.core;
      },
      openReader: async () => {
        await this.openReader();
        worker.reader = new FakeCore(this.disk, "reading", () => undefined);
        return worker.reader;
      },
      delivered: settle,
      every: (_milliseconds, task) => {
        tasks.add(task);
        return () => void tasks.delete(task);
      },
    };
  }
}
