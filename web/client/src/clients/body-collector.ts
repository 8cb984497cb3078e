/** A section as it comes, put together in memory. */
import { joined } from "./joined.js";

/** Room is made at once for sections up to this size; a larger one may be a number that the server made up. */
const AT_ONCE = 32 << 20;

const nothing = new Uint8Array();

/** Puts one section together after the other. */
export class BodyCollector {
  #size = 0;
  #whole = nothing;
  #at = 0;
  #parts: Uint8Array[] = [];
  #octets = 0;

  /** A section of so many octets begins. */
  start(octets: number): void {
    this.#at = 0;
    this.#octets = 0;
    this.#parts = [];
    this.#size = octets <= AT_ONCE ? octets : 0;
    this.#whole = nothing;
  }

  /** Octets of it, valid for the time of this call. */
  part(octets: Uint8Array): void {
    if (this.#octets === 0 && octets.length === this.#size) {
      // A copy that is made at once need not be filled with zeros before.
      this.#whole = new Uint8Array(octets);
      this.#octets = this.#at = octets.length;
      return;
    }
    if (this.#octets === 0) this.#whole = new Uint8Array(this.#size);
    this.#octets += octets.length;
    if (this.#octets <= this.#whole.length) {
      this.#whole.set(octets, this.#at);
      this.#at += octets.length;
    } else this.#parts.push(new Uint8Array(octets));
  }

  /** The section. */
  end(): Uint8Array {
    if (this.#parts.length === 0) return this.#at === this.#whole.length ? this.#whole : this.#whole.subarray(0, this.#at);
    return joined([this.#whole.subarray(0, this.#at), ...this.#parts]);
  }
}
