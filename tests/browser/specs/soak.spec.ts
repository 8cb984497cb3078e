/**
 * POP3 with deletion, broken again and again at chosen moments: every message is on the server or on the device, none is twice.
 *
 * SOAK_ROUNDS says how often (10), SOAK_SEED what is chosen (1). What a seed chooses is the same each time; what happens then is not.
 */
import type { CDPSession, Page } from "@playwright/test";
import { until } from "../harness/child.ts";
import { Chance } from "../harness/chance.ts";
import { kill } from "../harness/chromium.ts";
import { storedMessages } from "../harness/device.ts";
import { Front } from "../harness/front.ts";
import type { Gateway } from "../harness/gateway.ts";
import { compose, sha256 } from "../harness/mail.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { type Point, Points, points, quietPath, type Stand, writeProbedPackage } from "../harness/points.ts";
import { type Device, expect, type Stage, targetsOf, test } from "../harness/stage.ts";
import { accountOn } from "../pages/app.ts";

const breaks = ["worker", "panic", "tab", "browser", "gateway", "line", "quota"] as const;

type Break = (typeof breaks)[number];

interface Round {
  readonly point: Point;
  readonly broken: Break;
  /** The n-th time that the point is reached. */
  readonly nth: number;
  /** Milliseconds after the point; undefined: while the Worker stands there. */
  readonly later: number | undefined;
  /** Whether all mail is taken before the next round, or that one begins with what this one left. */
  readonly settles: boolean;
  /** For whatever else is chosen. */
  readonly chance: Chance;
}

/** The part of the package that is used here, and what the page adds. */
interface InPage {
  readonly client: {
    accounts(): Promise<readonly { readonly id: number }[]>;
    addAccount(settings: object, password: string): Promise<unknown>;
    signIn(account: number, password: string): Promise<void>;
    syncNow(account: number): Promise<void>;
    state(account: number): Promise<{ readonly state: string } | { readonly state: "offline"; readonly error: { readonly code: string } }>;
    verify(repair: boolean): Promise<{ readonly checked: number; readonly problems: readonly object[]; readonly more: number }>;
  };
  endWorker(): void;
  /** Stores random octets until the browser takes no more. */
  fill(): Promise<void>;
}

/** Every ten rounds break each point once, and every seventy each in every way. */
function* plan(chance: Chance): Generator<Round, never> {
  const shift = chance.below(breaks.length);
  const order = chance.shuffled(breaks);
  for (let ten = 0; ; ten += 1) {
    for (const point of chance.shuffled(points)) {
      const broken = order[(points.indexOf(point) + ten + shift) % order.length] ?? "worker";
      // A session has one QUIT.
      const nth = point.endsWith("Quit") ? 1 : 1 + chance.below(3);
      // A panic is where the core stands.
      const later = broken !== "panic" && chance.below(4) === 0 ? chance.below(60) : undefined;
      yield { point, broken, nth, later, settles: chance.below(2) === 0, chance: new Chance(chance.below(2 ** 31)) };
    }
  }
}

