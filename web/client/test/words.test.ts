import { describe, expect, it } from "vitest";
import { decodeParameters, decodeRaw, decodeWords } from "../src/clients/words.js";

describe("encoded words", () => {
  it.each([
    // RFC 2047, 8.
    ["=?ISO-8859-1?Q?a?=", "a"],
    ["=?ISO-8859-1?Q?a?= b", "a b"],
    ["=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"],
    ["=?ISO-8859-1?Q?a?=    =?ISO-8859-1?Q?b?=", "ab"],
    ["=?ISO-8859-1?Q?a_b?=", "a b"],
    ["=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"],
    ["=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"],
    ["=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=", "If you can read this you understand the example."],
    // A character cut between two words, a language, lower case, padding left out.
    ["=?utf-8?q?Gr=C3?= =?UTF-8?Q?=BC=C3=9Fe?=", "Grüße"],
    ["=?utf-8*de?b?R3LDvMOfZQ?=", "Grüße"],
    ["Re: =?koi8-r?B?8NLJ18XU?=", "Re: Привет"],
    // None.
    ["a =?b", "a =?b"],
    ["=?utf-8?x?abc?=", "=?utf-8?x?abc?="],
    ["=?utf-8?q?=4?=", "=4"],
    ["=?no-such-charset?q?=C3=BC?=", "ü"],
  ])("%s", (text, decoded) => {
    expect(decodeWords(text)).toBe(decoded);
    expect(decodeWords(text)).toBe(decoded);
  });

  it("reads octets of no named charset as UTF-8, else as Windows-1252", () => {
    expect(decodeRaw(new TextEncoder().encode("Grüße"))).toBe("Grüße");
    expect(decodeRaw(new Uint8Array([0x47, 0x72, 0xfc]))).toBe("Grü");
  });
});

describe("parameters", () => {
  it("joins continuations and decodes charsets (RFC 2231, 3 and 4)", () => {
    expect(
      decodeParameters([
        ["title*0*", "us-ascii'en'This%20is%20even%20more%20"],
        ["title*1*", "%2A%2A%2Afun%2A%2A%2A%20"],
        ["title*2", "isn't it!"],
      ]),
    ).toEqual({ title: "This is even more ***fun*** isn't it!" });
    expect(decodeParameters([["filename*", "utf-8''Pl%C3%A4ne%2Epdf"], ["filename", "Plaene.pdf"]])).toEqual({ filename: "Pläne.pdf" });
    expect(decodeParameters([["name", "=?utf-8?q?Pl=C3=A4ne?="], ["name", "second"]])).toEqual({ name: "Pläne" });
    expect(decodeParameters([["url*1", "two"], ["url*0", "one"]])).toEqual({ url: "onetwo" });
  });
});
