/**
 * A Worker's part: it answers its page, either by itself or, when the Worker of another tab leads, through that one.
 *
 * Each Worker stands for election. The one that holds the lock opens the core that connects and writes; the others read with one of
 * their own, and ask it for the rest. When it is gone the lock goes to another, which opens the core anew: mail is in the store, and what
 * the accounts were signed in with was handed to each Worker before.
 */
import { isTrap, MailError, shapeOf } from "../errors.js";
import { engineFault } from "../engine-faults.js";
import { fault } from "../faults.js";
import type { ErrorShape, MailEvent, StorageState } from "../types.js";
import { Engine, superseded } from "./engine.js";
import { Followers } from "./followers.js";
import { Keyring } from "./keyring.js";
import { Election, hold } from "./leader.js";
import {
  type Answer,
  answeredBy,
  type Call,
  Caller,
  confidential,
  type Opening,
  ownBuffers,
  type Port,
  PROTOCOL,
  type Public,
  type ToFollower,
  type ToLeader,
  type ToPage,
  type ToWorker,
} from "./port.js";
import { Reader } from "./reader.js";
import { type Broker, profileName, type World, workerName } from "./world.js";

type Line = Port<ToFollower, ToLeader>;

type Role =
  /** Nobody is known to lead. */
  | { readonly is: "seeking" }
  | { readonly is: "following"; readonly leader: string; readonly line: Line }
  | { readonly is: "leading"; readonly followers: Followers; engine: Engine | undefined }
  /** This Worker can do no more for its page; the error says why. */
  | { readonly is: "over"; readonly error: ErrorShape };

/** A Worker, seen from its page: takes calls, gives answers and events. */
export class Host {
  readonly #page: Port<ToWorker, ToPage>;
  readonly #world: World;
  readonly #opening: Opening;
  readonly #election: Election;
  readonly #public: Port<Public, Public>;
  /** A line to whoever leads that others could open too; used where there is no other. */
  readonly #channel: Line;
  readonly #caller = new Caller((call) => this.#pass(call));
  readonly #keyring: Keyring;
  readonly #reader: Reader;
  #role: Role = { is: "seeking" };
  #broker: Broker | undefined;
  /** This Worker's end of the line that the leader has opened through the broker. */
  #private: Line | undefined;
  /** Answers and events that the leader has sent here, as far as this Worker knows. */
  #told = 0;
  /** Whose engine answers the page's calls. */
  #answering: string | undefined;
  #opened = false;
  /** The folder that this page has shown last. */
  #shown: readonly [account: number, mailbox: number] | undefined;
  /** What the page was told last of the store. A page that had another Worker before may have been told anything. */
  #storage: StorageState["storage"];
  #living = false;
  #heard = false;
  #silent = 0;
  /** The broker owed something at the last watch already. */
  #owed = false;
  /** A leader has handed over what it was signed in with. */
  #trusted = false;
  /** Watches since a leader is heard to which there is no line by a port. */
  #tries = 0;
  #renewals = 0;
  #stopWatch: (() => void) | undefined;

