/** Finds a secret in whatever form it may have been written down. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The forms of a secret, as octets. */
export function forms(secret: string): readonly { readonly form: string; readonly octets: Buffer }[] {
  const plain = Buffer.from(secret, "utf8");
  const little = Buffer.from(secret, "utf16le");
  const big = Buffer.from(little).swap16();
  // Inside a longer text base64 has three alignments; the characters at the ends mix with what stands beside them.
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString("base64").replaceAll("=", "");
    const last = (shift + plain.length) % 3 === 0 ? text.length : text.length - 1;
    return { form: `base64, shifted by ${shift}`, octets: Buffer.from(text.slice(Math.ceil((shift * 8) / 6), last)) };
  });
  return [
    { form: "plain", octets: plain },
    { form: "UTF-16LE", octets: little },
    { form: "UTF-16BE", octets: big },
    { form: "hex", octets: Buffer.from(plain.toString("hex")) },
    ...base64,
  ];
}

/** The forms in which a text or octets hold the secret. */
export function findings(haystack: string | Buffer, secret: string): readonly string[] {
  // A text may hold octets as characters (latin1) or characters proper (UTF-8): both are searched.
  const haystacks = typeof haystack === "string" ? [Buffer.from(haystack, "latin1"), Buffer.from(haystack, "utf8")] : [haystack];
  return forms(secret)
    .filter(({ octets }) => haystacks.some((octetsOfHaystack) => octetsOfHaystack.includes(octets)))
    .map(({ form }) => form);
}

/** Files of a folder, at any depth, that hold the secret. */
export function findingsInFolder(folder: string, secret: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .flatMap((path) => findings(readFileSync(path), secret).map((form) => `${path}: ${form}`));
}
