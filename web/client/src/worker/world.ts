/** What the Worker's parts use of the world; `main.ts` gives the browser's, tests give their own. */
import type { MailEvent } from "../types.js";
import type { Core } from "./core.js";
import type { Locks } from "./leader.js";
import type { Opening, Port } from "./port.js";

export interface World {
  /** Names this Worker among all of its origin. */
  readonly id: string;
  readonly locks: Locks;
  /** A line that all Workers of the origin share who open it by the same name. */
  channel<In, Out>(name: string): Port<In, Out>;
  /** Loads and opens the wasm core. */
  openCore(opening: Opening, listener: (event: MailEvent) => void): Promise<Core>;
  /** Lets arrive what was posted to other Workers: nothing orders messages and locks. */
  delivered(): Promise<void>;
  /** Calls the task again and again until the result is called. */
  every(milliseconds: number, task: () => void): () => void;
}

/** Name of the lock and of the public channel of a profile. */
export const profileName = (profile: string): string => `waypost:${profile}`;

/** Name of a Worker's own channel, and of the lock that it holds for as long as it lives. */
export const workerName = (profile: string, id: string): string => `waypost:${profile}:${id}`;