  constructor(page: Port<ToWorker, ToPage>, world: World, opening: Opening) {
    this.#page = page;
    this.#world = world;
    this.#opening = opening;
    this.#keyring = new Keyring(opening.gatewayToken);
    this.#storage = opening.again ? "unavailable" : "ready";
    const { profile } = opening;
    this.#public = world.channel(profileName(profile));
    this.#channel = world.channel(this.#name);
    this.#reader = new Reader(
      () => world.openReader(opening),
      () => this.#end(engineFault("core-died")),
    );
    this.#election = new Election(world.locks, profileName(profile), {
      elected: () => void this.#lead(),
      deposed: () => void this.#follow(),
      barred: () => this.#end(engineFault("unsupported")),
    });
    this.#public.listen((message) => this.#overhear(message));
    this.#channel.listen((message) => this.#hear(message, this.#channel));
    // Its own lock first: by it the page and the others know that this Worker lives. It ends with the Worker only.
    hold(world.locks, this.#name, new AbortController().signal, () => this.#begin()).catch(() => this.#end(engineFault("unsupported")));
  }

  /** Makes a call for the page and posts what comes of it. */
  ask(call: Call): void {
    if (call.name === "showMailbox" || call.name === "synchronise") this.#shown = call.args as [number, number];
    this.#answer(call).then(
      (value) => this.#page.post({ kind: "answer", id: call.id, value }, ownBuffers(value)),
      (error: unknown) => this.#page.post({ kind: "answer", id: call.id, error: shapeOf(error) }),
    );
  }

  /** A broker is there, for the first time or in place of one that has gone. */
  meet(broker: Broker): void {
    this.#broker?.close();
    this.#broker = broker;
    this.#owed = false;
    if (this.#role.is === "over") broker.close();
    else if (this.#living) this.#join(broker);
    if (this.#role.is === "leading") this.#role.followers.broker = broker;
    else if (this.#living) this.#seek();
  }

  /** Something was thrown in this Worker outside of any call. */
  crashed(thrown: unknown): void {
    const engine = this.#role.is === "leading" ? this.#role.engine : undefined;
    if (engine !== undefined) engine.crashed(thrown);
    else if (isTrap(thrown)) this.#end(engineFault("core-died"));
  }

  /** Closes the core if it is here, and lets another Worker lead. */
  async close(): Promise<void> {
    await this.#stop(fault("closed"));
  }

  get #name(): string {
    return workerName(this.#opening.profile, this.#world.id);
  }

  #begin(): void {
    this.#living = true;
    this.#page.post({ kind: "alive", lock: this.#name });
    this.#forgetStorage();
    if (this.#broker !== undefined) this.#join(this.#broker);
    this.#election.stand();
    this.#seek();
    this.#stopWatch = this.#world.every(watchMilliseconds, () => this.#watch());
  }

  #join(broker: Broker): void {
    broker.join(this.#name, (line) => {
      this.#private?.close();
      this.#private = line;
      line.listen((message) => this.#hear(message, line));
    });
  }

  /** Asks who leads, and for a line: by a port, and every other time by a channel, should no port come. */
  #seek(): void {
    const port = this.#broker !== undefined && (this.#isPrivate || this.#tries % 2 === 0);
    this.#public.post({ kind: "who", from: this.#world.id, by: port ? "port" : "channel" });
  }

  /** Makes sure of the leader: one that says nothing is in a frozen page, or dead in a way that the browser has not noticed. */
  #watch(): void {
    this.#watchBroker();
    const role = this.#role;
    if (role.is !== "seeking" && role.is !== "following") return;
    this.#silent = this.#heard ? 0 : this.#silent + 1;
    this.#heard = false;
    // One that can't sign the accounts in leaves the lead to one that can, if there is any.
    const patience = this.#trusted || this.#broker === undefined ? silentWatches : 2 * silentWatches;
    if (this.#silent >= patience) this.#takeOver();
    else if (role.is === "following" && this.#silent === 0 && (this.#isPrivate || this.#broker === undefined)) role.line.post({ kind: "ping" });
    else this.#seek();
    if (role.is === "seeking") this.#readAlone();
  }

  /** The broker is gone with the process that ran it if it owes an answer, or if a leader that lives was asked for a port and none came. */
  #watchBroker(): void {
    if (this.#broker === undefined) return;
    const owes = this.#broker.owes;
    const misses = this.#role.is !== "leading" && !this.#isPrivate && this.#heard;
    if (((owes && this.#owed) || (misses && this.#tries % 2 === 0)) && this.#renewals < renewals) {
      this.#renewals += 1;
      this.#page.post({ kind: "broker" });
    }
    this.#owed = owes;
    this.#tries = misses ? this.#tries + 1 : 0;
  }

  /** Whether the line to the leader is one that nobody else can open. */
  get #isPrivate(): boolean {
    return this.#role.is === "following" && this.#role.line === this.#private;
  }

  #takeOver(): void {
    this.#silent = 0;
    this.#lose();
    this.#election.steal();
  }

  /** Whoever led does so no more, as far as this Worker knows. */
  #lose(): void {
    this.#role = { is: "seeking" };
    // The next one answers anew, also where it is the same: it may be this Worker, with another engine.
    this.#answering = undefined;
    this.#forgetStorage();
  }

  /** What one leader met when it used the store says nothing of the next, which tells only what it meets itself. */
  #forgetStorage(): void {
    if (this.#storage !== "ready") this.#tell({ event: "storage", storage: "ready" });
  }

  /** Nobody leads, and the page waits: what is stored can be shown. */
  #readAlone(): void {
    if (!this.#opened) this.#reader.ready().then(() => this.#open()).catch(() => this.#reader.retry());
  }

  #overhear(message: Public): void {
    const role = this.#role;
    if (message.kind === "who") {
      if (role.is !== "leading") return;
      role.followers.greet(message.from, message.by);
      this.#public.post({ kind: "leads", leader: this.#world.id });
    } else if (role.is === "seeking" || role.is === "following") {
      this.#heard = true;
      if (role.is === "following" && role.leader !== message.leader) this.#lose();
      if (this.#role !== role || message.kind === "elected") this.#seek();
    }
  }

  #hear(message: ToFollower, line: Line): void {
    this.#heard = true;
    if (message.kind === "answer" || message.kind === "event") this.#told += 1;
    // The last answers of a leader that has gone can come when this Worker leads already; they count.
    if (message.kind === "answer") this.#caller.answer(message);
    if (this.#role.is === "over" || this.#role.is === "leading" || message.kind === "answer") return;
    if (message.kind === "event") this.#tell(message.event);
    else if (message.kind === "secrets") {
      this.#trusted = true;
      this.#keyring.replace(message.secrets);
    }
    else if (message.protocol !== PROTOCOL) this.#end(engineFault("other-version"));
    else if (message.ready) {
      const moved = this.#role.is === "following" && this.#role.line !== line;
      const missed = this.#told !== message.told;
      this.#told = message.told;
      this.#role = { is: "following", leader: message.leader, line };
      if (this.#answering === message.leader && (moved || missed)) {
        this.#caller.moved();
        if (missed) void this.#tellAll();
      }
      this.#answeredBy(message.leader);
      // So that it is there when it is needed, and a Worker that is elected has loaded the core already.
      this.#reader.ready().catch(() => this.#reader.retry());
    }
  }

  async #lead(): Promise<void> {
    const followers = new Followers(this.#world, this.#opening.profile, (call, answer) => this.#serve(role, call, answer));
    const role: Role & { is: "leading" } = { is: "leading", followers, engine: undefined };
    followers.broker = this.#broker;
    // At once, for what it gives a Worker takes the place of what that one has, and this one may be gone before the core is open.
    followers.handOver(this.#keyring.secrets);
    this.#lose();
    this.#role = role;
    this.#silent = 0;
    this.#public.post({ kind: "elected", leader: this.#world.id });
    const listener = (event: MailEvent): void => {
      if (this.#role !== role) return;
      if (errorOf(event)?.code === superseded) {
        this.#stepDown(role);
        return;
      }
      followers.tell(event);
      this.#tell(event);
    };
    try {
      const core = await this.#world.openCore({ ...this.#opening, gatewayToken: this.#keyring.secrets.gatewayToken }, listener);
      const engine = new Engine(core, { trapped: () => this.#end(engineFault("core-died")), superseded: () => this.#stepDown(role) });
      await this.#resume(engine);
      if (this.#role !== role) {
        await engine.close();
        return;
      }
      role.engine = engine;
      followers.handOver(this.#keyring.secrets);
      followers.ready();
      this.#answeredBy(this.#world.id);
      this.#reader.close();
    } catch (error) {
      if (this.#role === role) this.#end(shapeOf(error));
    }
  }

  /** Signs in again to what the engine before was signed in to. It connects later: here the accounts are only taken up. */
  async #resume(engine: Engine): Promise<void> {
    for (const [account, credential] of this.#keyring.secrets.credentials) {
      await engine.resume(account, credential).catch((error: unknown) => {
        // An account that is not here any more; whatever else fails, its state or the next call tells.
        if (shapeOf(error).code === "account-not-found") this.#keyring.drop(account);
      });
    }
  }

  /** Carries out a call as the leader, and keeps what it says of credentials. */
  #serve(role: Role & { is: "leading" }, call: Call, answer: (answer: Answer) => void): boolean {
    const { engine, followers } = role;
    engine?.serve(call, (outcome) => {
      if (this.#role === role && this.#keyring.learn(call, outcome)) followers.handOver(this.#keyring.secrets);
      answer(outcome);
    });
    return engine !== undefined;
  }

  /** The lead was taken away: the core must go at once, for another one is open on the same store. */
  async #follow(): Promise<void> {
    const role = this.#role;
    if (role.is !== "leading") return;
    this.#lose();
    role.followers.close();
    this.#seek();
    await role.engine?.close().catch(() => undefined);
  }

  /** The store is another's, though nobody has taken the lock yet. */
  #stepDown(role: Role): void {
    if (this.#role !== role) return;
    void this.#follow();
    this.#election.yield();
  }

  /** Answers a call of the page: by reading, if that is enough. */
  async #answer(call: Call): Promise<unknown> {
    const role = this.#role;
    const leads = role.is === "leading" && role.engine !== undefined;
    if (!leads && role.is !== "over" && answeredBy[call.name] === "read") {
      const answer = await this.#reader.answer(call);
      if (answer !== undefined && "value" in answer) return answer.value;
      if (answer !== undefined) throw new MailError(answer.error);
    }
    return this.#caller.call(call.name, call.args as never);
  }

  /** Passes a call to whoever answers now. */
  #pass(call: Call): boolean {
    const role = this.#role;
    switch (role.is) {
      case "seeking":
        return false;
      case "following":
        if (confidential.has(call.name) && role.line !== this.#private) {
          // No line to the leader that nobody else could open: so this Worker takes the lead, and the secret stays here.
          this.#takeOver();
          return false;
        }
        role.line.post({ ...call, to: role.leader });
        return true;
      case "leading":
        return this.#serve(role, call, (answer) => this.#caller.answer(answer));
      case "over":
        // The page starts another Worker in a moment, which can be asked.
        if (role.error.code === "core-died") return false;
        queueMicrotask(() => this.#caller.answer({ kind: "answer", id: call.id, error: role.error }));
        return true;
    }
  }

  #answeredBy(leader: string): void {
    if (this.#answering === leader) return;
    const first = !this.#opened;
    this.#answering = leader;
    this.#reader.retry();
    this.#caller.moved();
    this.#open();
    if (!first || this.#opening.again) void this.#tellAll();
  }

  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#page.post({ kind: "opened" });
  }

  /** Another engine answers, and knows nothing of what the page was told: the page reads everything again. */
  async #tellAll(): Promise<void> {
    const leader = this.#answering;
    try {
      const accounts = await this.#caller.call("accounts", []);
      this.#tell({ event: "change", type: "accounts" });
      for (const { id: account } of accounts) {
        const status = await this.#caller.call("state", [account]);
        if (this.#answering !== leader) return;
        this.#tell({ event: "state", account, status });
        this.#tell({ event: "change", type: "mailboxes", account });
        for (const { id: mailbox } of await this.#caller.call("mailboxes", [account])) {
          this.#tell({ event: "change", type: "messages", account, mailbox });
        }
      }
      if (this.#shown !== undefined) await this.#caller.call("showMailbox", [...this.#shown]);
    } catch (error) {
      // The next call of the page meets the same error and shows it.
      if (!(error instanceof MailError)) throw error;
    }
  }

  #tell(event: MailEvent): void {
    if (event.event === "storage") this.#storage = event.storage;
    if (this.#role.is !== "over") this.#page.post({ kind: "event", event });
  }

  /** Ends this Worker's part because of an error; the page hears of it, and another tab may lead. */
  #end(error: ErrorShape): void {
    if (this.#role.is === "over") return;
    // Last of all, for the page ends its Worker when it hears this.
    void this.#stop(error).then(() => this.#page.post({ kind: "refused", error }));
  }

  async #stop(error: ErrorShape): Promise<void> {
    const role = this.#role;
    if (role.is === "over") return;
    this.#role = { is: "over", error };
    this.#stopWatch?.();
    this.#caller.fail(error);
    this.#reader.close();
    this.#keyring.clear();
    if (role.is === "leading") {
      // Where the core closes badly there is nothing left to do.
      await role.engine?.close().catch(() => undefined);
    }
    // A call that killed this core must not be made again by the next, so its answer goes out before the lock and before the page hears.
    if (error.code === "core-died") await this.#world.delivered();
    if (role.is === "leading") role.followers.close();
    this.#public.close();
    this.#channel.close();
    this.#private?.close();
    this.#broker?.close();
    this.#election.resign();
  }
}

/** What is wrong with an account or with the store. */
function errorOf(event: MailEvent): ErrorShape | undefined {
  if (event.event === "storage") return "error" in event ? event.error : undefined;
  return event.event === "state" && event.status.state === "offline" ? event.status.error : undefined;
}

/** How often a Worker that does not lead makes sure that one does. */
const watchMilliseconds = 1_000;

/** After so many watches without a word the lead is taken: 3 seconds after the last one. Watches, so that a machine that slept does not count as silence. */
const silentWatches = 2;

/** A broker that can't be started at all is not asked for without end. */
const renewals = 3;
