/** This Worker's own core for reading, while another Worker leads or none does. */
import type { Core } from "./core.js";
import { Engine } from "./engine.js";
import type { Answer, Call } from "./port.js";

/** A core that reads, opened at its first use. */
export class Reader {
  readonly #open: () => Promise<Core>;
  readonly #trapped: () => void;
  #engine: Promise<Engine> | undefined;

  constructor(open: () => Promise<Core>, trapped: () => void) {
    this.#open = open;
    this.#trapped = trapped;
  }

  /** Opens it; rejects where nothing can be read yet, as before the first start of all. */
  ready(): Promise<Engine> {
    return (this.#engine ??= this.#open().then((core) => new Engine(core, { trapped: this.#trapped, superseded: () => undefined })));
  }

  /** Answers from what is stored; undefined where that is not enough. What ends this core is not asked of another. */
  async answer(call: Call): Promise<Answer | undefined> {
    try {
      const engine = await this.ready();
      const answer = await new Promise<Answer>((answered) => engine.serve(call, answered));
      return "value" in answer || answer.error.code === "core-died" ? answer : undefined;
    } catch {
      return undefined;
    }
  }

  /** Tries to open again at the next use, if it could not be opened before. */
  retry(): void {
    const engine = this.#engine;
    engine?.catch(() => {
      if (this.#engine === engine) this.#engine = undefined;
    });
  }

  /** Closes it; the next use opens it again. What it was asked and has not answered yet is for whoever leads. */
  close(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    // What could not be opened need not be closed, and where it closes badly there is nothing left to do.
    engine?.then((engine) => engine.refuse()).catch(() => undefined);
  }
}
