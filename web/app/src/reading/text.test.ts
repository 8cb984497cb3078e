import { describe, expect, test } from "vitest";
import { blocksOf, oneLine, piecesOf, safeName } from "./text";

describe("text of a message", () => {
  test("quotes and the signature stand apart", () => {
    const blocks = blocksOf("Yes.\r\n\r\n> Is it?\r\n> Really?\r\n\r\nBye\r\n-- \r\nIngrid\r\n");
    expect(blocks.map(({ kind }) => kind)).toEqual(["text", "quote", "text", "signature"]);
    expect(blocks[1]?.pieces[0]?.text).toBe("> Is it?\n> Really?");
  });

  test("all text is there, whatever it holds", () => {
    for (const text of ["a < b & c > d", "<script>alert(1)</script>", "see https://a.example/x?y=(1), or b@c.example."]) {
      expect(piecesOf(text).map((piece) => piece.text).join("")).toBe(text);
    }
  });

  test("links end before what ends the sentence", () => {
    const hrefs = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? []);
    expect(hrefs("See https://a.example/b.")).toEqual(["https://a.example/b"]);
    expect(hrefs("(https://a.example/b)")).toEqual(["https://a.example/b"]);
    expect(hrefs("https://a.example/b_(c)")).toEqual(["https://a.example/b_(c)"]);
    expect(hrefs("write to ingrid@ferryline.example, soon")).toEqual(["mailto:ingrid@ferryline.example"]);
    expect(hrefs("javascript:alert(1) data:text/html,x")).toEqual([]);
  });

  test("a text made to be slow is not", () => {
    const long = 300_000;
    const started = performance.now();
    for (const text of ["a".repeat(long), `a${" ".repeat(long)}b`, `a${"\n".repeat(long)}b`, `https://a.example/${")".repeat(long)}`, "a@b.".repeat(long / 4), "(".repeat(long), "x@y.example ".repeat(long / 12)]) {
      expect(blocksOf(text).length).toBeGreaterThan(0);
      expect(oneLine(text).length).toBeGreaterThan(0);
      expect(safeName(text, 1).length).toBeLessThanOrEqual(120);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("one line cannot turn the text beside it", () => {
    expect(oneLine("invoice\u202efdp.exe\r\nnext")).toBe("invoice fdp.exe next");
  });

  test("a file name stays in its folder", () => {
    expect(safeName("../../etc/passwd", 1)).toBe("_.._etc_passwd");
    expect(safeName("", 3)).toBe("attachment-3");
    expect(safeName("CON:.txt ", 1)).toBe("CON_.txt");
    expect(safeName(`${"x".repeat(300)}.pdf`, 1)).toHaveLength(120);
    expect(safeName(`${"x".repeat(300)}.pdf`, 1)).toMatch(/x\.pdf$/);
  });
});
