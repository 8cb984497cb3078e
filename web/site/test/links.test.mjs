import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { faultsOf } from "../links.mjs";

/** What is found in a site of these files. */
function faultsIn(files) {
  const site = mkdtempSync(join(tmpdir(), "waypost-links-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(site, name)), { recursive: true });
      writeFileSync(join(site, name), text);
    }
    return faultsOf(site);
  } finally {
    rmSync(site, { recursive: true });
  }
}

test("a whole site has no fault", () => {
  const page = '<h1 id="top">A</h1><a href="sub/b.html#b">b</a><a href="#top">up</a><a class="x" href="sub/">folder</a><a href="https://example.org/">out</a><script src="a.js?v=1"></script>';
  assert.deepEqual(faultsIn({ "index.html": page, "a.js": "", "sub/index.html": "", "sub/b.html": '<p id="b"></p><a href="../index.html#top">a</a>' }), []);
});

test("a page that is not there is a dead link", () => {
  assert.deepEqual(faultsIn({ "index.html": '<a href="gone.html">x</a>' }), ["index.html: links to gone.html, which does not exist"]);
});

test("an anchor that is not there is a dead link", () => {
  assert.deepEqual(faultsIn({ "index.html": '<a href="b.html#no">x</a>', "b.html": '<p id="yes"></p>' }), ["index.html: links to b.html#no, but b.html has no such anchor"]);
});

test("a link out of the site or from the root of the host breaks below a folder", () => {
  assert.deepEqual(faultsIn({ "index.html": '<a href="../x.html">x</a><img src="/a.png">' }), [
    "index.html: links to ../x.html, which does not exist",
    "index.html: links to /a.png, which a site below a folder does not have",
  ]);
});

test("nothing is loaded from elsewhere", () => {
  const files = { "index.html": '<script src="https://cdn.example/a.js"></script><a href="http://example.org">x</a>', "a.css": "@import url(https://fonts.example/f.css); p { background: url('//a.example/b.png') }" };
  assert.deepEqual(faultsIn(files).sort(), [
    "a.css: loads //a.example/b.png from elsewhere",
    "a.css: loads https://fonts.example/f.css from elsewhere",
    "index.html: <script> loads https://cdn.example/a.js from elsewhere",
    "index.html: links to http://example.org, which is not https",
  ]);
});
