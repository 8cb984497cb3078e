// Runs the package, and the plain writer, in Chromium when a line of JSON asks for it, and answers with one. Each run has a browser
// and a profile of its own, with storage that the browser promises to keep. Ends with its input.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Browser } from "./browser.mjs";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "target/bench/page");
/** What the package wrote when it was recorded: for a server that deletes what was taken, so that each commit with octets was strict. */
let record;

/** What the gateway serves: our page, the package, and the package with a recorder in its Worker. */
function writePage() {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, "page"), folder, { recursive: true });
  for (const name of ["waypost", "recorded"]) cpSync(join(root, "web/client/dist"), join(folder, name), { recursive: true });
  const worker = join(folder, "recorded/worker.js");
  writeFileSync(worker, readFileSync(join(folder, "recorder.js"), "utf8") + readFileSync(worker, "utf8"));
}

/** Runs something in a page of a new browser. */
async function inBrowser(origin, act) {
  const profile = mkdtempSync(join(tmpdir(), "waypost-bench-"));
  const browser = new Browser(profile);
  try {
    const page = await browser.open(origin, () => "takeMail" in globalThis);
    const before = processorMs(browser.pid);
    const answer = await act(page);
    return { cpuMs: processorMs(browser.pid) - before, ...answer };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
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

async function waypost({ origin, port, user, password, count, pop3, strict, judged }) {
  const deletes = pop3.removal?.afterDownload === true;
  const recorded = judged && strict === true && record === undefined;
  const task = { port, user, password, pop3, recorded, judged };
  return inBrowser(origin, async (page) => {
    const answer = await page.evaluate((task) => globalThis.takeMail(task), task);
    const expected = deletes ? count : 0;
    if (answer.deleted !== expected) throw new Error(`${answer.deleted} messages were deleted on the server instead of ${expected}`);
    if (recorded) record = checked(await page.evaluate(() => globalThis.takeRecord()));
    return answer;
  });
}

/** A record in which all octets of messages were put with strict durability, as the writer must put them too. */
function checked(record) {
  const bodies = record.transactions.filter(({ writes }) => writes.some(({ name, store }) => name !== "delete" && store === "bodies"));
  const relaxed = bodies.filter(({ durability }) => durability !== "strict").length;
  if (bodies.length === 0 || relaxed > 0) throw new Error(`${relaxed} of ${bodies.length} commits of messages are not strict`);
  return record;
}

/** Judged by the number of octets that it read back: no less than those of the messages, and little more for their keys. */
async function write({ origin, count, only, single }) {
  return inBrowser(origin, async (page) => {
    const { ms, octets } = await page.evaluate((task) => globalThis.write(task), { record, only, single });
    return { ms, messages: octets >= count * 8192 && octets < count * 9000 ? count : 0 };
  });
}

const tasks = { waypost, write };

writePage();
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const answer = await (task.do === "ready" ? Promise.resolve({}) : tasks[task.do](task)).catch((error) => ({ error: String(error?.stack ?? error) }));
  console.log(JSON.stringify(answer));
}
