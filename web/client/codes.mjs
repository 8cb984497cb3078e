// All error codes, from where they are made: the tables of the Rust crates, and src/faults.ts.
//   node codes.mjs --write   writes src/codes.generated.ts and docs/ERRORS.md
//   node codes.mjs           fails where they differ from what the sources hold
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");

/** Where rows of errors stand, and who raises them. */
const places = [
  { from: "engine", folder: "crates/sync/src/words" },
  { from: "engine", folder: "crates/wasm/src" },
  { from: "client", folder: "crates/clients/src" },
];

/** The package's own catalogues, and who raises what stands there. */
const catalogues = [
  { from: "package", file: "web/client/src/faults.ts" },
  { from: "package", file: "web/client/src/engine-faults.ts" },
  { from: "transport", file: "web/client/src/transports/failures.ts" },
  { from: "client", file: "web/client/src/clients/shared-faults.ts" },
  { from: "client", file: "web/client/src/clients/imap-faults.ts" },
  { from: "client", file: "web/client/src/clients/pop3-faults.ts" },
];
const tunnel = "crates/tunnel/src/code.rs";

const read = (file) => readFileSync(join(root, file), "utf8");

const rustFiles = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .sort()
    .map((name) => `${folder}/${name}`);

/** Rust without its tests and comments. */
const program = (text) => text.split("#[cfg(test)]")[0].replace(/^\s*\/\/.*$/gm, "");

/** A Rust or TypeScript text as it is shown. Names and numbers that are known only later become words. */
function sentence(raw) {
  return raw
    .replace(/\\\n\s*/g, "")
    .replace(/\\"/g, '"')
    .replace(/'\{table\}'/g, "a table")
    .replace(/: (?:\{why\}|WHY)/g, "")
    .replace(/\{limit\} MiB/g, "the largest size")
    .replace(/\bport PORT\b/g, "this port")
    .replace(/(^|: )HOST/, (_, before) => `${before}${before === "" ? "The" : "the"} server`)
    .replace(/([.?!] )HOST/g, "$1The server")
    .replace(/\bHOST\b/g, "the server");
}

/** Rows such as `row("auth-failed", Blame::User, false, "...")`. */
function rowsOf(file, from) {
  const text = program(read(file));
  const row = /\b(?:row|error|fault)\(\s*"([a-z0-9-]+)",\s*Blame::(\w+),\s*(true|false),\s*(?:(?:&format!\(\s*)?"((?:[^"\\]|\\[^])*)"|\w+\))/g;
  const rows = [...text.matchAll(row)].map(([, code, blame, retryable, message]) => ({
    code,
    from,
    blame: blame.toLowerCase(),
    retryable: retryable === "true",
    // Where the sentence is handed in, another row of the code has one.
    message: message === undefined ? undefined : sentence(message),
  }));
  const meant = text.match(/Blame::\w+,\s*(?:true|false),/g)?.length ?? 0;
  if (meant !== rows.length) throw new Error(`${file} has ${meant} rows of errors, of which ${rows.length} are understood; write them as the others are`);
  return rows;
}

/** The table of the tunnel: code, fault and retry. Its sentences are the engine's. */
function tunnelCodes() {
  const rows = [...program(read(tunnel)).matchAll(/=> \("([a-z-]+)", Fault::\w+, (?:true|false)\)/g)];
  return rows.map(([, code]) => code);
}

/** The package's own errors, as the compiler has them. */
function packageRows({ from, file }) {
  const block = read(file).split("const catalogue = {")[1].split("\n} as const")[0];
  const row = /(?:"([a-z0-9-]+)"|\b([a-z]+)): \["([a-z]+)", (true|false), "((?:[^"\\]|\\.)*)"\],/g;
  const rows = [...block.matchAll(row)].map(([, quoted, plain, blame, retryable, message]) => ({
    code: quoted ?? plain,
    from,
    blame,
    retryable: retryable === "true",
    message: sentence(message),
  }));
  const meant = block.match(/\[/g)?.length ?? 0;
  if (meant !== rows.length) throw new Error(`${file} has ${meant} rows, of which ${rows.length} are understood`);
  return rows;
}

/** All of them by code: `{ code, kinds: [{ from, blame, retryable, happened, todo }] }`. */
export function codes() {
  const rows = [...places.flatMap(({ from, folder }) => rustFiles(folder).flatMap((file) => rowsOf(file, from))), ...catalogues.flatMap(packageRows)];
  const known = new Set(rows.map(({ code }) => code));
  const worded = rows.filter(({ message }) => message !== undefined);
  for (const { code } of rows) if (!worded.some((row) => row.code === code)) throw new Error(`${code} has no sentence of its own`);
  for (const code of tunnelCodes()) if (!known.has(code)) throw new Error(`${tunnel}: ${code} has no sentence in crates/sync/src/words`);
  return [...known].sort().map((code) => {
    const kinds = new Map();
    for (const { from, blame, retryable, message } of worded.filter((row) => row.code === code)) {
      const [, happened, todo] = /^(.*?[.?!])(?: (?=[A-Z])(.*))?$/s.exec(message) ?? [];
      if (todo === undefined) throw new Error(`${code}: "${message}" must be two sentences: what happened, and what to do`);
      kinds.set(message, { from, blame, retryable, happened, todo });
    }
    return { code, kinds: [...kinds.values()] };
  });
}

function page(all) {
  const sections = all.map(({ code, kinds }) => {
    const blocks = kinds.map(({ from, blame, retryable, happened, todo }) => {
      const facts = `Raised by the ${from} · blame \`${blame}\` · ${retryable ? "may succeed when tried again" : "not retryable as it is"}`;
      return `${facts}\n\n**What happened.** ${happened}\n\n**What to do.** ${todo}\n`;
    });
    return `## ${code}\n\n${blocks.join("\n")}`;
  });
  return `# Errors

Every rejected call gives a \`MailError\`: \`code\` for programs, \`message\` for people, \`blame\`, \`retryable\`, \`serverText\` (the mail server's
own words) and \`cause\`. These are all codes of this version. A later gateway may have others; go by \`blame\` and \`retryable\` then.
An aborted call rejects with its signal's reason instead. In a message, the server is named.

Written by \`web/client/codes.mjs\` from the sources. Change it there.

${sections.join("\n")}`;
}

function module(all) {
  const lines = all.map(({ code }) => `  | "${code}"`).join("\n");
  return `// Written by codes.mjs from the sources; docs/ERRORS.md has a section for each.

/**
 * All codes of this version; the code of a {@link MailError} may also be one of a later gateway.
 *
 * @example
 * const code: KnownCode = "auth-failed";
 */
export type KnownCode =
${lines};
`;
}

function main() {
  const all = codes();
  const files = [
    ["web/client/src/codes.generated.ts", module(all)],
    ["docs/ERRORS.md", page(all)],
  ];
  if (process.argv.includes("--write")) {
    for (const [file, text] of files) writeFileSync(join(root, file), text);
    return;
  }
  const stale = files.filter(([file, text]) => read(file) !== text).map(([file]) => file);
  if (stale.length === 0) return;
  console.error(`${stale.join(" and ")} differ from the sources. Run: node web/client/codes.mjs --write`);
  process.exit(1);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
