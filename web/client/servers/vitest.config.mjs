// Real servers and the built package.
import { join } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;
const dist = join(here, "../dist");

export default defineConfig({
  root: here,
  resolve: { alias: [{ find: /^waypost\/(\w+)$/, replacement: `${dist}/$1.js` }] },
  test: {
    include: ["*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Node 20 has the WebSocket that the gateway's transport needs, but hides it.
    execArgv: ["--experimental-websocket", "--expose-gc"],
    pool: "forks",
    maxWorkers: 1,
  },
});
