/** Real servers for a test file: what `waypost-servers` and `waypost-gateway` are asked to be. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach } from "vitest";

const root = join(import.meta.dirname, "../../..");

/** A program of this workspace: named by the variable, or the newest that cargo built. */
function program(variable: string, name: string): string {
  const given = process.env[variable];
  if (given !== undefined && given !== "") return given;
  const [found] = ["release", "debug"]
    .map((profile) => join(root, "target", profile, name))
    .filter((path) => existsSync(path))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (found === undefined) throw new Error(`${name} is not built. Run "make build", or set ${variable} to it.`);
  return found;
}

/** Mail servers that can run here, if they were fetched. */
export type ServerKind = "dovecot" | "cyrus" | "courier" | "mailutils" | "pymap";

/** A server is not there, or can't run here. */
export class MissingServer extends Error {}

/** A mail server with two users. */
export class MailServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly port: number;
  readonly pop3Port: number;
  readonly tlsPort: number;
  readonly pop3TlsPort: number;
  readonly ca: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, { ports, ca, users }: Greeting) {
    this.#child = child;
    this.#lines = lines;
    this.port = ports.imap;
    this.tlsPort = ports.imaps;
    this.pop3Port = ports.pop3;
    this.pop3TlsPort = ports.pop3s;
    this.ca = readFileSync(ca, "utf8");
    this.users = users;
  }

  /** Rejects with a `MissingServer` where there is no such server. */
  static async start(kind: ServerKind, ...words: readonly string[]): Promise<MailServer> {
    const child = spawn(program("SERVERS_PROGRAM", "waypost-servers"), [kind, ...words], { stdio: "pipe" });
    child.stderr.pipe(process.stderr);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) throw new Error("waypost-servers ended before it was ready.");
    const greeting = JSON.parse(first.value) as Greeting | { readonly missing: string };
    if ("missing" in greeting) throw new MissingServer(greeting.missing);
    return new MailServer(child, lines, greeting);
  }

  /** One command of the line protocol (crates/testkit/src/servers/control.rs). */
  async ask(command: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    const next = await this.#lines.next();
    const answer = JSON.parse(next.done === true ? "{}" : next.value) as { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }
}

interface Greeting {
  readonly ports: Readonly<Record<"imap" | "imaps" | "pop3" | "pop3s", number>>;
  readonly ca: string;
  readonly users: MailServer["users"];
}

/** The server for all tests of a `describe`. Where it is missing they are skipped, or fail with REQUIRE_SERVERS=1. */
export function serverFor(kind: ServerKind): () => MailServer {
  let server: MailServer | undefined;
  let missing = "";
  beforeAll(async () => {
    try {
      server = await MailServer.start(kind);
    } catch (error) {
      if (!(error instanceof MissingServer) || process.env["REQUIRE_SERVERS"] === "1") throw error;
      missing = error.message;
    }
  });
  beforeEach(({ skip }) => { skip(missing !== "", `skipped: ${missing}`); });
  afterAll(() => server?.stop());
  return () => {
    if (server === undefined) throw new Error(`${kind} does not run.`);
    return server;
  };
}

/** A gateway that lets its clients reach these ports of this machine. */
export class Gateway {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly folder: string,
  ) {}

  static async start(ports: readonly number[]): Promise<Gateway> {
    const folder = mkdtempSync(join(tmpdir(), "waypost-node-"));
    const port = await freePort();
    const configuration = join(folder, "gateway.toml");
    const lines = [`listen = "127.0.0.1:${String(port)}"`, "", "[[targets]]", 'host = "127.0.0.1"', `ports = ${JSON.stringify(ports)}`, 'tls = ["none"]', "private = true", ""];
    writeFileSync(configuration, lines.join("\n"));
    const child = spawn(program("GATEWAY_PROGRAM", "waypost-gateway"), ["--config", configuration], { stdio: "pipe" });
    let said = "";
    const hear = (octets: Buffer): void => {
      said += octets.toString();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const origin = `127.0.0.1:${String(port)}`;
    for (let tries = 0; ; tries += 1) {
      const answers = await fetch(`http://${origin}`).then(
        () => true,
        () => false,
      );
      if (answers) break;
      if (child.exitCode !== null || tries > 300) throw new Error(`The gateway does not answer:\n${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return new Gateway(`ws://${origin}/tunnel`, child, folder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