/** What is broken, and what is known of the mail. */
class Soak {
  readonly seen = new Points();
  private subjects = 0;
  /** Subjects of all messages so far, by hash. */
  private readonly delivered = new Map<string, string>();
  /** What the account said after each break that it met while it ran on, and how often. */
  readonly said = new Map<string, number>();
  /** Of a page that stays open as long as the browser: a quota holds no longer than the session that sets it. */
  private devtools: CDPSession | undefined;
  /** Octets that the origin stored at most, as the browser reckons. */
  private used = 0;
  /** Workers that ended since the page was opened. */
  private ended = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly mail: MailServer,
    private readonly front: Front,
    private readonly gateway: Gateway,
    private device: Device,
    private page: Page,
  ) {}

  static async start(stage: Stage, mail: MailServer): Promise<Soak> {
    const app = stage.subfolder("probed");
    await writeProbedPackage(app);
    let soak: Soak | undefined;
    const front = await Front.start(
      () => undefined,
      (incoming, outgoing) => soak?.seen.answer(incoming, outgoing) ?? false,
    );
    stage.onClose(() => front.stop());
    const gateway = await stage.gateway(targetsOf(mail), { app, origins: [front.origin] });
    front.target = gateway.port;
    const device = await stage.device();
    soak = new Soak(stage, mail, front, gateway, device, await device.context.newPage());
    await soak.begin();
    return soak;
  }

  /** Goes on with a device that is new, so that looking at all of it stays quick. */
  async renew(): Promise<void> {
    await this.settle();
    await this.device.context.close();
    this.delivered.clear();
    this.devtools = undefined;
    this.used = 0;
    this.device = await this.stage.device();
    this.page = await this.device.context.newPage();
    await this.begin();
  }

  private async begin(): Promise<void> {
    await this.makeRoom();
    await this.open();
    const { host, port, security, user } = accountOn(this.mail, "POP3");
    const settings = { protocol: "pop3", address: user.name, host, port, security, username: user.name, pop3: { removal: { afterDownload: true }, acceptsEviction: true } };
    const add = ({ settings, password }: { settings: object; password: string }): Promise<void> =>
      (globalThis as unknown as InPage).client.addAccount(settings, password).then(() => undefined);
    await this.page.evaluate(add, { settings, password: user.password });
  }

  /** Breaks a download, sees that nothing is lost or double, and mends what was broken. */
  async run({ point, broken, nth, later, settles, chance }: Round): Promise<void> {
    await this.makeRoom();
    const stand = this.seen.stand(point, nth);
    let stands: Stand | undefined;
    void stand.then((stand) => (stands = stand));
    await this.deliver(chance);
    const caught = await until(`${point} to be reached`, async () => {
      const isDone = stands === undefined && (await Promise.race([stand.then(() => false), this.nudge()]));
      if (isDone) await this.deliver(chance);
      return stands;
    });
    if (later !== undefined) {
      caught.goOn();
      await new Promise((resolve) => setTimeout(resolve, later));
    }
    const passed = this.seen.pointsOf(caught.worker);
    await this.break(broken, later === undefined ? caught : { ...caught, goOn: () => undefined }, chance);
    await this.check();
    if (later === undefined && ["worker", "panic", "tab", "browser"].includes(broken)) expect(this.seen.pointsOf(caught.worker), "control: it ended there").toBe(passed);
    if (settles) await this.settle();
  }

  /** Until all mail is here. */
  async settle(): Promise<void> {
    await until("all mail to be here", async () => ((await this.nudge()) ? true : undefined), 30_000);
    expect(await this.check(), "all is on the device").toBe(this.delivered.size);
  }

  private async deliver(chance: Chance): Promise<void> {
    for (let count = 2 + chance.below(3); count > 0; count -= 1) {
      this.subjects += 1;
      // Many small ones are one batch, those of the middle are batches of their own, and the largest are stored while they come.
      const weight = [2_000, 30_000, 70_000, 70_000, 150_000][chance.below(5)] ?? 0;
      const message = compose({ subject: `Soak ${this.subjects}`, weight: chance.below(40) === 0 ? 2_500_000 : weight });
      await this.mail.deliver(message);
      this.delivered.set(sha256(message), `Soak ${this.subjects}`);
    }
  }

  /** Keeps the download going. Whether nothing is left to be taken. */
  private async nudge(): Promise<boolean> {
    const left = await this.mail.list();
    const state = await this.page.evaluate(async (password) => {
      const { client } = globalThis as unknown as InPage;
      const [account] = await client.accounts();
      if (account === undefined) return "no account";
      const { state } = await client.state(account.id);
      // What comes of it, the next look shows.
      if (state === "signed-out") client.signIn(account.id, password).catch(() => undefined);
      else if (state === "online" || state === "offline") client.syncNow(account.id).catch(() => undefined);
      return state;
    }, this.mail.user.password);
    return left.length === 0 && state === "online";
  }

  private async break(broken: Break, { goOn, panic }: Stand, chance: Chance): Promise<void> {
    switch (broken) {
      case "worker":
        await this.page.evaluate(() => (globalThis as unknown as InPage).endWorker());
        this.ended += 1;
        break;
      case "panic":
        panic();
        this.ended += 1;
        break;
      case "tab":
        await this.page.close();
        this.page = await this.device.context.newPage();
        await this.page.goto(this.front.origin + quietPath);
        break;
      case "browser":
        await kill(this.device.context, this.device.profile);
        this.device = await this.stage.device({ profile: this.device.profile });
        this.devtools = undefined;
        await this.makeRoom();
        this.page = await this.device.context.newPage();
        await this.page.goto(this.front.origin + quietPath);
        break;
      case "gateway":
        await this.gateway.stop("SIGKILL");
        goOn();
        await this.rest();
        await this.gateway.start();
        break;
      case "line":
        this.front.cut();
        goOn();
        break;
      case "quota":
        await this.page.evaluate(() => (globalThis as unknown as InPage).fill());
        goOn();
        await this.rest();
        // What is stored can be looked at with the device full, also by an app that is only opened then.
        if (chance.below(2) === 0) await this.open();
        await this.check();
        await this.page.evaluate(() => void indexedDB.deleteDatabase("filler"));
        await this.makeRoom();
        break;
    }
  }

  /** Until nothing is going on, whatever came of it. */
  private async rest(): Promise<void> {
    const said = await until("the account to come to rest", async () => {
      const status = await this.page.evaluate(async () => {
        const { client } = globalThis as unknown as InPage;
        const [account] = await client.accounts();
        return account === undefined ? { state: "no account" } : client.state(account.id);
      });
      return ["connecting", "syncing"].includes(status.state) ? undefined : "error" in status ? status.error.code : status.state;
    });
    this.said.set(said, (this.said.get(said) ?? 0) + 1);
  }

  /** Lets the origin store some mebibytes more, and not so many that they could not be filled. */
  private async makeRoom(): Promise<void> {
    const [first] = this.device.context.pages();
    if (first === undefined) throw new Error("The browser has no page.");
    this.devtools ??= await this.device.context.newCDPSession(first);
    const { origin } = this.front;
    // A browser that has just started does not know all of it.
    this.used = Math.max(this.used, (await this.devtools.send("Storage.getUsageAndQuota", { origin })).usage);
    await this.devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: this.used + 8 * 1024 * 1024 });
  }

  /** Every message is on the server or on the device, and what is stored is right. Gives how many are on the device. */
  private async check(): Promise<number> {
    // The server first: what goes from there meanwhile is here by then.
    const there = (await this.mail.list()).map((message) => message.sha256);
    const stored = await storedMessages(this.page);
    for (const { subject, noted, actual } of stored) expect(noted, `the hash of ${subject}`).toBe(actual);
    const here = stored.map(({ actual }) => actual);
    const name = (hash: string): string => this.delivered.get(hash) ?? hash;
    expect(here.filter((hash, index) => here.indexOf(hash) !== index).map(name), "none twice").toEqual([]);
    expect(here.filter((hash) => !this.delivered.has(hash)), "nothing else").toEqual([]);
    const found = new Set([...there, ...here]);
    expect([...this.delivered.keys()].filter((hash) => !found.has(hash)).map(name), "none lost").toEqual([]);
    // A page goes on with a third new Worker within a minute, and not with a fourth.
    if (this.page.url().endsWith(quietPath) || this.ended > 2) await this.open();
    const { problems, more } = await this.page.evaluate(() => (globalThis as unknown as InPage).client.verify(false));
    expect(problems, `and ${more} more`).toEqual([]);
    return here.length;
  }

  private async open(): Promise<void> {
    await this.page.goto(this.front.origin);
    await this.page.waitForFunction(() => "client" in globalThis, undefined, { timeout: 20_000 });
    this.ended = 0;
  }
}

