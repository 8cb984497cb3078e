/** Sets of messages and searches in the words that the machine reads (`crates/clients/src/imap/keys.rs`). */
import { wrongArgument } from "../errors.js";
import type { Day, Range, SearchQuery } from "./imap-types.js";

/** A set as IMAP writes it; null for none at all. */
export function setOf(range: Range): string | null {
  if (typeof range === "string") {
    if (/^(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*$/.test(range)) return range;
    throw wrongArgument(`"${range.slice(0, 40)}" is no set of messages. Write it as "1:*" or "3,5:9".`);
  }
  const numbers = typeof range === "number" ? [range] : range;
  if (numbers.length === 0) return null;
  let set = "";
  let first = 0;
  let last = 0;
  const put = (): void => {
    if (first !== 0) set += `${set === "" ? "" : ","}${first}${first === last ? "" : `:${last}`}`;
  };
  for (const number of numbers) {
    if (!Number.isInteger(number) || number < 1 || number > 0xffff_ffff) {
      throw wrongArgument(`${number} is no UID: these are whole numbers from 1 to 4294967295.`);
    }
    if (number === last + 1 && first !== 0) last = number;
    else {
      put();
      first = number;
      last = number;
    }
  }
  put();
  return set;
}

/** A query in words. */
export function searchWords(query: SearchQuery): string[] {
  const words = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : wordsOf(key, value)));
  return words.length === 0 ? ["all"] : words;
}

/** How many keys stand in the words of a query, each with its own name. */
function asOne(query: SearchQuery): string[] {
  const keys = Object.entries(query).filter(([, value]) => value !== undefined);
  const count = keys.reduce((sum, [key, value]) => sum + keysIn(key, value), 0);
  return count === 0 ? ["all"] : ["and", String(count), ...searchWords(query)];
}

function keysIn(key: string, value: unknown): number {
  return key === "header" && typeof value === "object" && value !== null ? Object.keys(value).length : 1;
}

const booleans = "seen answered flagged deleted draft";
const texts = "keyword unkeyword from to cc bcc subject body text emailId threadId gmailRaw";
const days = "since before on sentSince sentBefore sentOn";
const sizes = "larger smaller modseq";
const known = `${booleans} ${texts} ${days} ${sizes} uid header not or`;

const isOneOf = (names: string, name: string): boolean => names.split(" ").includes(name);

function wordsOf(key: string, value: unknown): string[] {
  if (isOneOf(booleans, key)) return [value === true ? key : `un${key}`];
  if (isOneOf(texts, key) && typeof value === "string") return [key, value];
  if (isOneOf(days, key)) return [key, dayOf(value as Day)];
  if (isOneOf(sizes, key) && (typeof value === "number" || typeof value === "bigint")) return [key, String(value)];
  if (key === "uid") {
    const set = setOf(value as Range);
    return set === null ? ["not", "all"] : [key, set];
  }
  if (key === "header") return Object.entries(value as Readonly<Record<string, string>>).flatMap(([name, text]) => ["header", name, text]);
  if (key === "not") return ["not", ...asOne(value as SearchQuery)];
  if (key === "or") return either(value as readonly SearchQuery[]);
  throw wrongArgument(isOneOf(known, key) ? `A search can't look for this value of "${key}".` : `A search knows no "${key}". It knows ${known.replaceAll(" ", ", ")}.`);
}

/** OR takes two keys: more are nested. One of none is nothing. */
function either(queries: readonly SearchQuery[]): string[] {
  const [first, ...rest] = queries;
  if (!first) return ["not", "all"];
  return rest.length === 0 ? asOne(first) : ["or", ...asOne(first), ...either(rest)];
}

/** A day as `2026-11-30`. */
function dayOf(day: Day): string {
  const moment = typeof day === "number" ? new Date(day) : day;
  const text = moment instanceof Date && !Number.isNaN(moment.getTime()) ? moment.toISOString().slice(0, 10) : moment.toString();
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw wrongArgument(`"${text.slice(0, 40)}" is no day. Write it as "2026-11-30", or give a Date.`);
}
