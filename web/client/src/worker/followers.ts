/** The leader's lines to the Workers of other tabs. A line ends when its Worker is gone, which its lock tells. */
import type { MailEvent } from "../types.js";
import { hold } from "./leader.js";
import { type Answer, type Call, ownBuffers, type Port, PROTOCOL, type Secrets, type ToFollower, type ToLeader, type Way } from "./port.js";
import { type Broker, type World, workerName } from "./world.js";

/** Carries out a call and gives its answer. */
export type Serve = (call: Call, answer: (answer: Answer) => void) => void;

interface Line {
  readonly by: Way;
  readonly port: Port<ToLeader, ToFollower>;
  readonly leave: AbortController;
  /** Answers and events sent to this Worker, by the lines before as well. */
  told: number;
}

/** All Workers that the leader serves. */
export class Followers {
  /** Opens lines that nobody else hears, where the browser has SharedWorkers. */
  broker: Broker | undefined;
  readonly #world: World;
  readonly #profile: string;
  readonly #serve: Serve;
  readonly #lines = new Map<string, Line>();
  #secrets: Secrets = { credentials: [], gatewayToken: undefined };
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

  /** A Worker asks who leads: opens the line to it, another one if it has none of the kind that it asks for, or shows on it that this Worker lives. */
  greet(id: string, by: Way): void {
    const before = this.#lines.get(id);
    if (before !== undefined && (before.by === by || this.broker === undefined)) {
      this.#introduce(before);
      return;
    }
    this.#drop(id);
    const line = this.#open(id, by, before?.told ?? 0);
    this.#introduce(line);
    this.#handOver(line);
  }

  /** The core is open: calls are taken from now on. */
  ready(): void {
    this.#ready = true;
    for (const line of this.#lines.values()) this.#introduce(line);
  }

  /** Tells all of them. */
  tell(event: MailEvent): void {
    for (const line of this.#lines.values()) {
      line.told += 1;
      line.port.post({ kind: "event", event });
    }
  }

  /** Hands the secrets to all that nobody can overhear, now and later. */
  handOver(secrets: Secrets): void {
    this.#secrets = secrets;
    for (const line of this.#lines.values()) this.#handOver(line);
  }

  /** Ends all lines. */
  close(): void {
    for (const id of [...this.#lines.keys()]) this.#drop(id);
  }

  #introduce({ port, told }: Line): void {
    port.post({ kind: "leader", leader: this.#world.id, ready: this.#ready, told, protocol: PROTOCOL });
  }

  #handOver({ by, port }: Line): void {
    if (by === "port") port.post({ kind: "secrets", secrets: this.#secrets });
  }

  #open(id: string, asked: Way, told: number): Line {
    const name = workerName(this.#profile, id);
    const broker = asked === "port" ? this.broker : undefined;
    const port = broker === undefined ? this.#world.channel<ToLeader, ToFollower>(name) : broker.reach(name);
    const line: Line = { by: broker === undefined ? "channel" : "port", port, leave: new AbortController(), told };
    this.#lines.set(id, line);
    port.listen((message) => this.#hear(id, line, message));
    const gone = (): void => {
      if (this.#lines.get(id) === line) this.#drop(id);
      else line.leave.abort();
    };
    hold(this.#world.locks, name, line.leave.signal, gone).catch(gone);
    return line;
  }

  #hear(id: string, line: Line, message: ToLeader): void {
    if (message.kind === "ping") {
      this.#introduce(line);
      return;
    }
    // A line can still carry what was meant for the leader before.
    if (message.to !== this.#world.id) return;
    this.#serve(message, (answer) => {
      // By the line that there is now: it may be another one than that of the question.
      const now = this.#lines.get(id);
      if (now === undefined) return;
      now.told += 1;
      now.port.post(answer, now.by === "port" && "value" in answer ? ownBuffers(answer.value) : []);
    });
  }

  #drop(id: string): void {
    const line = this.#lines.get(id);
    this.#lines.delete(id);
    line?.leave.abort();
    line?.port.close();
  }
}
