// Runs the package, and the plain writer, in Chromium when a line of JSON asks for it, and answers with one. Each run has a browser
// and a profile of its own, with storage that the browser promises to keep. Ends with its input.
import { cpSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "target/bench/page");
/** What the package wrote when it was recorded: while the server deleted all, so that each commit with octets was strict. */
let record;

/** What the gateway serves: our page, the package, and the package with a recorder in its Worker. */
function writePage() {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, "page"), folder, { recursive: true });
  for (const name of ["waypost", "recorded"]) cpSync(join(root, "web/client/dist"), join(folder, name), { recursive: true });
  const worker = join(folder, "recorded/worker.js");
  writeFileSync(worker, readFileSync(join(folder, "recorder.js"), "utf8") + readFileSync(worker, "utf8"));
}

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Runs something in a page of a new browser. */
async function inBrowser(origin, act) {
  const profile = mkdtempSync(join(tmpdir(), "waypost-bench-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: quiet,
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    const session = await context.newCDPSession(page);
    await session.send("Browser.grantPermissions", { origin, permissions: ["durableStorage"] });
    await page.goto(origin);
    await page.waitForFunction(() => "takeMail" in globalThis);
    // The lock is a link to "<host>-<pid>"; the host may hold dashes.
    const pid = Number(/-(\d+)$/.exec(readlinkSync(join(profile, "SingletonLock")))[1]);
    const before = processorMs(pid);
    const answer = await act(page);
    return { cpuMs: processorMs(pid) - before, ...answer };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Time on a processor of a process and all that it has started: fields 4, 14 and 15 of proc(5), in hundredths of a second. */
function processorMs(root) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
      return [{ pid: Number(pid), parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * 10 }];
    } catch {
      // It ended in between.
      return [];
    }
  });
  const ours = new Set([root]);
  for (let size = 0; size !== ours.size; ) {
    size = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  return all.filter(({ pid }) => ours.has(pid)).reduce((sum, { ms }) => sum + ms, 0);
}

async function waypost({ origin, port, user, password, count, pop3, judged }) {
  const deletes = pop3.removal?.afterDownload === true;
  const recorded = judged && deletes && record === undefined;
  const task = { port, user, password, pop3, recorded, judged };
  return inBrowser(origin, async (page) => {
    const answer = await page.evaluate((task) => globalThis.takeMail(task), task);
    const expected = deletes ? count : 0;
    if (answer.deleted !== expected) throw new Error(`${answer.deleted} messages were deleted on the server instead of ${expected}`);
    if (recorded) record = strict(await page.evaluate(() => globalThis.takeRecord()));
    return answer;
  });
}

/** A record in which all octets of messages were put with strict durability, as the writer must put them too. */
function strict(record) {
  const bodies = record.transactions.filter(({ writes }) => writes.some(({ name, store }) => name !== "delete" && store === "bodies"));
  const relaxed = bodies.filter(({ durability }) => durability !== "strict").length;
  if (bodies.length === 0 || relaxed > 0) throw new Error(`${relaxed} of ${bodies.length} commits of messages are not strict`);
  return record;
}

/** Judged by the number of octets that it read back. */
async function write({ origin, count, only }) {
  if (record === undefined) throw new Error("nothing was recorded: the writers need waypost-chromium in the same run");
  return inBrowser(origin, async (page) => {
    const { ms, octets } = await page.evaluate((task) => globalThis.write(task), { record, only });
    return { ms, messages: octets === count * 8192 ? count : 0 };
  });
}

const tasks = { waypost, write };

writePage();
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const answer = await (task.do === "ready" ? Promise.resolve({}) : tasks[task.do](task)).catch((error) => ({ error: String(error?.stack ?? error) }));
  console.log(JSON.stringify(answer));
}
