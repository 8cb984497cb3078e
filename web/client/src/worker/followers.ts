/** The leader's lines to the Workers of other tabs. A line ends when its Worker is gone, which its lock tells. */
import type { MailEvent } from "../types.js";
import { type Answer, type Call, type Port, PROTOCOL, type ToFollower, type ToLeader } from "./port.js";
import { hold } from "./leader.js";
import { type World, workerName } from "./world.js";

/** Carries out a call and gives its answer. */
export type Serve = (call: Call, answer: (answer: Answer) => void) => void;

interface Line {
  readonly port: Port<ToLeader, ToFollower>;
  readonly leave: AbortController;
}

/** All Workers that the leader serves. */
export class Followers {
  readonly #world: World;
  readonly #profile: string;
  readonly #serve: Serve;
  readonly #lines = new Map<string, Line>();
  #ready = false;

  constructor(world: World, profile: string, serve: Serve) {
    this.#world = world;
    this.#profile = profile;
    this.#serve = serve;
  }

  /** How many there are. */
  get size(): number {
    return this.#lines.size;
  }

  /** A Worker asks who leads: opens the line to it, or shows on it that this Worker lives. */
  greet(id: string): void {
    const line = this.#lines.get(id) ?? this.#open(id);
    line.port.post(this.#introduction());
  }

  /** The core is open: calls are taken from now on. */
  ready(): void {
    this.#ready = true;
    for (const { port } of this.#lines.values()) port.post(this.#introduction());
  }

  /** Tells all of them. */
  tell(event: MailEvent): void {
    for (const { port } of this.#lines.values()) port.post({ kind: "event", event });
  }

  /** Ends all lines. */
  close(): void {
    for (const id of [...this.#lines.keys()]) this.#drop(id);
  }

  #introduction(): ToFollower {
    return { kind: "leader", leader: this.#world.id, ready: this.#ready, protocol: PROTOCOL };
  }

  #open(id: string): Line {
    const name = workerName(this.#profile, id);
    const line: Line = { port: this.#world.channel<ToLeader, ToFollower>(name), leave: new AbortController() };
    this.#lines.set(id, line);
    line.port.listen((call) => {
      // A line can still carry what was meant for the leader before.
      if (call.to !== this.#world.id) return;
      this.#serve(call, (answer) => {
        if (this.#lines.get(id) === line) line.port.post(answer);
      });
    });
    const gone = (): void => this.#drop(id);
    hold(this.#world.locks, name, line.leave.signal, gone).catch(gone);
    return line;
  }

  #drop(id: string): void {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    line?.leave.abort();
    line?.port.close();
  }
}
