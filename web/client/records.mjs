// Types of the records that cross between engine and page, from the Rust types that are serialised: what these say of themselves, with an
// example for each. crates/testkit/tests/records.rs holds written values against them.
//   node records.mjs --write   writes src/records.generated.ts, what is stored, and src/answers.generated.ts, what the engine says
//   node records.mjs           fails where they differ from what the sources hold
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");
const target = (name) => join(import.meta.dirname, `src/${name}.generated.ts`);

const store = "crates/store/src";
const sync = "crates/sync/src";
const message = "crates/message/src/lib.rs";

/**
 * What is written, in this order. `as`: the name in TypeScript. `types`: of fields that say less in Rust. `asked`: a question, in which
 * everything may be left out. `also`: what the page adds.
 */
const wanted = [
  { file: `${store}/record.rs`, name: "Protocol", example: 'const protocol: Protocol = "imap";' },
  { file: `${store}/record.rs`, name: "Removal", example: "const fortnight: Removal = { afterDownload: false, afterDays: 14, whenDeleted: true, whenMoved: false };" },
  { file: `${store}/record.rs`, name: "Download", example: 'const preview: Download = { kind: "beginning", kibibytes: 32 };' },
  { file: `${store}/record.rs`, name: "Pop3Settings", example: "const minutes = (account.pop3.interval ?? 0) / 60;" },
  {
    file: `${store}/record.rs`,
    name: "Rule",
    example: 'const lists: Rule = { name: "Lists", conditions: [{ kind: "listId", value: "news.example.org" }], actions: [{ kind: "move", value: folder.id }], last: true };\nawait mail.setRules(account.id, [lists]);',
  },
  { file: `${store}/record.rs`, name: "Condition", example: 'const large: Condition = { kind: "larger", value: 10_000_000 };' },
  { file: `${store}/record.rs`, name: "Action", example: 'const star: Action = { kind: "flag", value: "\\\\Flagged" };' },
  {
    file: `${store}/maildrop.rs`,
    name: "Notice",
    example: 'for (const notice of account.notices) if (notice.kind === "loginDelay") console.log(`${notice.seconds} s between checks`);',
  },
  { file: `${store}/maildrop.rs`, name: "Migration", example: 'await mail.answerMigration(account.id, "sameMail" satisfies Migration);' },
  { file: `${store}/record.rs`, name: "AccountRecord", as: "Account", example: "const [account]: readonly Account[] = await mail.accounts();" },
  {
    file: `${store}/record.rs`,
    name: "MailboxRecord",
    as: "Mailbox",
    types: { role: '"inbox" | "drafts" | "sent" | "junk" | "trash" | "archive" | "all" | "flagged" | null' },
    example: "const { name, unseen, total }: Mailbox = await mail.inbox(account.id);",
  },
  { file: `${store}/record.rs`, name: "MessageRow", example: 'const isUnread = ({ flags }: MessageRow) => !flags.includes("\\\\Seen");' },
  { file: `${sync}/list.rs`, name: "ListOrder", example: 'const order: ListOrder = "size";' },
  { file: `${sync}/list.rs`, name: "ListFilter", example: 'const filter: ListFilter = "unread";' },
  { file: `${sync}/list.rs`, name: "ListQuery", asked: true, example: 'const largest: ListQuery = { order: "size", limit: 20 };' },
  { file: `${sync}/local/moving.rs`, name: "Moved", example: "const moved: readonly Moved[] = await mail.moveMessages([row.id], archive.id);\nawait mail.undoMove(moved);" },
  { file: message, name: "Address", example: 'const shown = ({ name, address }: Address) => (name === "" ? address : name);' },
  { file: message, name: "Attachment", example: "const label = ({ name, size }: Attachment) => `${name}, ${Math.ceil(size / 1024)} KiB`;" },
  { file: message, name: "MessageView", example: "const { subject, text, parts }: MessageView = await mail.message(row.id);" },
  { file: `${store}/maildrop.rs`, name: "UidlState", example: 'const leaves = (state: UidlState) => (state.kind === "due" ? new Date(state.at) : null);' },
  {
    file: `${sync}/pop3/history.rs`,
    name: "LedgerQuery",
    asked: true,
    types: { states: 'readonly UidlState["kind"][]' },
    example: 'const deleted: LedgerQuery = { states: ["deleted"], limit: 50 };',
  },
  {
    file: `${sync}/pop3/history.rs`,
    name: "LedgerEntry",
    example: 'const line = ({ subject, size, here }: LedgerEntry) => `${subject}, ${size} octets, ${here ? "here" : "there"}`;',
  },
  { file: `${sync}/pop3/history.rs`, name: "LedgerPage", example: "const { total, entries }: LedgerPage = await mail.ledger(account.id, { limit: 50 });" },
  { file: `${store}/usage.rs`, name: "Amount", example: "const average = ({ count, octets }: Amount) => (count === 0 ? 0 : octets / count);" },
  { file: `${sync}/contents/usage.rs`, name: "AccountUsage", example: "for (const { account, onlyCopy } of await mail.usage()) console.log(account, onlyCopy.octets);" },
  { file: "crates/wasm/src/persistence.rs", name: "Estimate", as: "StorageEstimate", example: "const estimate: StorageEstimate | null = await mail.storageEstimate();" },
  { file: `${sync}/export.rs`, name: "Tally", example: "const isWhole = ({ leftOut, damaged }: Tally) => leftOut + damaged === 0;" },
  { file: `${sync}/verify/mod.rs`, name: "ProblemKind", example: 'const isLost = (kind: ProblemKind) => kind === "content-missing";' },
  { file: `${sync}/verify/mod.rs`, name: "Problem", example: 'const line = ({ kind, where, repaired }: Problem) => `${kind} at ${where}${repaired ? ", mended" : ""}`;' },
  { file: `${sync}/verify/mod.rs`, name: "Report", example: "const { checked, problems }: Report = await mail.verify(true);" },
  { file: `${sync}/error.rs`, name: "Blame", example: 'const canMend = error.blame === ("user" satisfies Blame);' },
  {
    file: `${sync}/error.rs`,
    name: "ErrorParts",
    as: "ErrorShape",
    types: { code: "ErrorCode" },
    also: ["What the runtime said, for a developer's log; left out where it said nothing.", "cause?: unknown"],
    example: 'if (status.state === "offline") console.log((status.error satisfies ErrorShape).message);',
  },
  { file: `${sync}/settings.rs`, name: "AccountState", example: "const status: AccountState = await mail.state(account.id);" },
  { file: `${sync}/settings.rs`, name: "StorageState", example: 'mail.addEventListener("storage", ({ detail }) => show((detail satisfies StorageState).storage));' },
];

