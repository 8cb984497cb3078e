/** What the Worker's parts use of the world; `main.ts` gives the browser's, tests give their own. */
import type { MailEvent } from "../types.js";
import type { Core } from "./core.js";
import type { Locks } from "./leader.js";
import type { Opening, Port, ToFollower, ToLeader } from "./port.js";

export interface World {
  /** Names this Worker among all of its origin. */
  readonly id: string;
  readonly locks: Locks;
  /** A line that all Workers of the origin share who open it by the same name. */
  channel<In, Out>(name: string): Port<In, Out>;
  /** Loads and opens the wasm core, to lead. */
  openCore(opening: Opening, listener: (event: MailEvent) => void): Promise<Core>;
  /** Loads and opens a wasm core that only reads what is stored. */
  openReader(opening: Opening): Promise<Core>;
  /** Lets arrive what was posted to other Workers: nothing orders messages and locks. */
  delivered(): Promise<void>;
  /** Calls the task again and again until the result is called. */
  every(milliseconds: number, task: () => void): () => void;
}

/** Brings this Worker together with those of other tabs, by lines of which nobody else has an end. */
export interface Broker {
  /** Lets the others reach this Worker by its name; `reached` is given this end of each line. */
  join(name: string, reached: (line: Port<ToFollower, ToLeader>) => void): void;
  /** Opens a line to the Worker of this name. What is posted is lost if there is none. */
  reach(name: string): Port<ToLeader, ToFollower>;
  /** Whether something that was asked has no answer yet. */
  readonly owes: boolean;
  close(): void;
}

/** Name of the lock and of the public channel of a profile. */
export const profileName = (profile: string): string => `waypost:${profile}`;

/** Name of a Worker's own channel, by which the broker knows it too, and of the lock that it holds for as long as it lives. */
export const workerName = (profile: string, id: string): string => `waypost:${profile}:${id}`;
