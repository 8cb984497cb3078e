/** What FETCH brought, many messages in columns, and one of them as a row that decodes what is looked at. */
import { Expansion, type Expander } from "./expansion.js";
import type { Envelope, MessageObject, Part } from "./imap-types.js";
import { Records } from "./records.js";

/**
 * Bits of `FetchColumns.flags` for the system flags.
 *
 * @example
 * const unread = (flags: number) => (flags & FlagBit.seen) === 0;
 */
export const FlagBit = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16, recent: 32 } as const;

const systemFlags = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent"];

/** Columns of nothing, which most batches have. */
const noNumbers = new Uint32Array();
const noOctets = new Uint8Array();

/** No flags were sent, or a row has none of this. */
const NONE = 0xffff_ffff;

/** Rows whose flags are the same share one array. */
const plainFlags = new Map<number, readonly string[]>();

/** Further items of a row. */
interface Extras {
  readonly values: ReadonlyMap<string, string | number | readonly string[] | null>;
  readonly sections: ReadonlyMap<string, Uint8Array>;
  /** Sections that came in parts, in their order. */
  readonly streamed: readonly string[];
}

/** How a batch lies in memory: pairs of place and length in octets, in the order of `Rows` in wasm, and the octets of the rows apart. */
export interface Layout {
  readonly count: number;
  readonly block: ArrayBuffer;
  readonly places: readonly number[];
  readonly octets: Uint8Array;
}

/**
 * Messages in columns: element `n` of each is of the same message. A column that the server sent nothing for is null.
 *
 * @example
 * for await (const { uids, sizes, length } of imap.fetch("1:*", { size: true }).columns()) {
 *   for (let row = 0; row < length; row += 1) console.log(uids[row], sizes?.[row]);
 * }
 */
export class FetchColumns {
  /** How many messages. */
  readonly length: number;
  /** About how much memory the batch takes, in octets. */
  octets: number;
  readonly uids: Uint32Array;
  /** Numbers in the mailbox at that time. */
  readonly sequences: Uint32Array;
  /** The system flags as bits (`FlagBit`) in the low octet; `flagsAt` gives names, also those of keywords. 0xFFFFFFFF where none were sent. */
  readonly flags: Uint32Array;
  /** Octets; NaN where it was not sent. */
  readonly sizes: Float64Array | null;
  /** Milliseconds since 1970; NaN where it was not sent. */
  readonly internalDates: Float64Array | null;
  /** 0 where it was not sent. */
  readonly modseqs: BigUint64Array | null;
  readonly #packed: Uint32Array;
  readonly #places: Uint32Array;
  readonly #octets: Uint8Array;
  readonly #extra: Uint32Array;
  readonly #extras: Uint8Array;
  readonly #keywords: Uint8Array;
  readonly #expander: () => Expander;
  #bodies: Map<number, readonly Uint8Array[]> | undefined;
  /** Those of the row that was looked at last. */
  #lastExtras: { readonly at: number; readonly extras: Extras } | undefined;
  #expansion: Expansion | undefined;
  /** Which of the rows that have any a row is. */
  #ordinals: Uint32Array | undefined;
  #sets: readonly (readonly string[])[] | undefined;
  #names: Map<number, readonly string[]> | undefined;

  /** Made by `fetch`. */
  constructor({ count, block, places, octets }: Layout, expander: () => Expander) {
    const at = (column: number): number => places[column * 2] ?? 0;
    const size = (column: number): number => places[column * 2 + 1] ?? 0;
    const numbers = (column: number): Uint32Array => (size(column) === 0 ? noNumbers : new Uint32Array(block, at(column), size(column) / 4));
    const raw = (column: number): Uint8Array => (size(column) === 0 ? noOctets : new Uint8Array(block, at(column), size(column)));
    const floats = (column: number): Float64Array | null => (size(column) === 0 ? null : new Float64Array(block, at(column), size(column) / 8));
    this.length = count;
    this.modseqs = size(0) === 0 ? null : new BigUint64Array(block, at(0), size(0) / 8);
    this.sizes = floats(1);
    this.internalDates = floats(2);
    this.uids = numbers(3);
    this.sequences = numbers(4);
    this.flags = numbers(5);
    this.#packed = numbers(6);
    this.#places = numbers(7);
    this.#extra = numbers(8);
    this.#octets = octets;
    this.#extras = raw(10);
    this.#keywords = raw(11);
    this.#expander = expander;
    this.octets = block.byteLength + octets.length;
  }

