// Serves the built documentation site (target/site) on loopback, with what its examples need to know of a sample mailbox.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `make docs` puts it. */
export const builtSite = fileURLToPath(new URL("../target/site", import.meta.url));

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Listens on a port of 127.0.0.1 (0 for any) and gives the address. `answers` fill the forms of the examples: see web/site/live/live.ts. */
export function serveSite({ folder = builtSite, port = 0, base = "/", answers = {} } = {}) {
  const server = createServer((request, response) => {
    const refuse = (status) => response.writeHead(status, { "content-type": "text/plain" }).end(`${status}\n`);
    // A page of another name that leads here must not read the password of the sample.
    if (!/^(?:localhost|127\.0\.0\.1):\d+$/.test(request.headers.host ?? "")) return refuse(421);
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
    const path = decoded(request.url ?? "/");
    if (path === undefined || !path.startsWith(base)) return refuse(404);
    const within = path.slice(base.length);
    if (within === "live/sample.json") return response.writeHead(200, { "content-type": types[".json"], "cache-control": "no-store" }).end(JSON.stringify(answers));
    const asked = join(folder, within);
    const file = path.endsWith("/") ? join(asked, "index.html") : asked;
    if (!existsSync(file) || !statSync(file).isFile()) return refuse(404);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "cache-control": "no-cache" });
    return request.method === "HEAD" ? response.end() : createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const origin = `http://127.0.0.1:${server.address().port}`;
      const close = () => new Promise((done) => server.close(done) && server.closeAllConnections());
      resolve({ origin, url: `${origin}${base}`, close });
    });
  });
}

/** The path of a request without `..`, or undefined where it is none. */
function decoded(url) {
  try {
    const path = decodeURIComponent(url.replace(/[?#].*$/, ""));
    return path.includes("\0") ? undefined : normalize(`/${path}`).replace(/^\/+/, "/");
  } catch {
    return undefined;
  }
}
