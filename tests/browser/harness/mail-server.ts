/** A real Dovecot in a temporary folder, run by the testkit, and what an independent client sees in it. */
import { Child } from "./child.ts";
import { serversProgram } from "./programs.ts";

export interface User {
  readonly name: string;
  readonly password: string;
}

/** A message as the server has it. */
export interface ServerMessage {
  readonly uid: number;
  readonly flags: readonly string[];
  /** SHA-256 of the octets as they stand on the wire, lower case hex. */
  readonly sha256: string;
}

interface Greeting {
  readonly ports: { readonly imap: number; readonly imaps: number; readonly pop3: number; readonly pop3s: number };
  /** The file of the CA that signed the server's certificate. */
  readonly ca: string;
  readonly users: readonly User[];
}

export class MailServer {
  private constructor(
    private readonly child: Child,
    private readonly greeting: Greeting,
  ) {}

  /** An empty mailbox, or the sample mailbox. */
  static async run(kind: "empty" | "sample" = "empty"): Promise<MailServer> {
    const child = Child.start(serversProgram(), ["dovecot", ...(kind === "sample" ? ["--sample"] : [])]);
    const line = await child.nextLine(60_000);
    return new MailServer(child, JSON.parse(line) as Greeting);
  }

  get ports(): Greeting["ports"] {
    return this.greeting.ports;
  }

  get ca(): string {
    return this.greeting.ca;
  }

  get user(): User {
    const user = this.greeting.users[0];
    if (user === undefined) throw new Error("The server has no user.");
    return user;
  }

  /** What the program that runs it wrote; its first line holds the passwords. */
  get output(): string {
    return this.child.output;
  }

  /** The last lines of Dovecot's own log. */
  async log(): Promise<string> {
    return ((await this.ask({ do: "log" })) as { readonly log: string }).log;
  }

  /** Delivers a message as the mail system would: it is new, and watchers are told. */
  async deliver(message: string): Promise<void> {
    await this.ask({ do: "deliver", message });
  }

  async list(): Promise<readonly ServerMessage[]> {
    return (await this.ask({ do: "list" })) as readonly ServerMessage[];
  }

  async flags(uid: number, add: readonly string[], remove: readonly string[]): Promise<void> {
    await this.ask({ do: "flags", uid, add, remove });
  }

  async expunge(uid: number): Promise<void> {
    await this.ask({ do: "expunge", uid });
  }

  async resetUidvalidity(): Promise<void> {
    await this.ask({ do: "reset-uidvalidity" });
  }

  /** Puts many small messages into the mailbox. */
  async fill(count: number): Promise<void> {
    await this.ask({ do: "fill", count });
  }

  /** Stops Dovecot; the mailbox stays. */
  async stop(): Promise<void> {
    await this.ask({ do: "stop" });
  }

  async start(): Promise<void> {
    await this.ask({ do: "start" });
  }

  async close(): Promise<void> {
    await this.child.stop();
  }

  private async ask(command: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = this.child.nextLine(60_000);
    this.child.write(`${JSON.stringify(command)}\n`);
    const read = JSON.parse(await answer) as { readonly error?: string };
    if (read.error !== undefined) throw new Error(`The server could not ${String(command["do"])}: ${read.error}`);
    return read;
  }
}
