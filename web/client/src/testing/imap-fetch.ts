/** Answers to FETCH and SEARCH. */
import { setOf, textOf, type Value } from "./imap-syntax.js";
import type { StoredMessage } from "./maildrop.js";
import { envelope, field, fields, parse, type Part, partAt, structure } from "./mime.js";
import { binary } from "./octets.js";

/** What a message gives for FETCH, and whether it is read by that. */
export interface Fetched {
  readonly items: readonly string[];
  readonly seen: boolean;
}

const macros: Readonly<Record<string, string>> = {
  ALL: "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE",
  FAST: "FLAGS INTERNALDATE RFC822.SIZE",
  FULL: "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY",
};

/** The items of one message. */
export function fetched(message: StoredMessage, wanted: readonly Value[], byUid: boolean): Fetched {
  const text = binary(message.octets);
  let seen = false;
  const names = wanted.flatMap((name) => (macros[textOf(name).toUpperCase()] ?? textOf(name)).split(/ (?![^[]*\])/));
  const items = names.map((name) => {
    const upper = name.toUpperCase();
    const section = /^(BODY|BODY\.PEEK)\[(.*)\](?:<(\d+)\.(\d+)>)?$/is.exec(name);
    if (section !== null) {
      const [, how = "", path = "", from, count] = section;
      seen ||= how.toUpperCase() === "BODY";
      return body(text, path, from === undefined ? undefined : [Number(from), Number(count)]);
    }
    return simple(message, text, upper);
  });
  const uid = byUid && !names.some((name) => name.toUpperCase() === "UID") ? [`UID ${message.uid}`] : [];
  return { items: [...uid, ...items], seen };
}

function simple(message: StoredMessage, text: string, name: string): string {
  switch (name) {
    case "UID":
      return `UID ${message.uid}`;
    case "FLAGS":
      return flagsOf(message);
    case "RFC822.SIZE":
      return `RFC822.SIZE ${text.length}`;
    case "INTERNALDATE":
      return `INTERNALDATE "${internalDate(message.date)}"`;
    case "ENVELOPE":
      return `ENVELOPE ${envelope(parse(text).header)}`;
    case "BODYSTRUCTURE":
      return `BODYSTRUCTURE ${structure(parse(text), true)}`;
    case "BODY":
      return `BODY ${structure(parse(text), false)}`;
    case "RFC822.HEADER":
      return `RFC822.HEADER ${literal(parse(text).header)}`;
    default:
      return `${name} NIL`;
  }
}

/** FLAGS of a message. */
export function flagsOf({ flags }: StoredMessage): string {
  return `FLAGS (${[...flags].join(" ")})`;
}

function body(text: string, section: string, range: readonly [number, number] | undefined): string {
  const whole = sectionOf(text, section);
  const name = `BODY[${section.toUpperCase()}]${range === undefined ? "" : `<${range[0]}>`}`;
  if (whole === undefined) return `${name} NIL`;
  return `${name} ${literal(range === undefined ? whole : whole.slice(range[0], range[0] + range[1]))}`;
}

function sectionOf(text: string, section: string): string | undefined {
  if (section === "") return text;
  const [, numbers = "", rest = ""] = /^((?:\d+)(?:\.\d+)*)?\.?(.*)$/s.exec(section) ?? [];
  const path = numbers === "" ? [] : numbers.split(".").map(Number);
  const part = partAt(parse(text), path);
  if (part === undefined) return undefined;
  const message: Part = path.length > 0 && part.type === "message" ? (part.parts[0] ?? part) : part;
  const [, word = "", not, names = ""] = /^(HEADER\.FIELDS(\.NOT)?|[A-Z]+)?(?: \((.*)\))?$/is.exec(rest)?.slice(0) ?? [];
  switch (word.toUpperCase()) {
    case "":
      return part.body;
    case "MIME":
      return part.header;
    case "HEADER":
      return message.header;
    case "TEXT":
      return message.body;
    default:
      return fields(message.header, names.split(" ").map((name) => name.replace(/^"(.*)"$/, "$1")), not !== undefined);
  }
}

