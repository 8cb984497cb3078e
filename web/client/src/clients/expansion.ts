/** Envelopes and body structures of a batch of rows, taken apart in wasm when somebody looks at one, and made objects when he does. */
import { internal } from "../errors.js";
import type { ExpanderMachine } from "./imap-machine.js";
import type { Address, Envelope, Part } from "./imap-types.js";
import { decodeParameters, decodeRaw, decodeWords } from "./words.js";

/** An instance that takes batches apart: one for all connections of a module, since rows outlive these. */
export interface Expander {
  readonly machine: ExpanderMachine;
  readonly memory: WebAssembly.Memory;
  /** It can't be used any more. */
  died(): void;
}

/** Marks of a string, as in `crates/clients/src/imap/expand.rs`. The first is the sign. */
const WIDE = 1 << 30;
const ENCODED = 1 << 29;
const PLACE = ENCODED - 1;

/** Where a thing is that there is not. */
const NONE = 0xffff_ffff;

const decoder = new TextDecoder();
const none: readonly never[] = [];

/** A batch that was taken apart. */
export class Expansion {
  /** Two for each row that has any: where its envelope is in `#nodes`, and its structure. */
  readonly #rows: Uint32Array;
  readonly #nodes: Uint32Array;
  /** Two for each string: where it begins in `#ascii`, and where it ends with the marks. */
  readonly #places: Int32Array;
  readonly #wide: Uint32Array;
  readonly #wideOctets: Uint8Array;
  /** Octets that hold all strings of ASCII: taking a piece of them costs next to nothing. */
  readonly #ascii: string;

  /** Tables in memory that is used again. */
  private constructor(table: (index: number) => Uint8Array) {
    this.#rows = words(table(0));
    this.#nodes = words(table(1));
    this.#places = new Int32Array(words(table(2)).buffer);
    this.#ascii = decoder.decode(table(3));
    this.#wide = words(table(4));
    this.#wideOctets = table(5).slice();
  }

  /** Takes apart what `Rows` in wasm packed. */
  static of(expander: Expander, places: Uint32Array, octets: Uint8Array): Expansion {
    const { machine, memory } = expander;
    try {
      const placesAt = machine.room_for_places(places.length);
      new Uint32Array(memory.buffer, placesAt, places.length).set(places);
      const octetsAt = machine.room_for_octets(octets.length);
      new Uint8Array(memory.buffer, octetsAt, octets.length).set(octets);
      // A call lets the memory grow, and then its buffer is another.
      const tableAt = machine.expand();
      const table = new Uint32Array(memory.buffer, tableAt, 12);
      return new Expansion((index) => new Uint8Array(memory.buffer, table[index * 2], table[index * 2 + 1]));
    } catch (cause) {
      expander.died();
      throw internal(cause);
    }
  }

  /** The envelope of the row that is this one of those that have any. */
  envelope(row: number): Envelope | null {
    const at = this.#rows[row * 2] ?? NONE;
    return at === NONE ? null : this.#envelope(at);
  }

  /** Its structure. */
  structure(row: number): Part | null {
    const at = this.#rows[row * 2 + 1] ?? NONE;
    return at === NONE ? null : this.#part(at, "");
  }

  #text(index: number): string | null {
    const mark = this.#places[index * 2 + 1] ?? -1;
    if (mark < 0) return null;
    if ((mark & WIDE) !== 0) return decodeWords(this.#wideText(index));
    const text = this.#ascii.substring(this.#places[index * 2] ?? 0, mark & PLACE);
    return (mark & ENCODED) === 0 ? text : decodeWords(text);
  }

