/** The examples of the package's README, each against a gateway and Dovecot, and what the engine's surface promises beside them. */
import type { Page } from "@playwright/test";
import { browserExamples, buildExamples } from "../harness/examples.ts";
import { compose } from "../harness/mail.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { expect, type Stage, targetsOf, test } from "../harness/stage.ts";

/** They go on until they are stopped, and show what arrives. */
const endless = new Set(["live-list", "second-tab", "new-mail"]);

async function page(stage: Stage, mail: MailServer): Promise<{ readonly page: Page; readonly site: object; readonly errors: readonly string[] }> {
  const app = await buildExamples(stage.subfolder("examples"));
  const gateway = await stage.gateway(targetsOf(mail), { app });
  const { context, errors } = await stage.device();
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(gateway.origin);
  await page.waitForFunction(() => "examples" in globalThis);
  const target = (port: number): object => ({ host: "localhost", port, security: "tls" });
  const site = { gateway: `ws://127.0.0.1:${gateway.port}/tunnel`, imap: target(mail.ports.imaps), pop3: target(mail.ports.pop3s), username: mail.user.name, password: mail.user.password };
  return { page, site, errors };
}

/** Starts an example; gives how it ended, or null while it runs. */
async function start(page: Page, name: string, site: object): Promise<void> {
  await page.evaluate(
    ([name, site]) => {
      const scope = globalThis as unknown as { examples: Record<string, (site: unknown, show: (line: string) => void, signal: AbortSignal) => Promise<void>>; end: AbortController; lines: string[]; outcome: string | null };
      scope.end = new AbortController();
      scope.lines = [];
      scope.outcome = null;
      scope.examples[name]?.(site, (line) => scope.lines.push(line), scope.end.signal).then(
        () => (scope.outcome = "done"),
        (error: unknown) => (scope.outcome = String(error)),
      );
    },
    [name, site] as const,
  );
}

const read = <Value>(page: Page, name: string): Promise<Value> => page.evaluate((name) => (globalThis as unknown as Record<string, unknown>)[name] as never, name);

test("every example that runs in a page does what it says", async ({ stage }) => {
  test.setTimeout(180_000);
  const mail = await stage.server("sample");
  const { page: tab, site, errors } = await page(stage, mail);
  // The one that needs nothing but what is stored comes last.
  const names = [...browserExamples()].sort((one, other) => Number(one === "offline-start") - Number(other === "offline-start"));
  expect(names).toEqual(expect.arrayContaining(["inbox", "live-list", "read-message", "pop3-to-device", "second-tab", "offline-start"]));
  const shown: Record<string, readonly string[]> = {};
  for (const name of names) {
    await test.step(name, async () => {
      await start(tab, name, site);
      if (endless.has(name)) {
        await expect.poll(async () => (await read<string[]>(tab, "lines")).length, { message: name }).toBeGreaterThan(0);
        await mail.deliver(compose({ subject: `For ${name}`, text: "New." }));
        await expect.poll(async () => (await read<string[]>(tab, "lines")).join("\n"), { message: name }).toContain(`For ${name}`);
        await tab.evaluate(() => (globalThis as unknown as { end: AbortController }).end.abort());
      }
      await expect.poll(() => read<string | null>(tab, "outcome"), { message: name, timeout: 30_000 }).toBe("done");
      shown[name] = await read<string[]>(tab, "lines");
      expect(shown[name].length, `${name} shows nothing`).toBeGreaterThan(0);
    });
  }
  expect(shown["inbox"]?.length).toBe(21);
  expect(shown["read-message"]?.join("\n")).toMatch(/\d+ octets streamed, a Blob of \w+\/\w+/);
  expect(shown["pop3-to-device"]?.[0]).toMatch(/^[1-9]\d* messages here/);
  expect(shown["pop3-to-device"]?.join("\n")).toMatch(/: leaves the server on \w+ \w+ \d+ 20\d\d$/m);
  expect(shown["offline-start"]?.join("\n")).toMatch(/signed-out: /);
  expect(errors).toEqual([]);
});

test("a hundred clients that are opened and closed leave no Worker and no memory behind", async ({ stage, mail }) => {
  test.setTimeout(180_000);
  await mail.deliver(compose({ subject: "One" }));
  const { page: tab, site, errors } = await page(stage, mail);
  const devtools = await tab.context().newCDPSession(tab);
  const heap = async (): Promise<number> => {
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize;
  };
  const round = (times: number): Promise<void> =>
    tab.evaluate(
      async ([times, gateway]) => {
        const { open } = globalThis as unknown as { open: (options: object) => Promise<{ accounts(): Promise<unknown[]>; close(): Promise<void> }> };
        for (let count = 0; count < times; count += 1) {
          const mail = await open({ gateway });
          await mail.accounts();
          await mail.close();
          await mail.close();
        }
      },
      [times, (site as { gateway: string }).gateway] as const,
    );
  await round(20);
  const before = await heap();
  await round(100);
  await expect.poll(() => tab.workers().length, { message: "Workers" }).toBe(0);
  expect(before, "control: it is measured").toBeGreaterThan(100_000);
  expect((await heap()) - before, "octets that stay").toBeLessThan(200_000);
  expect(errors).toEqual([]);
});
