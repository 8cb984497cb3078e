/** The real gateway, with a configuration of the test's own. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, freePort, until } from "./child.ts";
import { builtApp, gatewayProgram } from "./programs.ts";

/** One row of the gateway's list of targets. */
export interface Target {
  readonly host: string;
  readonly ports: readonly number[];
  readonly tls: readonly ("implicit" | "starttls" | "none")[];
  /** Files with CA certificates. */
  readonly ca?: readonly string[];
}

/** A mail server that need not be typed. */
export interface Offered {
  readonly host: string;
  readonly port: number;
  readonly tls: "implicit" | "starttls";
}

export interface GatewayOptions {
  readonly folder: string;
  readonly targets: readonly Target[];
  readonly app?: string;
  /** Public names, as origins with `PORT` in place of the port. */
  readonly origins?: readonly string[];
  /** The part of the host that it lives under. */
  readonly basePath?: string;
  /** Access tokens. With some, nobody gets in without one. */
  readonly tokens?: readonly string[];
  /** What it offers to the app. */
  readonly offer?: { readonly name?: string; readonly locked?: boolean; readonly imap?: Offered; readonly pop3?: Offered };
  /** Whether it looks for settings; as by default if it is not said. */
  readonly discovery?: boolean;
  /** Bounds that differ from the tests' own. */
  readonly limits?: Readonly<Record<string, number>>;
}

export class Gateway {
  private child: Child | undefined;
  private earlier = "";

  private constructor(
    readonly port: number,
    private options: GatewayOptions,
  ) {}

  static async start(options: GatewayOptions): Promise<Gateway> {
    const port = await freePort();
    const gateway = new Gateway(port, options);
    await gateway.start();
    return gateway;
  }

  /** The origin that the app is opened at. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that it has logged, over all its starts. */
  get log(): string {
    return this.earlier + (this.child?.output ?? "");
  }

  /** Starts it (again) on the same port, with another configuration if one is given. */
  async start(other: Partial<GatewayOptions> = {}): Promise<void> {
    this.options = { ...this.options, ...other };
    const configuration = join(this.options.folder, `gateway-${this.port}.toml`);
    writeFileSync(configuration, toml(this.options, this.port));
    const child = Child.start(gatewayProgram(), ["--config", configuration]);
    this.child = child;
    await until("the gateway to answer", async () => {
      if (!child.running) throw new Error(`The gateway ended by itself:\n${child.output}`);
      // Any answer shows that it listens, 404 and 421 too.
      return fetch(this.origin).then(() => true, () => undefined);
    });
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.child?.stop(signal);
    this.earlier += this.child?.output ?? "";
    this.child = undefined;
  }
}

function toml(options: GatewayOptions, port: number): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const lines = [`listen = "127.0.0.1:${port}"`, `app_dir = ${text(options.app ?? builtApp)}`, 'log = "debug"'];
  if (options.basePath !== undefined) lines.push(`base_path = ${text(options.basePath)}`);
  if (options.origins) lines.push(`origins = ${text(options.origins.map((origin) => origin.replace("PORT", String(port))))}`);
  if (options.discovery !== undefined) lines.push("", "[discovery]", `enabled = ${options.discovery}`);
  if (options.tokens !== undefined) {
    lines.push("", "[access]", 'mode = "token"');
    const hash = (token: string): string => createHash("sha256").update(token).digest("hex");
    for (const [index, token] of options.tokens.entries()) lines.push("", "[[access.tokens]]", `name = "token-${index}"`, `sha256 = "${hash(token)}"`);
  }
  if (options.offer !== undefined) {
    const { name, locked = false, imap, pop3 } = options.offer;
    lines.push("", "[app]", `locked = ${locked}`, ...(name === undefined ? [] : [`name = ${text(name)}`]));
    for (const [protocol, server] of Object.entries({ imap, pop3 })) {
      if (server !== undefined) lines.push("", `[app.${protocol}]`, `host = ${text(server.host)}`, `port = ${server.port}`, `tls = ${text(server.tls)}`);
    }
  }
  for (const { host, ports, tls, ca } of options.targets) {
    lines.push("", "[[targets]]", `host = ${text(host)}`, `ports = ${text(ports)}`, `tls = ${text(tls)}`, "private = true", `ca = ${text(ca ?? [])}`);
  }
  const limits = { drain_seconds: 1, connect_seconds: 5, ...options.limits };
  lines.push("", "[limits]", ...Object.entries(limits).map(([key, value]) => `${key} = ${value}`), "");
  return lines.join("\n");
}
