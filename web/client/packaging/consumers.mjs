/** Small projects on the package: a probe, which uses one entry, in a host, which is where it runs, beside what all of them share. */
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./places.mjs";

const here = import.meta.dirname;

/** What each probe says when all is well. */
export const outcomes = {
  engine: "engine: 0 accounts",
  inline: "engine: 0 accounts",
  memory: "memory: One, Two",
  pop3: "pop3: First, Second",
  "pop3-loader": "pop3: First, Second",
  imap: "imap: One, Two",
  "imap-loader": "imap: One, Two",
  clients: "imap: One, Two",
  "pop3-copied": "pop3: First, Second",
  socket: "socket: 1 message over no TLS, 1 message over TLSv1.3",
};

/** The probes of entries that a page uses without the help of a bundler. */
export const plain = ["engine", "inline", "imap", "pop3", "clients"];

/** Makes a consumer in the project that has installed the package; gives its folder. */
export function consumer(probe, host, name) {
  const folder = join(project, `${name}-${probe}-${host}`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(here, "consumers", host), folder, { recursive: true });
  cpSync(join(here, "consumers/shared"), folder, { recursive: true });
  copyFileSync(join(here, "probes", `${probe}.js`), join(folder, "probe.js"));
  return folder;
}

/** The package's entries by what they are imported as, and their files for browsers: `./dist/...`. */
export function entries() {
  const manifest = JSON.parse(readFileSync(join(project, "node_modules/waypost/package.json"), "utf8"));
  const scripts = Object.entries(manifest.exports).filter(([, conditions]) => conditions.default?.endsWith(".js"));
  return new Map(scripts.map(([path, { browser, default: file }]) => [path.replace(".", "waypost"), browser?.default ?? file]));
}

/** Puts addresses in the place of names, as a page without a bundler must where no import map counts. `base` is where the package lies. */
export function address(folder, base) {
  for (const name of ["probe.js", "mail.js"]) {
    const file = join(folder, name);
    const text = readFileSync(file, "utf8").replace(/from "(waypost[^"]*)"/g, (_, name) => `from "${new URL(entries().get(name), base).href}"`);
    writeFileSync(file, text);
  }
}

/** Puts an import map into the page of a consumer. */
export function mapped(folder, base) {
  const imports = Object.fromEntries([...entries()].map(([name, file]) => [name, new URL(file, base).href]));
  const page = join(folder, "index.html");
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>\n    <script type="module"`;
  writeFileSync(page, readFileSync(page, "utf8").replace('<script type="module"', map));
}
