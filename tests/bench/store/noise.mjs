// List rows that no database can compress; made where they are needed, in Node or in the page.

/** A letter has six bits of noise. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A row as crates/store writes it; `uid` from 1. */
export function row(uid, { from, fromAddress, to, subject, snippet, date }) {
  const id = `1.1.7.${uid}`;
  const flags = uid % 3 === 0 ? [] : uid % 11 === 0 ? ["\\Flagged", "\\Seen"] : ["\\Seen"];
  const size = 2000 + ((uid * 7919) % 60000);
  return JSON.stringify({ id, from, fromAddress, to, subject, snippet, date, size, flags, attachment: uid % 7 === 0, body: false, waiting: false, thread: 0, content: null, sha256: null });
}

/** Rows of noise as large as real ones, from this UID on. */
export function noiseRows(count, first = 1) {
  const random = new Uint8Array(262);
  return Array.from({ length: count }, (_, index) => {
    crypto.getRandomValues(random);
    let at = 0;
    const letters = (length) => Array.from(random.subarray(at, (at += length)), (octet) => ALPHABET[octet & 63]).join("");
    const uid = first + index;
    // Mail arrives nearly in the order of its dates.
    const date = 1_600_000_000_000 + uid * 61_000 + (random[261] % 9) * 3_600_000;
    return row(uid, { from: letters(16), fromAddress: letters(26), to: letters(28), subject: letters(52), snippet: letters(139), date });
  });
}
