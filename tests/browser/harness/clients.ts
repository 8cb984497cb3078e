/** The clients without the engine, as the package has them: in a page that a gateway serves, and in this process. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { root } from "./programs.ts";

const client = join(root, "web/client");

/** Writes a page that has these entries of the package, as `entries`, into a folder that a gateway can serve. No bundler has touched them. */
export function writeClients(folder: string, entries: readonly string[]): void {
  for (const part of ["dist", "wasm"]) {
    mkdirSync(join(folder, part));
    cpSync(join(client, part), join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>Clients</title><script type="module" src="/page.js"></script>`);
  const imports = entries.map((entry) => `import * as ${entry} from "/dist/${entry}.js";`).join("\n");
  writeFileSync(join(folder, "page.js"), `${imports}\nglobalThis.entries = { ${entries.join(", ")} };\n`);
}

/** An entry of the built package. */
export function entry<Module>(name: string): Promise<Module> {
  return import(pathToFileURL(join(client, "dist", `${name}.js`)).href) as Promise<Module>;
}

/** WebSockets of Node that say which page they come from: a gateway asks for it. */
export function socketsOf(origin: string): new (url: string, protocols: string[]) => WebSocket {
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { origin });
    }
  };
}
