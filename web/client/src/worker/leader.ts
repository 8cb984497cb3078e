/** Which Worker of a profile leads: the one that holds the lock. The browser gives it on when its holder is gone. */

/** The part of Web Locks that is used here. */
export interface Locks {
  request(name: string, options: { readonly signal: AbortSignal } | { readonly steal: true }, held: () => Promise<void>): Promise<void>;
}

/** Holds a lock from when it is granted until the signal; `granted` is called in between. Rejects only if the lock is refused or taken away. */
export async function hold(locks: Locks, name: string, signal: AbortSignal, granted: () => void, steal = false): Promise<void> {
  const until = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  try {
    // A request that steals takes no signal; it never waits.
    await locks.request(name, steal ? { steal } : { signal }, async () => {
      if (signal.aborted) return;
      granted();
      await until;
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Who stands for election, and how it hears of the outcome. */
export interface Candidate {
  /** This Worker leads from now on. */
  elected(): void;
  /** Another Worker has taken the lead, because this one seemed dead. */
  deposed(): void;
  /** The browser gives no locks here. */
  barred(): void;
}

/** One Worker's place in the queue for the lead. */
export class Election {
  readonly #locks: Locks;
  readonly #name: string;
  readonly #candidate: Candidate;
  #leave = new AbortController();
  #resigned = false;

  constructor(locks: Locks, name: string, candidate: Candidate) {
    this.#locks = locks;
    this.#name = name;
    this.#candidate = candidate;
  }

  /** Waits for its turn, for as long as it takes. */
  stand(): void {
    this.#request(false);
  }

  /** Takes the lead from one that answers no more: a frozen page keeps its lock. */
  steal(): void {
    this.#leave.abort();
    this.#request(true);
  }

  /** Gives up the lead and stands again. */
  yield(): void {
    this.#leave.abort();
    this.#request(false);
  }

  /** Gives up the lead, or the place in the queue, for good. */
  resign(): void {
    this.#resigned = true;
    this.#leave.abort();
  }

  #request(steal: boolean): void {
    if (this.#resigned) return;
    this.#leave = new AbortController();
    let led = false;
    const granted = (): void => {
      led = true;
      this.#candidate.elected();
    };
    hold(this.#locks, this.#name, this.#leave.signal, granted, steal).catch(() => this.#lost(led));
  }

  #lost(led: boolean): void {
    if (this.#resigned) return;
    if (led) {
      this.#candidate.deposed();
      this.stand();
    } else this.#candidate.barred();
  }
}
