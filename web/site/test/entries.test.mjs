import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "../entries.mjs";

test("an entry is what a browser takes; what Node takes is another where it differs", () => {
  const exports = {
    ".": { node: { types: "./dist/node-index.d.ts", default: "./dist/node-index.js" }, browser: { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    "./imap": { types: "./dist/imap.d.ts", default: "./dist/imap.js" },
    "./node": { node: { types: "./dist/node.d.ts", default: "./dist/node.js" } },
    "./imap.wasm": { types: "./dist/module-file.d.ts", default: "./wasm/imap.wasm" },
    "./*.wasm": "./wasm/*.wasm",
    "./package.json": "./package.json",
  };
  assert.deepEqual(entriesOf({ name: "waypost", exports }), [
    { name: "waypost", types: "dist/index.d.ts", script: "dist/index.js" },
    { name: "waypost in Node", types: "dist/node-index.d.ts" },
    { name: "waypost/imap", types: "dist/imap.d.ts", script: "dist/imap.js" },
    { name: "waypost/node", types: "dist/node.d.ts", script: "dist/node.js" },
  ]);
});
