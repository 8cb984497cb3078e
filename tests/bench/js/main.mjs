// `make bench-js`: the package in Node over TCP, beside other JavaScript clients and the limit. One server, one run, rounds interleaved,
// each measurement in a process of its own. Prints a table and the ratios that are goals, and writes target/bench/js.json.
//   node tests/bench/js/main.mjs [--quick] [SET...]     sets are A to F, C1, Dovecot, Chromium and slices
import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { inChromium, slicesInChromium } from "./chromium.mjs";

const root = join(import.meta.dirname, "../../..");
const program = join(root, "target/release/waypost-bench");
const words = process.argv.slice(2);
const quick = words.includes("--quick");
const chosen = words.filter((word) => !word.startsWith("--"));
const run = promisify(execFile);

const LIST = "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE";
/** What is asked, by who, how often (slow ones less), and the goal of each pair: how many times our time the other takes at least. */
const sets = {
  A: { command: `UID FETCH 1:* (${LIST})`, waypost: ["A-columns", "A-objects"], peers: { imapflow: 3, imap: 3 }, goals: [["A-columns", "imapflow", 25], ["A-objects", "imapflow", 10]] },
  B: { command: `UID FETCH 1:* (${LIST} BODYSTRUCTURE)`, waypost: ["B-columns", "B-objects"], peers: { imapflow: 3, imap: 3 }, goals: [["B-columns", "imapflow", 25], ["B-objects", "imapflow", 8]] },
  E: { command: "UID FETCH 1:* (UID FLAGS)", waypost: ["E-columns", "E-objects"], peers: { imapflow: 3 }, goals: [["E-columns", "imapflow", 80], ["E-objects", "imapflow", 30]] },
  F: { command: "UID SEARCH ALL", waypost: ["F"], peers: { imapflow: 7, imap: 7 }, goals: [["F", "imapflow", 9]] },
  C: { command: "UID FETCH 1:* (UID BODY.PEEK[])", waypost: ["C"], peers: { imapflow: 5 }, goals: [["C", "imapflow", 4]] },
  C1: { command: "UID FETCH 8 (UID BODY.PEEK[])", waypost: ["C1"], peers: { imapflow: 5, "imapflow-download": 5 }, goals: [["C1", "imapflow-download", 8]] },
  D: { waypost: ["D"], peers: { "node-pop3": 5 }, goals: [["D", "node-pop3", 5]] },
};
const ROUNDS = quick ? 1 : 7;
const MESSAGES = 10_000;

/** A server in a process that ends with this one; its first line is the address. */
async function serve(role, argument) {
  const child = spawn(program, ["serve", role, argument], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) return { child, port: Number(line.split(":").at(-1)) };
  throw new Error(`the server ${role} did not start`);
}

async function measure(who, set, account) {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "run.mjs"), who, set, JSON.stringify(account)], { maxBuffer: 1 << 20, timeout: 600_000 });
  return JSON.parse(stdout);
}

async function limit({ port, user, command }) {
  const { stdout } = await run(program, ["limit", `127.0.0.1:${port}`, user, command], { timeout: 120_000 });
  const [ms, octets] = stdout.split(" ").map(Number);
  return { ms, octets };
}