/** What types of Rust are in TypeScript. */
const known = new Map([
  ...["u16", "u32", "u64", "i64", "f64"].map((number) => [number, "number"]),
  ["bool", "boolean"],
  ...["String", "char", "MessageId"].map((text) => [text, "string"]),
  ["Security", "Security"],
  ["SyncError", "ErrorShape"],
  ...wanted.map(({ name, as = name }) => [name, as]),
]);

/** Names as serde writes them. */
const cases = {
  camelCase: (name) => name.replace(/^[A-Z]/, (letter) => letter.toLowerCase()).replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
  lowercase: (name) => name.toLowerCase(),
  "kebab-case": (name) => name.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase(),
};

const attribute = (attributes, key) => new RegExp(`\\b${key} = "([^"]+)"`).exec(attributes)?.[1];

function renamed(name, own, all) {
  const rule = attribute(all, "rename_all");
  return attribute(own, "rename") ?? (rule === undefined ? name : cases[rule](name));
}

/** Splits what stands between braces into its members, each with its comment and its attributes. */
function membersOf(body) {
  const member = /((?:^\s*\/\/\/.*\n)+)?((?:^\s*#\[.*\]\n)*)^(\s*)(?:pub(?:\(crate\))? )?(\w+)(?:: (.+)|\((.+)\)| \{\n([^]*?)\n\3\})?,$/gm;
  const found = [...body.matchAll(member)];
  const depth = /^ *(?=[^ ])/.exec(body)?.[0] ?? "";
  const meant = body.split("\n").filter((line) => new RegExp(`^${depth}(?:pub|[A-Za-z])`).test(line)).length;
  if (found.length !== meant) throw new Error(`${meant} members, of which ${found.length} are understood:\n${body}`);
  return found.map(([, comment = "", attributes, , name, type, inner, fields]) => ({ comment: said(comment), attributes, name, type, inner, fields }));
}

/** A comment as one text, in words of TypeScript. */
function said(comment) {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\/\/\/ ?/, ""))
    .join(" ")
    .trim()
    .replace(/\[`(?:\w+::)?(\w+)`\]/g, (_, name) => `\`${known.get(name) ?? cases.camelCase(name)}\``)
    .replaceAll("`None`", "null");
}

