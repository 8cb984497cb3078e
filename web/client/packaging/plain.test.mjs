/** Pages without a bundler, in every browser: an import map, all kinds of Workers, strict policies, another origin. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { address, consumer, mapped, outcomes, plain } from "./consumers.mjs";
import { startEngines } from "./engines.mjs";
import { project, unpacked } from "./places.mjs";
import { serve } from "./server.mjs";

const readme = readFileSync(join(unpacked, "README.md"), "utf8");
/** What the README says a page must allow. */
const [files, trusted, foreign, inline] = [...readme.matchAll(/```text\n(.*?)\n```/gs)].map(([, directives]) => directives);
/** And nothing else. */
const policy = (directives) => `default-src 'none'; ${directives}; ${trusted}`;

let engines;
let home;
/** The same files from another origin, which lets everybody read them. */
let network;

beforeAll(async () => {
  [engines, home, network] = await Promise.all([startEngines(), serve(project), serve(project, { "access-control-allow-origin": "*" })]);
});

afterAll(() => Promise.all([engines?.stop(), home?.close(), network?.close()]));

const packageOf = (site) => `${site.origin}/node_modules/waypost/`;
const pageOf = (site, folder) => `${site.origin}/${relative(project, folder)}/`;

/** What a page with this policy says, in each engine. */
async function under(policy, folder) {
  const site = await serve(project, { "content-security-policy": policy });
  try {
    address(folder, packageOf(site));
    return await engines.outcomesOf(pageOf(site, folder));
  } finally {
    await site.close();
  }
}

test.each(plain)("a page with an import map uses %s", async (probe) => {
  const folder = consumer(probe, "page", "plain");
  mapped(folder, packageOf(home));
  expect(await engines.outcomesOf(pageOf(home, folder))).toEqual(engines.all(outcomes[probe]));
});

test.each([
  ["engine", "worker"],
  ["imap", "worker"],
  ["pop3", "shared-worker"],
  ["imap", "shared-worker"],
  ["pop3", "service-worker"],
  ["imap", "service-worker"],
])("%s runs in a module %s", async (probe, host) => {
  const folder = consumer(probe, host, "plain");
  address(folder, packageOf(home));
  expect(await engines.outcomesOf(pageOf(home, folder))).toEqual(engines.all(outcomes[probe]));
});

describe("policies", () => {
  const strict = policy(files);

  test.each([
    ["engine", "page"],
    ["imap", "page"],
    ["pop3", "page"],
  ])("the strict one of the README lets %s work", async (probe, host) => {
    expect(await under(strict, consumer(probe, host, "strict"))).toEqual(engines.all(outcomes[probe]));
  });

  test("waypost/inline needs Workers from blobs, and no address", async () => {
    expect(await under(policy(inline), consumer("inline", "page", "strict"))).toEqual(engines.all(outcomes.inline));
  });

  test.each(["engine", "imap"])("one that forbids WebAssembly makes an error of %s that says so", async (probe) => {
    const found = await under(strict.replace(" 'wasm-unsafe-eval'", ""), consumer(probe, "page", "strict"));
    expect(found).toEqual(engines.all(expect.stringMatching(/^policy-blocked: /)));
  });
});

describe("from another origin", () => {
  test.each(["engine", "inline", "imap", "pop3"])("a page uses %s", async (probe) => {
    const folder = consumer(probe, "page", "network");
    mapped(folder, packageOf(network));
    home.asked();
    expect(await engines.outcomesOf(pageOf(home, folder))).toEqual(engines.all(outcomes[probe]));
    expect(home.asked().filter((path) => path.includes("node_modules")), "nothing came from the page's own").toEqual([]);
  });

  test("a strict policy that names it is enough", async () => {
    const site = await serve(project, { "content-security-policy": policy(foreign).replaceAll("https://cdn.example", network.origin) });
    try {
      const folder = consumer("engine", "page", "strict-network");
      address(folder, packageOf(network));
      expect(await engines.outcomesOf(pageOf(site, folder))).toEqual(engines.all(outcomes.engine));
    } finally {
      await site.close();
    }
  });
});
