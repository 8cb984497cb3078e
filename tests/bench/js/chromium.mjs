// The package's IMAP client in a page of Chromium, through the gateway, beside a plain WebSocket that receives as many octets.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { Browser } from "../pop3/browser.mjs";

const root = join(import.meta.dirname, "../../..");
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** The page, and the package as it was built. */
async function pages() {
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : request.url;
    const file = path.startsWith("/package/") ? join(root, "web/client", path.slice("/package".length)) : join(import.meta.dirname, path.endsWith(".mjs") ? "" : "page", path);
    try {
      const octets = readFileSync(file);
      response.writeHead(200, { "content-type": types[extname(file)] }).end(octets);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** A gateway without a log that lets this page reach the server; ends with the process. */
async function startGateway(folder, page, target) {
  const port = await freePort();
  const config = join(folder, "gateway.toml");
  writeFileSync(config, `listen = "127.0.0.1:${port}"\nlog = "error"\norigins = ["http://127.0.0.1:${port}", "${page}"]\n[[targets]]\nhost = "127.0.0.1"\nports = [${target}]\ntls = ["none"]\nprivate = true\n`);
  const child = spawn(join(root, "target/release/waypost-gateway"), ["--config", config], { stdio: ["ignore", "ignore", "inherit"] });
  process.on("exit", () => child.kill());
  for (let left = 100; !(await reaches(port)); left -= 1) {
    if (left === 0) throw new Error("the gateway does not come up");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { child, origin: `http://127.0.0.1:${port}` };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function reaches(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/**
 * Rounds in Chromium: runs by set, of the package and of the limit. `octets` says how many each set has, `messages` is the port of the
 * plain server.
 */
export function inChromium(octets, imap, messages, rounds) {
  const runs = new Map(Object.keys(octets).map((set) => [set, { waypost: [], limit: [] }]));
  return browsing(imap, async (open, gateway) => {
    const page = await open();
    for (let round = 0; round <= rounds; round += 1) {
      for (const [set, { waypost, limit }] of runs) {
        console.error(`Chromium, ${set}, round ${round}`);
        const one = await page.evaluate((task) => globalThis.receive(task), { url: `ws://127.0.0.1:${messages}`, octets: octets[set] });
        const other = await page.evaluate((task) => globalThis.read(task), { set, origin: gateway.origin, port: imap });
        if (round === 0) continue;
        limit.push(one);
        waypost.push(other);
      }
    }
    return runs;
  });
}

/**
 * Runs by set: how long a list keeps the thread of a new page, through the client and, of so many rows of what is stored, through the
 * engine. The first page of each takes the files into the browser's cache, and the mail into the store; it is not counted.
 */
export function slicesInChromium(sets, rows, imap, rounds) {
  const runs = new Map([...sets, "engine"].map((set) => [set, []]));
  return browsing(imap, async (open, gateway) => {
    for (let round = 0; round <= rounds; round += 1) {
      for (const [set, found] of runs) {
        console.error(`slices in Chromium, ${set}, round ${round}`);
        const page = await open();
        const act = set === "engine" ? (task) => globalThis.engine(task) : (task) => globalThis.slice(task);
        const one = await page.evaluate(act, { set, rows, origin: gateway.origin, port: imap });
        await page.evaluate(() => void setTimeout(() => close()));
        if (round > 0) found.push(one);
      }
    }
    return runs;
  });
}

/** A browser, pages and a gateway to the server for the time of `act`. */
async function browsing(imap, act) {
  const folder = mkdtempSync(join(tmpdir(), "waypost-bench-"));
  const { server, origin } = await pages();
  const gateway = await startGateway(folder, origin, imap);
  const browser = new Browser(join(folder, "profile"));
  try {
    return await act(() => browser.open(origin, () => "read" in globalThis), gateway);
  } finally {
    await browser.close();
    gateway.child.kill();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
