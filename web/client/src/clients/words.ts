/** What mail hides in ASCII: encoded words of headers (RFC 2047) and parameters (RFC 2231). Charsets are the platform's. */
import { joined } from "./joined.js";

const decoders = new Map<string, TextDecoder | null>();

/** Octets in a charset as text; what the platform does not know is read as UTF-8, or as Windows-1252 where it is none. */
export function decodeCharset(octets: Uint8Array, charset: string): string {
  const name = charset.toLowerCase();
  let decoder = decoders.get(name);
  if (decoder === undefined) {
    try {
      decoder = new TextDecoder(name);
    } catch {
      decoder = null;
    }
    // Names come from mail: no more are kept than there are charsets.
    if (decoders.size < 256) decoders.set(name, decoder);
  }
  return decoder ? decoder.decode(octets) : decodeRaw(octets);
}

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true });
const western = new TextDecoder("windows-1252");

/** Octets that say nothing of their charset. */
export function decodeRaw(octets: Uint8Array): string {
  try {
    return strict.decode(octets);
  } catch {
    return western.decode(octets);
  }
}

const encodedWord = /=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi;

/** What was decoded lately: names and subjects come again and again. */
const lately = new Map<string, string>();
const MOST_LATELY = 2048;

/** A header's text with its encoded words decoded (RFC 2047, 6.2). What is none stays as it is. */
export function decodeWords(text: string): string {
  let decoded = lately.get(text);
  if (decoded === undefined) {
    decoded = decodeNew(text);
    if (lately.size >= MOST_LATELY) lately.clear();
    if (text.length < 512) lately.set(text, decoded);
  }
  return decoded;
}

function decodeNew(text: string): string {
  let result = "";
  let from = 0;
  let pending: { charset: string; parts: Uint8Array[] } | undefined;
  const flush = (): void => {
    if (pending) result += decodeCharset(joined(pending.parts), pending.charset);
    pending = undefined;
  };
  for (const match of text.matchAll(encodedWord)) {
    const [whole, charsetAndLanguage = "", encoding = "", content = ""] = match;
    const between = text.slice(from, match.index);
    // A language may follow the charset (RFC 2231, 5).
    const charset = charsetAndLanguage.split("*", 1)[0] ?? "";
    const octets = encoding.toLowerCase() === "b" ? fromBase64(content) : fromQ(content);
    if (!octets) continue;
    if (!pending || between.trim() !== "") {
      flush();
      result += between;
    }
    // Servers cut characters between words: those of one charset are decoded together.
    if (pending && pending.charset.toLowerCase() !== charset.toLowerCase()) flush();
    pending ??= { charset, parts: [] };
    pending.parts.push(octets);
    from = match.index + whole.length;
  }
  flush();
  return from === 0 ? text : result + text.slice(from);
}

/** Parameters with their continuations joined and their charsets decoded (RFC 2231, 3 and 4). */
export function decodeParameters(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const found = new Map<string, string>();
  const pieces = new Map<string, { index: number; value: string; encoded: boolean }[]>();
  for (const [name, value] of pairs) {
    const extended = /^(.+?)(?:\*(\d{1,3}))?(\*)?$/.exec(name);
    const [, base = name, index, mark] = extended ?? [];
    if (index === undefined && mark === undefined) {
      if (!found.has(name)) found.set(name, value);
    } else {
      const list = pieces.get(base) ?? [];
      list.push({ index: Number(index ?? 0), value, encoded: mark !== undefined });
      pieces.set(base, list);
    }
  }
  for (const [base, list] of pieces) found.set(base, joinPieces(list.sort((one, other) => one.index - other.index)));
  return Object.fromEntries([...found].map(([name, value]) => [name, value.includes("=?") ? decodeWords(value) : value]));
}

function joinPieces(list: readonly { readonly value: string; readonly encoded: boolean }[]): string {
  const [first] = list;
  const head = first?.encoded === true ? /^([^']*)'[^']*'/.exec(first.value) : null;
  const charset = head?.[1] === undefined || head[1] === "" ? "utf-8" : head[1];
  const parts = list.map(({ value, encoded }, position) => {
    const text = position === 0 && head ? value.slice(head[0].length) : value;
    return encoded ? fromPercent(text) : encoder.encode(text);
  });
  return decodeCharset(joined(parts), charset);
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/[^A-Za-z0-9+/]/g, "")), (sign) => sign.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const fromQ = (text: string): Uint8Array => unescaped(text.replaceAll("_", " "), "=");
const fromPercent = (text: string): Uint8Array => unescaped(text, "%");

/** A mark and two hexadecimal digits stand for an octet. */
function unescaped(text: string, mark: string): Uint8Array {
  const octets = encoder.encode(text);
  const code = mark.charCodeAt(0);
  let to = 0;
  for (let at = 0; at < octets.length; at += 1) {
    const [high, low] = octets[at] === code ? [digit(octets[at + 1]), digit(octets[at + 2])] : [-1, -1];
    const isOctet = high >= 0 && low >= 0;
    octets[to] = isOctet ? high * 16 + low : (octets[at] ?? 0);
    if (isOctet) at += 2;
    to += 1;
  }
  return octets.subarray(0, to);
}

/** The value of a hexadecimal digit; negative for none. */
function digit(code = 0): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
