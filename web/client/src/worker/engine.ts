/** The core of the Worker that leads: carries out calls, and notices when the wasm instance ends. */
import { isTrap, MailError, shapeOf } from "../errors.js";
import { fault } from "../faults.js";
import type { ErrorShape } from "../types.js";
import type { Core } from "./core.js";
import { type Answer, type Call, repeatable } from "./port.js";

/** The core with what it lacks: an end for every call, even after a trap. */
export class Engine {
  readonly #core: Core;
  readonly #trapped: () => void;
  /** How to end the calls that are under way: after a trap their own promises never settle. */
  readonly #enders = new Set<(error: MailError) => void>();
  #over: ErrorShape | undefined;

  /** `trapped` is told once, in the moment in which the wasm instance ends. */
  constructor(core: Core, trapped: () => void) {
    this.#core = core;
    this.#trapped = trapped;
  }

  /** Carries out a call. The answer is given exactly once. */
  serve(call: Call, answer: (answer: Answer) => void): void {
    this.#run(call).then(
      (value) => answer({ kind: "answer", id: call.id, value }),
      (error: unknown) => answer({ kind: "answer", id: call.id, error: shapeOf(error) }),
    );
  }

  /** Something was thrown outside of any call: a trap ends the engine. */
  crashed(thrown: unknown): void {
    if (isTrap(thrown)) this.#end(fault("core-died"));
  }

  /** Ends the core. What is still under way is left without an answer: who asked is gone, or asks the next engine. */
  async close(): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = fault("closed");
    this.#enders.clear();
    await this.#core.close();
  }

  #run(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) throw new MailError(this.#over);
      this.#enders.add(reject);
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          if (this.#enders.delete(reject)) then(value);
        };
      // A promise first, so that what the core throws at once is a rejection as well.
      new Promise((asked) => asked(this.#ask(call))).then(
        settle(resolve),
        settle((thrown: unknown) => {
          reject(new MailError(shapeOf(thrown), { cause: thrown }));
          this.crashed(thrown);
        }),
      );
    });
  }

  #ask({ name, args }: Call): unknown {
    if (!Object.hasOwn(repeatable, name)) throw new MailError(fault("internal"));
    return Reflect.apply(this.#core[name], this.#core, args);
  }

  #end(error: ErrorShape): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    for (const end of this.#enders) end(new MailError(error));
    this.#enders.clear();
    this.#trapped();
  }
}
