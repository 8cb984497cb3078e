/** Reads what the wasm module writes: records one behind the other (`crates/clients/src/imap/records.rs`). */

/** A response code with what it holds; its name is empty where there is none. */
export interface Code {
  readonly name: string;
  readonly numbers: readonly bigint[];
  readonly texts: readonly string[];
}

const decoder = new TextDecoder();

/** A reader of octets that nobody changes meanwhile. */
export class Records {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(octets: Uint8Array, at = 0) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#at = at;
  }

  /** Whether there is another. */
  more(): boolean {
    return this.#at < this.#octets.length;
  }

  octet(): number {
    this.#at += 1;
    return this.#view.getUint8(this.#at - 1);
  }

  short(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  big(): bigint {
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8, true);
  }

  /** A number of 64 bits that is far below 2^53. */
  long(): number {
    return Number(this.big());
  }

  float(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  octets(): Uint8Array {
    const length = this.short();
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }

  text(): string {
    const octets = this.octets();
    return octets.length === 0 ? "" : decoder.decode(octets);
  }

  texts(): string[] {
    return Array.from({ length: this.short() }, () => this.text());
  }

  code(): Code {
    const name = this.text();
    const numbers = Array.from({ length: this.short() }, () => this.big());
    return { name, numbers, texts: this.texts() };
  }
}