/** All rounds of one set: runs by row, `SET WHO`. */
async function contest(name, { command, waypost, peers }, port) {
  const user = name === "D" ? "robin" : name;
  const account = { host: "127.0.0.1", port, user, password: "secret", command, count: MESSAGES };
  const rows = new Map();
  const take = async (row, act) => {
    const result = await act();
    rows.set(row, [...(rows.get(row) ?? []), result]);
  };
  // The first round warms the server's memory up and is not counted.
  for (let round = 0; round <= ROUNDS; round += 1) {
    console.error(`${name}, round ${round}`);
    if (round === 1) rows.clear();
    if (command !== undefined) {
      await take("limit", () => limit(account));
      await take("node-raw", () => measure("node-raw", name, account));
    }
    for (const set of waypost) await take(set, () => measure("waypost", set, account));
    for (const [peer, rounds] of Object.entries(peers)) if (round > 0 && round <= rounds) await take(peer, () => measure(peer, name, account));
  }
  return rows;
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

/** What all of a set must agree on: how many came, and their sum. node-pop3 leaves dots stuffed and cuts line ends off. */
function verdict(rows) {
  const seen = new Map();
  for (const [row, runs] of rows) for (const { count, sum } of runs) if (count !== undefined) seen.set(row, `${count}, sum ${sum}`);
  return seen;
}

const published = [];
const lines = [];
const ratios = [];

function publish(set, who, runs, came) {
  const figure = (key) => (runs.some((one) => one[key] !== undefined) ? median(runs.map((one) => one[key])) : undefined);
  const figures = { ms: figure("ms"), cpu_ms: figure("cpuMs"), rss_MB: figure("rssMB") };
  for (const [metric, value] of Object.entries(figures)) if (value !== undefined) published.push({ set, who, metric, value });
  const cell = (value, digits = 0) => (value === undefined ? "" : value.toFixed(digits));
  lines.push([set, who, cell(figures.ms, 1), cell(figures.cpu_ms), cell(figures.rss_MB), String(runs.length), came ?? ""]);
  return figures;
}

function compare(name, set, peer, goal, rows) {
  const [own, other] = [rows.get(set), rows.get(peer)];
  const time = median(other.map(({ ms }) => ms)) / median(own.map(({ ms }) => ms));
  const memory = median(own.map(({ rssMB }) => rssMB)) / median(other.map(({ rssMB }) => rssMB));
  published.push({ set, who: `${peer}/waypost`, metric: "ratio of ms", value: time }, { set, who: `waypost/${peer}`, metric: "ratio of rss_MB", value: memory });
  ratios.push([set, `${peer} / waypost`, time.toFixed(1), `at least ${goal}`, time >= goal ? "reached" : "MISSED", `memory ${memory.toFixed(2)}${memory > 1 && peer.startsWith("imapflow") ? " MISSED" : ""}`]);
}

function print(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  for (const line of table) console.log(`| ${line.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  console.log();
}

const wanted = (name) => chosen.length === 0 || chosen.includes(name);

async function contests() {
  const imap = await serve("imap", "");
  const pop3 = await serve("replay", String(MESSAGES));
  for (const [name, set] of Object.entries(sets)) {
    if (!wanted(name)) continue;
    const rows = await contest(name, set, name === "D" ? pop3.port : imap.port);
    const came = verdict(rows);
    const truth = came.get(set.waypost[0]);
    for (const [row, runs] of rows) {
      const ours = set.waypost.includes(row);
      publish(ours ? row : name, ours ? "waypost" : row, runs, came.get(row));
      if (came.has(row) && came.get(row) !== truth && row !== "node-pop3") throw new Error(`${name}: ${row} got ${came.get(row)}, waypost got ${truth}`);
    }
    for (const [own, peer, goal] of set.goals) compare(name, own, peer, goal, rows);
  }
  if (wanted("Chromium")) await chromium(imap.port);
  if (wanted("slices")) await slices(imap.port);
  imap.child.kill();
  pop3.child.kill();
}

/** The sets in a page, through the gateway; the limit is a WebSocket that receives as many octets. */
async function chromium(imap) {
  const octets = {};
  for (const [name, { command, waypost }] of Object.entries(sets)) {
    if (command === undefined) continue;
    const { octets: size } = await limit({ port: imap, user: name, command });
    for (const set of waypost) octets[set] = size;
  }
  const messages = await serve("messages", "");
  const runs = await inChromium(octets, imap, messages.port, quick ? 1 : 5);
  messages.child.kill();
  for (const [set, { waypost, limit }] of runs) {
    publish(`${set}, Chromium`, "limit", limit);
    publish(`${set}, Chromium`, "waypost", waypost, `${waypost[0].count}, sum ${waypost[0].sum}`);
  }
}

/**
 * How long others of the thread wait for a cold list, and its first row for its first octets: each in a process or page of its own. The
 * goals are the issue's: 8 and 5 ms. With much else on the machine the thread itself waits, which counts too.
 */
async function slices(imap) {
  const kinds = ["A-columns", "A-objects", "B-columns", "B-objects"];
  const rounds = quick ? 3 : 15;
  const runs = new Map(kinds.map((set) => [set, []]));
  for (let round = 0; round < rounds; round += 1) {
    console.error(`slices, round ${round}`);
    for (const [set, found] of runs) {
      const { stdout } = await run(process.execPath, [join(import.meta.dirname, "slice.mjs"), set, String(imap)], { timeout: 120_000 });
      found.push(JSON.parse(stdout));
    }
  }
  const pages = await slicesInChromium(kinds, 200, imap, rounds);
  for (const [where, all] of [["", runs], [", Chromium", pages]]) {
    for (const [set, found] of all) {
      for (const [what, key, goal] of [["longest slice", "longest", 8], ["first row", "first", 5]]) {
        if (found[0][key] === undefined) continue;
        const values = found.map((one) => one[key]);
        const value = median(values);
        published.push({ set: `${set}${where}`, who: "waypost", metric: `${what}, ms`, value });
        ratios.push([`${set}${where}`, `${what}, ms`, value.toFixed(1), `at most ${goal}`, value <= goal ? "reached" : "MISSED", `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}, of ${found[0].count}`]);
      }
    }
  }
}

/** A list of 100,000 messages from a real Dovecot whose index is warm. */
async function dovecot() {
  console.error("filling Dovecot");
  const child = spawn(join(root, "target/release/waypost-servers"), ["dovecot", "--messages", "100000"], { stdio: ["pipe", "pipe", "inherit"] });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const { ports, users } = JSON.parse(value);
  const account = { host: "127.0.0.1", port: ports.imap, user: users[0].name, password: users[0].password, command: sets.A.command };
  const rows = new Map([["node-raw", []], ["A-columns", []], ["imapflow", []]]);
  for (let round = 0; round <= Math.min(ROUNDS, 5); round += 1) {
    console.error(`Dovecot, round ${round}`);
    for (const [row, runs] of rows) {
      if (row === "imapflow" && round > 2) continue;
      const who = row === "A-columns" ? "waypost" : row;
      const one = await measure(who, row === "imapflow" ? "A" : row, account);
      if (round > 0) runs.push(one);
    }
  }
  child.stdin.end();
  const came = verdict(rows);
  for (const [row, runs] of rows) publish("A, Dovecot", row === "A-columns" ? "waypost" : row, runs, came.get(row));
  const time = median(rows.get("A-columns").map(({ ms }) => ms)) / median(rows.get("node-raw").map(({ ms }) => ms));
  published.push({ set: "A, Dovecot", who: "waypost/node-raw", metric: "ratio of ms", value: time });
  ratios.push(["A, Dovecot", "waypost / node-raw", time.toFixed(2), "at most 1.1", time <= 1.1 ? "reached" : "MISSED", ""]);
}

await contests();
if (wanted("Dovecot")) await dovecot();
print([["set", "who", "ms", "cpu_ms", "rss_MB", "runs", "what came"], ...lines]);
print([["set", "ratio", "value", "goal", "", ""], ...ratios]);
mkdirSync(join(root, "target/bench"), { recursive: true });
writeFileSync(join(root, "target/bench/js.json"), `${JSON.stringify(published, null, 2)}\n`);
process.exit(0);
