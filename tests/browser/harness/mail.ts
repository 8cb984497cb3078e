/** Messages that the tests put into the mailbox. */
import { createHash, randomBytes } from "node:crypto";

export interface Draft {
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  /** Octets of an inline image, by its Content-ID without brackets. */
  readonly image?: { readonly id: string; readonly octets: Buffer };
  /** Adds a random attachment of about so many octets. */
  readonly weight?: number;
}

let counter = 0;

/** A whole message with CRLF line ends, as it stands on the wire. */
export function compose(draft: Draft): string {
  counter += 1;
  const date = new Date(Date.UTC(2026, 0, 1) + counter * 60_000).toUTCString().replace("GMT", "+0000");
  const head = [
    "From: Ada Example <ada@example.org>",
    "To: Alice <alice@example.org>",
    `Subject: ${draft.subject}`,
    `Date: ${date}`,
    `Message-ID: <${counter}.${randomBytes(6).toString("hex")}@example.org>`,
    "MIME-Version: 1.0",
  ];
  return [...head, ...body(draft), ""].join("\r\n");
}

function body(draft: Draft): readonly string[] {
  const text = draft.text ?? `Text of ${draft.subject}.`;
  const parts = [part("text/plain; charset=utf-8", text)];
  if (draft.html !== undefined) parts.push(part("text/html; charset=utf-8", draft.html));
  if (draft.image === undefined && draft.weight === undefined) return parts.length === 1 ? (parts[0] ?? []) : multipart("alternative", parts);
  const outer = [parts.length === 1 ? (parts[0] ?? []) : multipart("alternative", parts)];
  if (draft.image) {
    outer.push(["Content-Type: image/png", "Content-Transfer-Encoding: base64", `Content-ID: <${draft.image.id}>`, "Content-Disposition: inline", "", ...wrapped(draft.image.octets)]);
  }
  if (draft.weight !== undefined) {
    const octets = randomBytes(Math.ceil(draft.weight * 0.74));
    outer.push(["Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64", 'Content-Disposition: attachment; filename="weight.bin"', "", ...wrapped(octets)]);
  }
  return multipart(draft.image ? "related" : "mixed", outer);
}

function part(type: string, text: string): readonly string[] {
  return [`Content-Type: ${type}`, "Content-Transfer-Encoding: 8bit", "", ...text.split("\n")];
}

function wrapped(octets: Buffer): readonly string[] {
  return octets.toString("base64").match(/.{1,76}/g) ?? [];
}

function multipart(kind: string, parts: readonly (readonly string[])[]): readonly string[] {
  const boundary = `b${randomBytes(8).toString("hex")}`;
  return [`Content-Type: multipart/${kind}; boundary="${boundary}"`, "", ...parts.flatMap((lines) => [`--${boundary}`, ...lines]), `--${boundary}--`];
}

/** SHA-256 of octets, lower case hex. */
export function sha256(octets: string | Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}