function literal(text: string): string {
  return `{${text.length}}\r\n${text}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function internalDate(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (number: number): string => String(number).padStart(2, "0");
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${String(date.getUTCDate()).padStart(2)}-${months[date.getUTCMonth()] ?? ""}-${date.getUTCFullYear()} ${time} +0000`;
}

/** `17-Jul-1996 02:44:25 -0700` as milliseconds since 1970. */
export function dateOf(text: string): number {
  const [, day = "1", month = "Jan", year = "1970", time = "00:00:00", zone = "+0000"] = /^ ?(\d+)-(\w+)-(\d+)(?: ([\d:]+) ([+-]\d+))?$/.exec(text.trim()) ?? [];
  return Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
}

type Test = (message: StoredMessage, sequence: number) => boolean;

/** What SEARCH asks, as a test of messages. Undefined where a key is not known here. */
export function search(keys: readonly Value[], lastSequence: number, lastUid: number): Test | undefined {
  const left = [...keys];
  const tests: Test[] = [];
  while (left.length > 0) {
    const test = one(left, lastSequence, lastUid);
    if (test === undefined) return undefined;
    tests.push(test);
  }
  return (message, sequence) => tests.every((test) => test(message, sequence));
}

const flagKeys: Readonly<Record<string, string>> = { ANSWERED: "\\Answered", DELETED: "\\Deleted", DRAFT: "\\Draft", FLAGGED: "\\Flagged", SEEN: "\\Seen" };

function one(left: Value[], lastSequence: number, lastUid: number): Test | undefined {
  const key = left.shift();
  if (typeof key !== "string") return search(key ?? [], lastSequence, lastUid);
  const name = key.toUpperCase();
  const next = (): string => textOf(left.shift());
  const flag = flagKeys[name] ?? flagKeys[name.replace(/^UN/, "")];
  if (flag !== undefined) return (message) => message.flags.has(flag) === (flagKeys[name] !== undefined);
  switch (name) {
    case "ALL":
      return () => true;
    case "UID": {
      const set = setOf(next(), lastUid);
      return ({ uid }) => set(uid);
    }
    case "NOT": {
      const inner = one(left, lastSequence, lastUid);
      return inner && ((message, sequence) => !inner(message, sequence));
    }
    case "OR": {
      const [a, b] = [one(left, lastSequence, lastUid), one(left, lastSequence, lastUid)];
      return a && b && ((message, sequence) => a(message, sequence) || b(message, sequence));
    }
    case "KEYWORD":
    case "UNKEYWORD": {
      const keyword = next();
      return ({ flags }) => flags.has(keyword) === (name === "KEYWORD");
    }
    case "FROM":
    case "TO":
    case "CC":
    case "BCC":
    case "SUBJECT":
      return holds(next(), ({ header }) => field(header, name.toLowerCase()) ?? "");
    case "HEADER": {
      const header = next().toLowerCase();
      return holds(next(), (part) => field(part.header, header));
    }
    case "BODY":
      return holds(next(), ({ body }) => body);
    case "TEXT":
      return holds(next(), ({ header, body }) => header + body);
    case "LARGER":
    case "SMALLER": {
      const size = Number(next());
      return ({ octets }) => (name === "LARGER" ? octets.length > size : octets.length < size);
    }
    case "SINCE":
    case "BEFORE":
    case "ON": {
      const [day, length] = [dateOf(next()), 86_400_000];
      return ({ date }) => (name === "SINCE" ? date >= day : name === "BEFORE" ? date < day : date >= day && date < day + length);
    }
    default: {
      if (!/^[\d:*,]+$/.test(name)) return undefined;
      const set = setOf(name, lastSequence);
      return (_, sequence) => set(sequence);
    }
  }
}

function holds(text: string, where: (part: Part) => string | undefined): Test {
  const wanted = text.toLowerCase();
  return ({ octets }) => where(parse(binary(octets)))?.toLowerCase().includes(wanted) ?? false;
}
