/** A program that runs until it is stopped, by its own process id. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

export interface ChildOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** In a process group of its own, which is stopped as a whole. */
  readonly group?: boolean;
}

export class Child {
  /** Everything that it has written, both streams. */
  output = "";
  private ended = false;
  private readonly end: Promise<void>;
  private readonly listeners = new Set<(line: string) => void>();
  private rest = "";

  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
    private readonly group: boolean,
  ) {
    this.end = new Promise((resolve) => {
      const done = (): void => {
        this.ended = true;
        resolve();
      };
      process.once("exit", done);
      process.once("error", (error) => {
        this.output += String(error);
        done();
      });
    });
    process.stderr?.on("data", (chunk: Buffer) => (this.output += chunk.toString("utf8")));
    process.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString("utf8");
      const lines = (this.rest + chunk.toString("utf8")).split("\n");
      this.rest = lines.pop() ?? "";
      for (const line of lines) for (const listener of this.listeners) listener(line);
    });
  }

  static start(program: string, parameters: readonly string[], options: ChildOptions = {}): Child {
    const group = options.group === true;
    const process_ = spawn(program, [...parameters], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: group,
      env: { ...process.env, ...options.environment },
    });
    return new Child(process_, program, group);
  }

  get running(): boolean {
    return !this.ended;
  }

  /** The next whole line of the standard output. Ask before what causes it is sent. */
  nextLine(milliseconds: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.listeners.delete(take);
        act();
      };
      const take = (line: string): void => finish(() => resolve(line));
      const fail = (why: string): void => finish(() => reject(new Error(`${this.name} ${why}. It wrote:\n${this.output}`)));
      const timer = setTimeout(() => fail(`wrote no line for ${milliseconds} ms`), milliseconds);
      this.listeners.add(take);
      void this.end.then(() => fail("ended by itself"));
    });
  }

  write(text: string): void {
    this.process.stdin?.write(text);
  }

  /** Asks it to end, and insists after some seconds. Stopping twice is harmless. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.ended || this.process.pid === undefined) return;
    this.process.stdin?.end();
    this.signal(signal);
    const insist = setTimeout(() => this.signal("SIGKILL"), 8000);
    await this.end;
    clearTimeout(insist);
  }

  private signal(signal: NodeJS.Signals): void {
    const pid = this.process.pid;
    if (pid === undefined) return;
    try {
      process.kill(this.group ? -pid : pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

/** A port of 127.0.0.1 that nobody has at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

/** Waits until `check` gives something. Bounded; for conditions outside a page. */
export async function until<T>(what: string, check: () => Promise<T | undefined> | T | undefined, milliseconds = 20_000): Promise<T> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${milliseconds} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
