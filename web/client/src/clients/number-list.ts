/** Numbers that come in pieces, put together. */

/** Room is made at once for so many: there may be more, but a server can say any number. */
const AT_ONCE = 1 << 20;

/** A list that grows. */
export class NumberList {
  #room: Uint32Array;
  #count = 0;

  /** For so many, as far as is known. */
  constructor(expected: number) {
    this.#room = new Uint32Array(Math.min(expected, AT_ONCE));
  }

  /** Takes copies of these. */
  add(numbers: Uint32Array): void {
    const count = this.#count + numbers.length;
    if (count > this.#room.length) {
      const room = new Uint32Array(Math.max(count, this.#room.length * 2));
      room.set(this.#room.subarray(0, this.#count));
      this.#room = room;
    }
    this.#room.set(numbers, this.#count);
    this.#count = count;
  }

  /** All of them, in memory of their own. */
  get numbers(): Uint32Array {
    return this.#count === this.#room.length ? this.#room : this.#room.slice(0, this.#count);
  }
}
