/** A message of 200 MiB passes through the engine of a page: it is on the device afterwards, and the engine hardly larger than before. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { storedMessages } from "../harness/device.ts";
import { compose, sha256 } from "../harness/mail.ts";
import { builtApp } from "../harness/programs.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

const mebibyte = 1 << 20;

/** In the Worker, before its script: keeps the memory of the instance where the test finds it. */
const watch = `WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct: (...values) => {
    const instance = Reflect.construct(...values);
    self.engineMemory = instance.exports.memory;
    return instance;
  },
});
`;

/** Octets of the engine's memory, which never shrinks. */
async function memory(page: Page): Promise<number> {
  for (const worker of page.workers()) {
    const octets = await worker.evaluate(() => (globalThis as unknown as { engineMemory?: WebAssembly.Memory }).engineMemory?.buffer.byteLength);
    if (octets !== undefined) return octets;
  }
  throw new Error("No Worker has an engine.");
}

/** The app with a Worker whose memory can be watched, in this folder. */
function watched(folder: string): string {
  cpSync(builtApp, folder, { recursive: true });
  const assets = join(folder, "assets");
  for (const name of readdirSync(assets).filter((name) => name.startsWith("worker-"))) {
    if (name.endsWith(".js")) writeFileSync(join(assets, name), watch + readFileSync(join(assets, name), "utf8"));
    else rmSync(join(assets, name));
  }
  return folder;
}

test("200 MiB are taken to the device, and the engine stays as it was", async ({ stage, mail }) => {
  test.setTimeout(240_000);
  const gateway = await stage.gateway(targetsOf(mail), { app: watched(stage.subfolder("watched")) });
  const { context } = await stage.device();
  const app = new App(await context.newPage(), gateway.origin);
  const large = compose({ subject: "Large", weight: 200 * mebibyte });
  expect(large.length).toBeGreaterThan(200 * mebibyte);
  // What a message of a mebibyte needs, it has from then on.
  await mail.deliver(compose({ subject: "Small", weight: mebibyte }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await expect(app.row("Small")).toHaveCount(1);
  const before = await memory(app.page);

  await mail.deliver(large);
  await app.look();
  await expect(app.row("Large")).toHaveCount(1, { timeout: 120_000 });
  await expect.poll(async () => (await storedMessages(app.page)).find(({ subject }) => subject === "Large")?.noted ?? null, { timeout: 60_000 }).toBe(sha256(large));
  expect((await memory(app.page)) - before, "octets by which the engine grew").toBeLessThan(8 * mebibyte);
});