function typeOf(type, place) {
  const [, outer, inner] = /^(Option|Vec)<(.+)>$/.exec(type) ?? [];
  if (outer === "Option") return `${typeOf(inner, place)} | null`;
  if (outer === "Vec") return `readonly ${typeOf(inner, place)}[]`;
  const found = known.get(type);
  if (found === undefined) throw new Error(`${place}: nothing is known of the type ${type}; add it to records.mjs`);
  return found;
}

/** Lines of a comment, at most so wide. */
function comment(text, indent, example) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (`${lines.at(-1)} ${word}`.length > 140 - indent.length) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  if (lines.length === 1 && example === undefined) return `${indent}/** ${text} */\n`;
  if (example !== undefined) lines.push("", "@example", ...example.split("\n"));
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** The fields of a struct or of a variant. */
function fieldsOf(body, attributes, { types = {}, asked = false, place }, indent) {
  return membersOf(body).map((field) => {
    const name = renamed(field.name, field.attributes, attributes);
    let type = types[name] ?? typeOf(field.type, `${place}.${field.name}`);
    if (asked) type = type.replace(/ \| null$/, "");
    if (field.comment === "") throw new Error(`${place}.${field.name} has no comment`);
    return `${comment(field.comment, indent)}${indent}readonly ${name}${asked ? "?" : ""}: ${type};\n`;
  });
}

function variantOf(variant, attributes, place) {
  const name = JSON.stringify(renamed(variant.name, variant.attributes, attributes));
  const tag = attribute(attributes, "tag");
  if (tag === undefined) return name;
  const kind = `readonly ${tag}: ${name}`;
  if (variant.inner !== undefined) return `{ ${kind}; readonly ${attribute(attributes, "content")}: ${typeOf(variant.inner, place)} }`;
  if (variant.fields === undefined) return `{ ${kind} }`;
  return `{\n      ${kind};\n${fieldsOf(variant.fields, variant.attributes, { place }, "      ").join("")}    }`;
}

function declaration(one) {
  const { file, name, as = name, also, example } = one;
  const text = readFileSync(join(root, file), "utf8");
  const form = new RegExp(`((?:^///.*\\n)+)((?:^#\\[.*\\]\\n)*)^pub(?:\\(crate\\))? (struct|enum) ${name} \\{\\n([^]*?)\\n\\}$`, "m");
  const [, rust, attributes, kind, body] = form.exec(text) ?? [];
  if (body === undefined) throw new Error(`${file} has no type ${name} with a comment`);
  const head = comment(said(rust), "", example);
  if (kind === "struct") {
    const fields = fieldsOf(body, attributes, { ...one, place: name }, "  ");
    if (also !== undefined) fields.push(`${comment(also[0], "  ")}  readonly ${also[1]};\n`);
    return `${head}export interface ${as} {\n${fields.join("")}}\n`;
  }
  const variants = membersOf(body).map((variant) => `${comment(variant.comment, "  ")}  | ${variantOf(variant, attributes, `${name}::${variant.name}`)}`);
  return `${head}export type ${as} =\n${variants.join("\n")};\n`;
}

/** Where types are that no Rust type is for. */
const elsewhere = { Security: "./clients/transport.js", ErrorCode: "./types.js" };

/** The files, by name: what `crates/store` keeps, and the rest. */
export function files() {
  const groups = { records: wanted.filter(({ file }) => file.startsWith(store)), answers: wanted.filter(({ file }) => !file.startsWith(store)) };
  const places = { ...elsewhere };
  for (const [group, types] of Object.entries(groups)) for (const { name, as = name } of types) places[as] = `./${group}.generated.js`;
  return Object.entries(groups).map(([group, types]) => {
    const text = types.map(declaration).join("\n");
    const named = new Set(text.replace(/\/\*[^]*?\*\/|"[^"]*"/g, "").match(/\b[A-Z]\w+/g));
    const from = {};
    for (const name of [...named].sort()) if (places[name] !== `./${group}.generated.js`) (from[places[name]] ??= []).push(name);
    const imports = Object.keys(from)
      .sort()
      .map((place) => `import type { ${from[place].join(", ")} } from "${place}";\n`);
    return [group, `// Written by records.mjs from the Rust types.\n${imports.join("")}\n${text}`];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [name, made] of files()) {
    if (process.argv[2] === "--write") writeFileSync(target(name), made);
    else if (readFileSync(target(name), "utf8") !== made) {
      console.error(`src/${name}.generated.ts is not what the Rust types say. Run: node records.mjs --write`);
      process.exitCode = 1;
    }
  }
}
