import { describe, expect, it } from "vitest";
import { ImapClient, type Part } from "../src/imap.js";
import { script } from "../src/testing.js";

/** What the client makes of a body structure. */
async function structureOf(text: string): Promise<Part | null | undefined> {
  const transport = script([
    "S: * PREAUTH [CAPABILITY IMAP4rev1] hello",
    "C: w0 SELECT INBOX",
    "S: * 1 EXISTS",
    "S: w0 OK done",
    "C: w1 UID FETCH 1 (BODYSTRUCTURE)",
    `S: * 1 FETCH (UID 1 BODYSTRUCTURE ${text.replaceAll("\\", "\\\\")})`,
    "S: w1 OK done",
    "C: w2 LOGOUT",
    "S: * BYE bye",
    "S: w2 OK done",
  ]);
  const imap = await ImapClient.connect({ host: "mail.example", transport, auth: { username: "", password: "" } });
  await imap.select("INBOX");
  const row = await imap.fetchOne(1, { structure: true });
  await imap.close();
  return row?.structure;
}

const text = '("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 2)';

/** Names and types of all parts, from the outside in. */
const outline = (part: Part): string[] => [`${part.part} ${part.type}`, ...part.parts.flatMap(outline)];

describe("body structures", () => {
  it("are one part for a plain message", async () => {
    expect(await structureOf(text)).toEqual({
      part: "1",
      type: "text/plain",
      parameters: { charset: "utf-8" },
      id: null,
      description: null,
      encoding: "7bit",
      size: 12,
      lines: 2,
      disposition: null,
      language: [],
      location: null,
      parts: [],
      envelope: null,
    });
  });

  it("name parts as FETCH does, also those of messages inside (RFC 9051, 6.4.5.1)", async () => {
    const envelope = '(NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL)';
    const inner = `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 ${envelope} (${text}${text} "ALTERNATIVE") 9)`;
    const single = `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 ${envelope} ${text} 9)`;
    const structure = await structureOf(`(${text}(${text}${text} "RELATED")${inner}${single} "MIXED")`);
    expect(structure === undefined || structure === null ? [] : outline(structure)).toEqual([
      "TEXT multipart/mixed",
      "1 text/plain",
      "2 multipart/related",
      "2.1 text/plain",
      "2.2 text/plain",
      "3 message/rfc822",
      "3.TEXT multipart/alternative",
      "3.1 text/plain",
      "3.2 text/plain",
      "4 message/rfc822",
      "4.1 text/plain",
    ]);
    expect(structure?.parts[2]?.envelope?.subject).toBe("inner");
  });

  it("decode names of files, languages and sizes beyond 32 bits", async () => {
    const part = await structureOf(
      '("APPLICATION" "PDF" ("NAME" "=?utf-8?q?Pl=C3=A4ne?=") "<1@a>" "=?utf-8?b?R3LDvMOfZQ==?=" "BASE64" 5000000000 NIL ("ATTACHMENT" ("FILENAME*0*" "utf-8\'\'Pl%C3%A4" "FILENAME*1" "ne.pdf")) ("de" "en") "http://a.example/")',
    );
    expect(part).toMatchObject({
      parameters: { name: "Pläne" },
      id: "<1@a>",
      description: "Grüße",
      size: 5_000_000_000,
      lines: null,
      disposition: { type: "attachment", parameters: { filename: "Pläne.pdf" } },
      language: ["de", "en"],
      location: "http://a.example/",
    });
  });
});