  /** A string that is not of ASCII. They stand in their order. */
  #wideText(index: number): string {
    let low = 0;
    let high = this.#wide.length / 3;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#wide[middle * 3] ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return decodeRaw(this.#wideOctets.subarray(this.#wide[low * 3 + 1], this.#wide[low * 3 + 2]));
  }

  #envelope(at: number): Envelope {
    const first = this.#nodes[at] ?? 0;
    const seconds = this.#nodes[at + 1] ?? 0;
    const from = this.#people(at + 2);
    // Nearly always the same three times: one array serves.
    const sender = this.#isSame(at + 2, at + 4) ? from : this.#people(at + 4);
    const replyTo = this.#isSame(at + 2, at + 6) ? from : this.#people(at + 6);
    return {
      date: seconds === 0 ? moment(this.#text(first)) : seconds * 1000,
      subject: this.#text(first + 1),
      from,
      sender,
      replyTo,
      to: this.#people(at + 8),
      cc: this.#people(at + 10),
      bcc: this.#people(at + 12),
      inReplyTo: this.#text(first + 2),
      messageId: this.#text(first + 3),
    };
  }

  #isSame(one: number, other: number): boolean {
    return this.#nodes[one] === this.#nodes[other] && this.#nodes[one + 1] === this.#nodes[other + 1];
  }

  #people(at: number): readonly Address[] {
    const first = this.#nodes[at] ?? 0;
    const count = this.#nodes[at + 1] ?? 0;
    if (count === 0) return none;
    const people: Address[] = [];
    for (let index = first; index < first + count * 2; index += 2) people.push({ name: this.#text(index), address: this.#text(index + 1) ?? "" });
    return people;
  }

  /** The part at a place; `path` is what names it, empty for the message itself. Numbers as `write_structure` in wasm has them. */
  #part(at: number, path: string): Part {
    const number = (index: number): number => this.#nodes[at + index] ?? 0;
    const lines = number(5);
    const first = number(6);
    const parameters = number(7);
    const ofDisposition = number(8);
    const type = this.#text(first) ?? "";
    const isMultipart = type.startsWith("multipart/");
    const disposition = this.#text(first + 5);
    const part = path === "" ? (isMultipart ? "TEXT" : "1") : path;
    const envelopeAt = number(10);
    return {
      part,
      type,
      parameters: this.#parameters(first + 6, parameters),
      id: this.#text(first + 1),
      description: this.#text(first + 2),
      encoding: this.#text(first + 3) ?? "7bit",
      size: number(3) + number(4) * 2 ** 32,
      lines: lines === 0 ? null : lines - 1,
      disposition: disposition === null ? null : { type: disposition, parameters: this.#parameters(first + 6 + parameters * 2, ofDisposition) },
      language: this.#texts(first + 6 + (parameters + ofDisposition) * 2, number(9)),
      location: this.#text(first + 4),
      parts: this.#parts(number(1), number(2), isMultipart ? path : part, !isMultipart),
      envelope: envelopeAt === NONE ? null : this.#envelope(envelopeAt),
    };
  }

  /** The parts in a part. One message inside a message has the number of the outer part before its own. */
  #parts(at: number, count: number, path: string, isMessage: boolean): readonly Part[] {
    if (count === 0) return none;
    const parts: Part[] = [];
    let place = at;
    for (let number = 1; number <= count; number += 1) {
      parts.push(isMessage ? this.#inner(place, path) : this.#part(place, path === "" ? String(number) : `${path}.${number}`));
      place = this.#nodes[place] ?? 0;
    }
    return parts;
  }

  /** The body of a message inside a message: its parts count on from the outer one (RFC 9051, 6.4.5.1). */
  #inner(at: number, path: string): Part {
    const inner = this.#part(at, path);
    return { ...inner, part: inner.type.startsWith("multipart/") ? `${path}.TEXT` : `${path}.1` };
  }

  #texts(first: number, count: number): readonly string[] {
    if (count === 0) return none;
    return Array.from({ length: count }, (_, index) => this.#text(first + index) ?? "");
  }

  #parameters(first: number, count: number): Readonly<Record<string, string>> {
    if (count === 1) {
      const name = this.#text(first) ?? "";
      const value = this.#text(first + 1) ?? "";
      // Nearly all that there are. An object that is written out takes a tenth of the time.
      if (name === "charset") return { charset: value };
      if (name === "boundary") return { boundary: value };
    }
    const parameters: Record<string, string> = {};
    for (let index = first; index < first + count * 2; index += 2) {
      const name = this.#text(index) ?? "";
      if (name.includes("*") || name in parameters) return this.#extended(first, count);
      parameters[name] = this.#text(index + 1) ?? "";
    }
    return parameters;
  }

  /** Parameters with continuations and charsets, or of which one came twice. */
  #extended(first: number, count: number): Readonly<Record<string, string>> {
    return decodeParameters(Array.from({ length: count }, (_, index) => [this.#text(first + index * 2) ?? "", this.#text(first + index * 2 + 1) ?? ""] as const));
  }
}

function words(octets: Uint8Array): Uint32Array {
  return new Uint32Array(octets.slice().buffer);
}

/** A date of a header that is in no usual form, in milliseconds since 1970; null where it is none. */
function moment(text: string | null): number | null {
  const milliseconds = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(milliseconds) ? null : milliseconds;
}
