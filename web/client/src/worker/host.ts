/**
 * A Worker's part: it answers its page, either with its own core or, when the Worker of another tab leads, through that one.
 *
 * Each Worker stands for election. The one that holds the lock opens the core; the others ask it. When it is gone the lock
 * goes to another, which opens the core anew: stored mail is there, passwords are not, for they lived in the old one's memory.
 */
import { MailError, shapeOf } from "../errors.js";
import { fault } from "../faults.js";
import type { ErrorShape, MailEvent } from "../types.js";
import { Engine } from "./engine.js";
import { Followers } from "./followers.js";
import { Election, hold } from "./leader.js";
import { type Call, Caller, type Opening, ownBuffers, type Port, PROTOCOL, type Public, type ToFollower, type ToLeader, type ToPage, type ToWorker } from "./port.js";
import { profileName, type World, workerName } from "./world.js";

type Role =
  /** Nobody is known to lead. */
  | { readonly is: "seeking" }
  | { readonly is: "following"; readonly leader: string }
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
  readonly #line: Port<ToFollower, ToLeader>;
  readonly #leave = new AbortController();
  readonly #caller = new Caller((call) => this.#pass(call));
  readonly #accounts = new Set<number>();
  #role: Role = { is: "seeking" };
  /** Whose engine answers the page's calls. */
  #answering: string | undefined;
  #heard = false;
  #silent = 0;
  #stopWatch: (() => void) | undefined;

  constructor(page: Port<ToWorker, ToPage>, world: World, opening: Opening) {
    this.#page = page;
    this.#world = world;
    this.#opening = opening;
    const { profile } = opening;
    this.#public = world.channel(profileName(profile));
    this.#line = world.channel(workerName(profile, world.id));
    this.#election = new Election(world.locks, profileName(profile), {
      elected: () => void this.#lead(),
      deposed: () => void this.#follow(),
      barred: () => this.#end(fault("unsupported")),
    });
    this.#public.listen((message) => this.#overhear(message));
    this.#line.listen((message) => this.#hear(message));
    // Its own lock first: by it the leader knows that this Worker lives.
    hold(world.locks, workerName(profile, world.id), this.#leave.signal, () => this.#begin()).catch(() => this.#end(fault("unsupported")));
  }

  /** Makes a call for the page and posts what comes of it. */
  ask(call: Call): void {
    this.#caller.call(call.name, call.args as never).then(
      (value) => this.#page.post({ kind: "answer", id: call.id, value }, ownBuffers(value)),
      (error: unknown) => this.#page.post({ kind: "answer", id: call.id, error: shapeOf(error) }),
    );
  }

  /** Something was thrown in this Worker outside of any call. */
  crashed(thrown: unknown): void {
    if (this.#role.is === "leading") this.#role.engine?.crashed(thrown);
  }

  /** Closes the core if it is here, and lets another Worker lead. */
  async close(): Promise<void> {
    await this.#stop(fault("closed"));
  }

  #begin(): void {
    this.#election.stand();
    this.#seek();
    this.#stopWatch = this.#world.every(watchMilliseconds, () => this.#watch());
  }

  #seek(): void {
    this.#public.post({ kind: "who", from: this.#world.id });
  }

  /** A leader that answers nothing for some while is in a frozen page, or dead in a way that the browser has not noticed. */
  #watch(): void {
    if (this.#role.is !== "seeking" && this.#role.is !== "following") return;
    this.#silent = this.#heard ? 0 : this.#silent + 1;
    this.#heard = false;
    if (this.#silent > silentWatches) {
      this.#silent = 0;
      this.#election.steal();
    } else this.#seek();
  }

  #overhear(message: Public): void {
    if (message.kind === "who") {
      if (this.#role.is === "leading") this.#role.followers.greet(message.from);
    } else if (this.#role.is === "seeking" || this.#role.is === "following") {
      if (this.#role.is === "following" && this.#role.leader !== message.leader) this.#role = { is: "seeking" };
      this.#heard = true;
      this.#seek();
    }
  }

  #hear(message: ToFollower): void {
    this.#heard = true;
    // The last answers of a leader that has gone can come when this Worker leads already; they count.
    if (message.kind === "answer") this.#caller.answer(message);
    if (this.#role.is === "over" || this.#role.is === "leading" || message.kind === "answer") return;
    if (message.kind === "event") this.#tell(message.event);
    else if (message.protocol !== PROTOCOL) this.#end(fault("other-version"));
    else if (message.ready) {
      this.#role = { is: "following", leader: message.leader };
      this.#answeredBy(message.leader);
    }
  }

  async #lead(): Promise<void> {
    const followers: Followers = new Followers(this.#world, this.#opening.profile, (call, answer) => role.engine?.serve(call, answer));
    const role: Role & { is: "leading" } = { is: "leading", followers, engine: undefined };
    this.#role = role;
    this.#public.post({ kind: "elected", leader: this.#world.id });
    const listener = (event: MailEvent): void => {
      if (this.#role !== role) return;
      followers.tell(event);
      this.#tell(event);
    };
    try {
      const engine = new Engine(await this.#world.openCore(this.#opening, listener), () => this.#end(fault("core-died")));
      if (this.#role !== role) {
        await engine.close();
        return;
      }
      role.engine = engine;
      followers.ready();
      this.#answeredBy(this.#world.id);
    } catch (error) {
      if (this.#role === role) this.#end(shapeOf(error));
    }
  }

  /** The lead was taken away: the core must go at once, for another one is open on the same store. */
  async #follow(): Promise<void> {
    const role = this.#role;
    if (role.is !== "leading") return;
    this.#role = { is: "seeking" };
    role.followers.close();
    this.#seek();
    await role.engine?.close().catch(() => undefined);
  }

  /** Passes a call to whoever answers now. */
  #pass(call: Call): boolean {
    const role = this.#role;
    switch (role.is) {
      case "seeking":
        return false;
      case "following":
        this.#line.post({ ...call, to: role.leader });
        return true;
      case "leading":
        role.engine?.serve(call, (answer) => this.#caller.answer(answer));
        return role.engine !== undefined;
      case "over":
        queueMicrotask(() => this.#caller.answer({ kind: "answer", id: call.id, error: role.error }));
        return true;
    }
  }

  #answeredBy(leader: string): void {
    if (this.#answering === leader) return;
    const first = this.#answering === undefined;
    this.#answering = leader;
    this.#caller.moved();
    if (first) this.#page.post({ kind: "opened" });
    if (!first || this.#opening.again) void this.#tellAll();
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
    } catch (error) {
      // The next call of the page meets the same error and shows it.
      if (!(error instanceof MailError)) throw error;
    }
  }

  #tell(event: MailEvent): void {
    if (event.event === "state") this.#accounts.add(event.account);
    if (this.#role.is !== "over") this.#page.post({ kind: "event", event });
  }

  /** Ends this Worker's part because of an error; the page hears of it, and another tab may lead. */
  #end(error: ErrorShape): void {
    if (this.#role.is === "over") return;
    for (const account of this.#accounts) this.#tell({ event: "state", account, status: { state: "offline", error, retryAt: null } });
    // Last of all, for the page ends its Worker when it hears this.
    void this.#stop(error).then(() => this.#page.post({ kind: "refused", error }));
  }

  async #stop(error: ErrorShape): Promise<void> {
    const role = this.#role;
    if (role.is === "over") return;
    this.#role = { is: "over", error };
    this.#stopWatch?.();
    this.#caller.fail(error);
    if (role.is === "leading") {
      // Where the core closes badly there is nothing left to do.
      await role.engine?.close().catch(() => undefined);
      // A call that killed this core must not be made again by the next, so its answer goes out before the lock.
      if (error.code === "core-died" && role.followers.size > 0) await this.#world.delivered();
      role.followers.close();
    }
    this.#public.close();
    this.#line.close();
    this.#election.resign();
    this.#leave.abort();
  }
}

/** How often a Worker that does not lead makes sure that one does. */
const watchMilliseconds = 5_000;

/** After so many watches without a word the lead is taken. More than two, so that a machine that slept does not count as silence. */
const silentWatches = 3;
