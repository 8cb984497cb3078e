// A Chromium with a profile of its own, led over its pipe with the few words of its protocol that are needed. A driver that listens to
// the network gets each frame of a WebSocket told by the browser, which then spends more time on that than on the mail.
import { spawn } from "node:child_process";
import { once } from "node:events";

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class Browser {
  #child;
  #last = 0;
  #waiting = new Map();

  constructor(profile) {
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const options = ["--headless=new", "--remote-debugging-pipe", `--user-data-dir=${profile}`, ...quiet, ...sandbox, "about:blank"];
    this.#child = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", options, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let rest = "";
    this.#child.stdio[4].setEncoding("utf8").on("data", (text) => {
      const messages = `${rest}${text}`.split("\0");
      rest = messages.pop();
      for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
        const { resolve, reject } = this.#waiting.get(id) ?? {};
        this.#waiting.delete(id);
        if (error === undefined) resolve?.(result);
        else reject?.(new Error(error.message));
      }
    });
    const lost = (why) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`Chromium ended: ${why}`));
    };
    this.#child.on("error", lost).on("exit", lost);
    this.#child.stdio[3].on("error", lost);
  }

  get pid() {
    return this.#child.pid;
  }

  #ask(method, params = {}, sessionId = undefined) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Opens a page of an origin whose storage the browser promises to keep, and waits until `isReady` says so in it. */
  async open(origin, isReady) {
    await this.#ask("Browser.grantPermissions", { origin, permissions: ["durableStorage"] });
    const { targetId } = await this.#ask("Target.createTarget", { url: origin });
    const { sessionId } = await this.#ask("Target.attachToTarget", { targetId, flatten: true });
    const evaluate = async (act, value) => {
      const expression = `(${act})(${JSON.stringify(value)})`;
      const { result, exceptionDetails } = await this.#ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
    // While the page is on its way it can't be asked.
    for (let left = 600; !(await evaluate(isReady).catch(() => false)); left -= 1) {
      if (left === 0) throw new Error(`${origin} did not come up within 30 s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return { evaluate };
  }

  async close() {
    if (this.#child.exitCode !== null) return;
    const end = once(this.#child, "exit");
    this.#ask("Browser.close").catch(() => undefined);
    await end;
  }
}
