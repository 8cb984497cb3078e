/** Everything that one test starts. What was started last is stopped first, also when the test fails. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, type BrowserContext, type Page, type TestInfo } from "@playwright/test";
import { App } from "../pages/app.ts";
import { type ChromiumOptions, freshProfile, launch } from "./chromium.ts";
import { Gateway, type GatewayOptions, type Target } from "./gateway.ts";
import { MailServer } from "./mail-server.ts";
import { Relay } from "./relay.ts";
import { Tracker } from "./tracker.ts";

/** A browser with its profile, and what its pages said on the console. */
export interface Device {
  readonly context: BrowserContext;
  readonly profile: string;
  /** Lines of the console of all pages and Workers. */
  readonly console: string[];
  /** The lines that are errors, and exceptions that nobody caught. */
  readonly errors: string[];
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), "waypost-browser-"));
  private readonly endings: (() => Promise<void>)[] = [];
  private readonly logs: (() => readonly [string, string])[] = [];
  private readonly pages: (() => readonly Page[])[] = [];

  async server(kind?: "empty" | "sample"): Promise<MailServer> {
    const server = await MailServer.run(kind);
    this.endings.push(() => server.close());
    this.logs.push(() => ["server.log", server.output]);
    return server;
  }

  async gateway(targets: readonly Target[], options: Partial<Omit<GatewayOptions, "folder" | "targets">> = {}): Promise<Gateway> {
    const gateway = await Gateway.start({ ...options, folder: this.folder, targets });
    this.endings.push(() => gateway.stop());
    this.logs.push(() => ["gateway.log", gateway.log]);
    return gateway;
  }

  async relay(port: number): Promise<Relay> {
    const relay = await Relay.start(port);
    this.endings.push(() => relay.stop());
    return relay;
  }

  async tracker(): Promise<Tracker> {
    const tracker = await Tracker.start();
    this.endings.push(() => tracker.stop());
    return tracker;
  }

  /** A browser; on a profile folder that was used before it finds what was stored there. */
  async device(options: ChromiumOptions & { readonly profile?: string } = {}): Promise<Device> {
    const profile = options.profile ?? freshProfile(this.folder);
    const context = await launch(profile, options);
    const device: Device = { context, profile, console: [], errors: [] };
    context.on("console", (message) => {
      const line = `${message.type()}: ${message.text()} (${message.location().url})`;
      device.console.push(line);
      if (message.type() === "error") device.errors.push(line);
    });
    context.on("weberror", (error) => device.errors.push(`uncaught: ${String(error.error())}`));
    this.endings.push(() => context.close());
    this.logs.push(() => ["console.log", [...device.console, ...device.errors].join("\n")]);
    this.pages.push(() => context.pages());
    return device;
  }

  /** Does this at the end, before what was started earlier is stopped. */
  onClose(end: () => Promise<void>): void {
    this.endings.push(end);
  }

  /** A folder of the test's own. */
  subfolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path);
    return path;
  }

  /** Keeps what explains a failure in the folder of results: pages as seen and as read, and all logs. */
  async explain(info: TestInfo): Promise<void> {
    const pages = this.pages.flatMap((list) => list());
    for (const [index, page] of pages.entries()) {
      await page.screenshot({ path: info.outputPath(`page-${index}.png`), timeout: 5000 }).catch(() => undefined);
      const tree = await page.locator("body").ariaSnapshot({ timeout: 5000 }).catch(() => "The page can't be read.");
      writeFileSync(info.outputPath(`page-${index}.txt`), `${page.url()}\n${tree}`);
    }
    for (const [index, log] of this.logs.entries()) {
      const [name, body] = log();
      writeFileSync(info.outputPath(`${index}-${name}`), body);
    }
  }

  async close(): Promise<void> {
    for (const end of this.endings.reverse()) await end().catch((error: unknown) => console.error(String(error)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Fixtures {
  readonly stage: Stage;
  /** An empty Dovecot. */
  readonly mail: MailServer;
  /** A gateway that leads to it. */
  readonly gateway: Gateway;
  readonly device: Device;
  /** The app, not opened yet. */
  readonly app: App;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  stage: async ({}, use, info) => {
    const stage = new Stage();
    try {
      await use(stage);
      if (info.status !== info.expectedStatus) await stage.explain(info);
    } finally {
      await stage.close();
    }
  },
  mail: async ({ stage }, use) => use(await stage.server()),
  gateway: async ({ stage, mail }, use) => use(await stage.gateway(targetsOf(mail))),
  device: async ({ stage }, use) => use(await stage.device()),
  app: async ({ device, gateway }, use) => {
    const page = device.context.pages()[0] ?? (await device.context.newPage());
    await use(new App(page, gateway.origin));
  },
});

/** Allows a server's own ports with TLS, trusted by its own CA. */
export function targetsOf(mail: MailServer): readonly Target[] {
  const { imap, imaps, pop3, pop3s } = mail.ports;
  return [{ host: "localhost", ports: [imap, imaps, pop3, pop3s], tls: ["implicit", "starttls"], ca: [mail.ca] }];
}

/** Allows plain text to relays, so that they can count what passes. */
export function plainTargets(...relays: readonly Relay[]): readonly Target[] {
  return [{ host: "localhost", ports: relays.map(({ port }) => port), tls: ["none"] }];
}

export type { Target } from "./gateway.ts";
export { expect } from "@playwright/test";
