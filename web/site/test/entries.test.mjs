import assert from "node:assert/strict";
import { test } from "node:test";
import { entriesOf } from "../entries.mjs";

test("an entry is what a browser takes, and one that only Node has is what Node takes", () => {
  const exports = {
    ".": { node: { types: "./dist/node-index.d.ts", default: "./dist/node-index.js" }, browser: { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    "./imap": { types: "./dist/imap.d.ts", default: "./dist/imap.js" },
    "./node": { node: { types: "./dist/node.d.ts", default: "./dist/node.js" } },
    "./*.wasm": "./wasm/*.wasm",
    "./package.json": "./package.json",
  };
  assert.deepEqual(entriesOf({ name: "waypost", exports }), [
    { name: "waypost", types: "dist/index.d.ts", script: "dist/index.js" },
    { name: "waypost/imap", types: "dist/imap.d.ts", script: "dist/imap.js" },
    { name: "waypost/node", types: "dist/node.d.ts", script: "dist/node.js" },
  ]);
});