  /** Gives the rows their long sections, in the order in which they came; takes them from the list. Called before anybody sees the rows. */
  attach(bodies: Uint8Array[]): void {
    for (let index = 0; index < this.length && bodies.length > 0; index += 1) {
      const count = this.#extrasAt(index)?.streamed.length ?? 0;
      if (count === 0) continue;
      const own = bodies.splice(0, count);
      this.octets += own.reduce((sum, body) => sum + body.length, 0);
      this.#bodies ??= new Map();
      this.#bodies.set(index, own);
    }
  }

  /** The names of a message's flags, keywords too; null where none were sent. */
  flagsAt(index: number): readonly string[] | null {
    const bits = this.flags[index] ?? NONE;
    if (bits === NONE) return null;
    if (bits < 256) return named(bits, plainFlags, []);
    this.#sets ??= sets(this.#keywords);
    this.#names ??= new Map();
    return named(bits, this.#names, this.#sets[(bits >>> 8) - 1] ?? []);
  }

  /** The envelope of a message. The first look takes all of the batch apart, which is quick; each look makes an object of its own. */
  envelopeAt(index: number): Envelope | null {
    const ordinal = this.#ordinal(index);
    return ordinal === NONE ? null : this.#expanded().envelope(ordinal);
  }

  /** The body structure of a message. */
  structureAt(index: number): Part | null {
    const ordinal = this.#ordinal(index);
    return ordinal === NONE ? null : this.#expanded().structure(ordinal);
  }

  /** A section of a message that was asked for, such as `HEADER`; null where it did not come. */
  sectionAt(index: number, section: string): Uint8Array | null {
    const extras = this.#extrasAt(index);
    const streamed = extras?.streamed.indexOf(section) ?? -1;
    return (streamed < 0 ? extras?.sections.get(section) : this.#bodies?.get(index)?.[streamed]) ?? null;
  }

  /** The header of a message, or the fields of it that were asked for. */
  headersAt(index: number): Uint8Array | null {
    const extras = this.#extrasAt(index);
    const names = [...(extras?.sections.keys() ?? []), ...(extras?.streamed ?? [])];
    const name = names.find((name) => name.startsWith("HEADER"));
    return name === undefined ? null : this.sectionAt(index, name);
  }

  /** An item of an extension, such as `preview`; undefined where it was not sent. */
  valueAt(index: number, name: string): string | number | readonly string[] | null | undefined {
    return this.#extrasAt(index)?.values.get(name);
  }

  /** A message as a row. */
  row(index: number): FetchedMessage {
    return new FetchedMessage(this, index);
  }

  /** A message as a plain object. */
  objectAt(index: number): MessageObject {
    const uid = this.uids[index] ?? 0;
    const sequence = this.sequences[index] ?? 0;
    const flags = this.flagsAt(index);
    const size = known(this.sizes?.[index]);
    const internalDate = known(this.internalDates?.[index]);
    const envelope = this.envelopeAt(index);
    let object: Mutable;
    if (flags && size !== null && internalDate !== null && envelope) {
      // Made at once it takes one piece of memory: these are the rows of nearly all lists.
      object = { uid, sequence, flags, size, internalDate, envelope };
    } else {
      object = flags ? { uid, sequence, flags } : { uid, sequence };
      if (size !== null) object.size = size;
      if (internalDate !== null) object.internalDate = internalDate;
      if (envelope) object.envelope = envelope;
    }
    const modseq = this.modseqs?.[index] ?? 0n;
    if (modseq !== 0n) object.modseq = modseq;
    const structure = this.structureAt(index);
    if (structure) object.structure = structure;
    if (this.#extra.length > 0) Object.assign(object, Object.fromEntries(this.#extrasAt(index)?.values ?? []));
    return object;
  }

  #ordinal(index: number): number {
    if (this.#packed.length === 0) return NONE;
    this.#ordinals ??= ordinals(this.#packed);
    return this.#ordinals[index] ?? NONE;
  }

  #expanded(): Expansion {
    this.#expansion ??= Expansion.of(this.#expander(), this.#places, this.#octets);
    return this.#expansion;
  }

  #extrasAt(index: number): Extras | undefined {
    const at = this.#extra[index] ?? NONE;
    if (at === NONE) return undefined;
    if (this.#lastExtras?.at !== at) this.#lastExtras = { at, extras: readExtras(new Records(this.#extras, at)) };
    return this.#lastExtras.extras;
  }
}

type Mutable = { -readonly [Key in keyof MessageObject]: MessageObject[Key] };

/**
 * A message that decodes what is looked at. It keeps the batch that it came in.
 *
 * @example
 * for await (const message of imap.fetch("1:*", { envelope: true })) console.log(message.uid, message.envelope?.subject);
 */
export class FetchedMessage {
  readonly #columns: FetchColumns;
  readonly #index: number;

  /** Made by `fetch`. */
  constructor(columns: FetchColumns, index: number) {
    this.#columns = columns;
    this.#index = index;
  }

  /** Names it in its mailbox for as long as UIDVALIDITY is the same. */
  get uid(): number {
    return this.#columns.uids[this.#index] ?? 0;
  }

  /** Its number in the mailbox at that time. */
  get sequence(): number {
    return this.#columns.sequences[this.#index] ?? 0;
  }

  /** As sent, such as `\Seen`; empty where none were asked for. */
  get flags(): readonly string[] {
    return this.#columns.flagsAt(this.#index) ?? [];
  }

  /** Octets; null where it was not asked for. */
  get size(): number | null {
    return known(this.#columns.sizes?.[this.#index]);
  }

  /** When the server got it, in milliseconds since 1970. */
  get internalDate(): number | null {
    return known(this.#columns.internalDates?.[this.#index]);
  }

  /** Of its last change; null where it was not asked for or the mailbox has none. */
  get modseq(): bigint | null {
    const modseq = this.#columns.modseqs?.[this.#index] ?? 0n;
    return modseq === 0n ? null : modseq;
  }

  /** Its header, summed up; null where it was not asked for. */
  get envelope(): Envelope | null {
    return this.#columns.envelopeAt(this.#index);
  }

  /** Its parts; null where they were not asked for. */
  get structure(): Part | null {
    return this.#columns.structureAt(this.#index);
  }

  /** The header, or the fields of it that were asked for, as octets. */
  get headers(): Uint8Array | null {
    return this.#columns.headersAt(this.#index);
  }

  /** The first words; null where the server has none. */
  get preview(): string | null {
    const preview = this.#columns.valueAt(this.#index, "preview");
    return typeof preview === "string" ? preview : null;
  }

  /** A section that was asked for. */
  section(name: string): Uint8Array | null {
    return this.#columns.sectionAt(this.#index, name);
  }

  /** A plain object with all that was sent but octets. */
  toJSON(): MessageObject {
    return this.#columns.objectAt(this.#index);
  }
}

function known(number: number | undefined): number | null {
  return number === undefined || Number.isNaN(number) ? null : number;
}

function named(bits: number, table: Map<number, readonly string[]>, keywords: readonly string[]): readonly string[] {
  let names = table.get(bits);
  if (!names) {
    names = Object.freeze([...systemFlags.filter((_, bit) => (bits & (1 << bit)) !== 0), ...keywords]);
    table.set(bits, names);
  }
  return names;
}

function sets(octets: Uint8Array): readonly (readonly string[])[] {
  const records = new Records(octets);
  const found: (readonly string[])[] = [];
  while (records.more()) found.push(records.texts());
  return found;
}

function ordinals(packed: Uint32Array): Uint32Array {
  let next = 0;
  return packed.map((place) => (place === NONE ? NONE : next++));
}

/** As `write_body` and `write_attribute` in `crates/clients/src/imap/rows.rs`. */
function readExtras(records: Records): Extras {
  const values = new Map<string, string | number | readonly string[] | null>();
  const sections = new Map<string, Uint8Array>();
  const streamed: string[] = [];
  for (let left = records.short(); left > 0; left -= 1) {
    const kind = records.octet();
    const name = records.text();
    if (kind === 0) streamed.push(name);
    else if (kind === 1) sections.set(name, records.octets().slice());
    else if (kind === 3) values.set(name, records.text());
    else if (kind === 4) values.set(name, records.float());
    else if (kind === 5) values.set(name, records.texts());
    else if (kind === 6 && name !== "") values.set(name, null);
  }
  return { values, sections, streamed };
}
