/** A web server for folders of files, that remembers what it was asked for. */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves a folder on a free port of 127.0.0.1, each file with these headers. */
export async function serve(folder, headers = {}) {
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://here");
    asked.push(pathname);
    const path = normalize(decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    const file = join(folder, path);
    if (!file.startsWith(folder + sep)) return void response.writeHead(404).end();
    readFile(file).then(
      (octets) => response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", ...headers }).end(octets),
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    /** The paths that were asked for since the last time. */
    asked: () => asked.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