const rounds = Number(process.env["SOAK_ROUNDS"] ?? "10");
const seed = Number(process.env["SOAK_SEED"] ?? "1");
const roundsOfOneDevice = 50;

const roundsAt = (point: Point, done: readonly Round[]): number => done.filter((round) => round.point === point).length;

/** Rounds by point and break, and in all; how often a Worker was seen to stand at each point, and to pass it. */
function table(done: readonly Round[], seen: Points): string {
  const line = (name: string, cells: readonly (number | string)[]): string => [name.padEnd(16), ...cells.map((cell) => String(cell).padStart(9))].join("");
  const count = (point: Point, broken: Break): number => done.filter((round) => round.point === point && round.broken === broken).length;
  const rows = points.map((point) => line(point, [...breaks.map((broken) => count(point, broken)), roundsAt(point, done), seen.stood.get(point) ?? 0, seen.passed.get(point) ?? 0]));
  return [line("", [...breaks, "rounds", "stood", "passed"]), ...rows].join("\n");
}

test(`a download with deletion, broken at ${rounds} moments (seed ${seed}): none lost, none twice`, async ({ stage, mail }) => {
  test.setTimeout(300_000 + rounds * 15_000);
  const plans = plan(new Chance(seed));
  const soak = await Soak.start(stage, mail);
  const done: Round[] = [];
  const began = Date.now();
  while (done.length < rounds) {
    const round = plans.next().value;
    const { point, broken, nth, later, settles } = round;
    const what = `round ${done.length + 1}: ${broken}, ${later === undefined ? "at" : `${later} ms after`} ${point} (${nth})${settles ? "" : ", goes on in the next"}`;
    await test.step(what, () => soak.run(round), { timeout: 60_000 });
    done.push(round);
    if (done.length % roundsOfOneDevice === 0) await soak.renew();
  }
  await soak.settle();
  console.log(`seed ${seed}: ${rounds} rounds in ${Math.round((Date.now() - began) / 1000)} s, ${done.filter(({ later }) => later === undefined).length} of them at the very point`);
  console.log(`what the account said to what it met: ${[...soak.said].map(([said, times]) => `${said} ${times}`).join(", ")}`);
  console.log(table(done, soak.seen));
  // Whichever are chosen, all mail is taken in the end, and that goes past every point.
  expect(points.filter((point) => soak.seen.passed.get(point) === 0), "each point is passed").toEqual([]);
  expect(Object.fromEntries(soak.seen.stood), "a Worker stood at the point of each round").toEqual(Object.fromEntries(points.map((point) => [point, roundsAt(point, done)])));
  if (rounds < points.length) return;
  expect(points.filter((point) => soak.seen.stood.get(point) === 0), "each point is hit").toEqual([]);
  expect(breaks.filter((broken) => !done.some((round) => round.broken === broken)), "each break is made").toEqual([]);
});
