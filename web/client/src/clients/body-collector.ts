/** A section as it comes, put together in memory. */

/** Room is made at once for sections up to this size; a larger one may be a number that the server made up. */
const AT_ONCE = 32 << 20;

/** Puts one section together after the other. */
export class BodyCollector {
  #whole = new Uint8Array();
  #at = 0;
  #parts: Uint8Array[] = [];
  #octets = 0;

  /** A section of so many octets begins. */
  start(octets: number): void {
    this.#at = 0;
    this.#octets = 0;
    this.#parts = [];
    this.#whole = new Uint8Array(octets <= AT_ONCE ? octets : 0);
  }

  /** Octets of it, valid for the time of this call. */
  part(octets: Uint8Array): void {
    this.#octets += octets.length;
    if (this.#octets <= this.#whole.length) {
      this.#whole.set(octets, this.#at);
      this.#at += octets.length;
    } else this.#parts.push(octets.slice());
  }

  /** The section. */
  end(): Uint8Array {
    if (this.#parts.length === 0) return this.#at === this.#whole.length ? this.#whole : this.#whole.subarray(0, this.#at);
    const whole = new Uint8Array(this.#octets);
    let at = this.#at;
    whole.set(this.#whole.subarray(0, at));
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
