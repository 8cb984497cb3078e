/** A core: carries out calls, and notices when the wasm instance ends, or when another core has taken the lead. */
import { isTrap, MailError, mailErrorOf, shapeOf } from "../errors.js";
import { engineFault } from "../engine-faults.js";
import { fault } from "../faults.js";
import type { ErrorShape } from "../types.js";
import type { Core } from "./core.js";
import { type Answer, type Call, type Credential, repeatable } from "./port.js";

/** How an engine ends by itself. Each is told at most once. */
export interface Ends {
  /** The wasm instance has ended; told in that moment. */
  trapped(): void;
  /** The store is another core's now: this one writes nothing more. */
  superseded(): void;
}

/** The core with what it lacks: an end for every call, even after a trap. */
export class Engine {
  readonly #core: Core;
  readonly #ends: Ends;
  /** How to end the calls that are under way: after a trap their own promises never settle. */
  readonly #enders = new Set<(error: MailError) => void>();
  /** What a trap is to those who asked. */
  readonly #death: ErrorShape;
  #over: ErrorShape | undefined;

  constructor(core: Core, ends: Ends, death: ErrorShape = engineFault("core-died")) {
    this.#core = core;
    this.#ends = ends;
    this.#death = death;
  }

  /** Carries out a call. The answer is given exactly once, unless the call is one for the core that leads now. */
  serve(call: Call, answer: (answer: Answer) => void): void {
    this.#run(() => this.#ask(call)).then(
      (value) => answer({ kind: "answer", id: call.id, value }),
      (error: unknown) => {
        const shape = shapeOf(error);
        if (shape.code === superseded) this.supersede();
        else answer({ kind: "answer", id: call.id, error: shape });
      },
    );
  }

  /** Takes up an account that another core was signed in to. */
  async resume(account: number, credential: Credential): Promise<void> {
    await this.#run(() => this.#core.resume(account, credential));
  }

  /** The store says, in whatever way, that another core leads. */
  supersede(): void {
    if (this.#over === undefined) this.#ends.superseded();
  }

  /** Something was thrown outside of any call: a trap ends the engine. */
  crashed(thrown: unknown): void {
    if (isTrap(thrown)) this.#end({ ...this.#death, cause: { name: thrown.name, message: thrown.message } });
  }

  /** Ends the core. What is still under way is left without an answer: who asked is gone, or asks the next engine. */
  async close(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = fault("closed");
    this.#enders.clear();
    await this.#core.close();
  }

  /** Ends the core, and answers what is still under way with the error `closed`: who asked then asks another. */
  async refuse(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = fault("closed");
    this.#rejectAll(this.#over);
    await this.#core.close();
  }

  #run(ask: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) throw new MailError(this.#over);
      this.#enders.add(reject);
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          if (this.#enders.delete(reject)) then(value);
        };
      // A promise first, so that what the core throws at once is a rejection as well.
      new Promise((asked) => asked(ask())).then(
        settle(resolve),
        settle((thrown: unknown) => {
          reject(mailErrorOf(thrown));
          this.crashed(thrown);
        }),
      );
    });
  }

  #ask({ name, args }: Call): unknown {
    if (!Object.hasOwn(repeatable, name)) throw new MailError(fault("internal"));
    return Reflect.apply(this.#core[name], this.#core, args);
  }

  #rejectAll(error: ErrorShape): void {
    for (const end of this.#enders) end(new MailError(error));
    this.#enders.clear();
  }

  #end(error: ErrorShape): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#rejectAll(error);
    this.#ends.trapped();
  }
}

/** The store's code for what a core writes after another has opened the store to lead. */
export const superseded = "store-superseded";
