// Receives over WebSockets in a page of Chromium when a line of JSON asks for it, and answers with one. The page comes from a server of
// its own, so that one policy holds for all that it connects to. Ends with its input.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Browser } from "../pop3/browser.mjs";

const files = { "/": ["index.html", "text/html"], "/page.js": ["page.js", "text/javascript"], "/receiver.js": ["receiver.js", "text/javascript"] };

const server = createServer((request, response) => {
  const [name, type] = files[request.url] ?? [];
  if (name === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-type": type }).end(readFileSync(join(import.meta.dirname, "page", name)));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const profile = mkdtempSync(join(tmpdir(), "waypost-bench-"));
const browser = new Browser(profile);
let page;

const tasks = {
  origin: async () => ({ origin }),
  receive: async (task) => {
    page ??= await browser.open(origin, () => "receive" in globalThis);
    return page.evaluate((task) => globalThis.receive(task), task);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const answer = await tasks[task.do](task).catch((error) => ({ error: String(error?.message ?? error) }));
  console.log(JSON.stringify(answer));
}
await browser.close();
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
