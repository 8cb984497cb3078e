import { describe, expect, test } from "vitest";
import type { AccountState, Attachment, ErrorShape, Protocol } from "waypost";
import { asksPassword, asksToken, connectionOf, filesOf, initials, kindOf, offlineSentence, people, sizeOf } from "./model";

const place = { host: "imap.orchard.example", port: 993, gateway: "post.example.org" };
const error = (code: string, retryable = true): ErrorShape => ({ code, blame: "gateway", retryable, message: "", serverText: null });
const now = new Date(2026, 10, 25, 10, 42).getTime();
const text = (state: AccountState, waiting = 0, protocol: Protocol = "imap"): string => {
  const { text, more } = connectionOf(state, protocol, waiting, now, now, place, "en-GB");
  return more === null ? text : `${text} · ${more}`;
};

describe("the connection", () => {
  test("says in few words where the account stands", () => {
    expect(text({ state: "online" })).toBe("Online · checked 10:42");
    expect(text({ state: "online" }, 2)).toBe("Online · 2 waiting");
    expect(text({ state: "online" }, 0, "pop3")).toBe("Up to date · checked 10:42");
    expect(text({ state: "syncing", done: 34, total: 99 })).toBe("Syncing 34 %");
    expect(text({ state: "syncing", done: 0, total: 0 })).toBe("Syncing…");
    expect(text({ state: "offline", error: error("gateway-unreachable"), retryAt: null }, 5)).toBe("Offline · 5 waiting");
    expect(text({ state: "signed-out" })).toBe("Sign in needed");
  });

  test("while offline it says what is safe and when the next try comes", () => {
    const connection = connectionOf({ state: "offline", error: error("gateway-unreachable"), retryAt: now + 40_000 }, "imap", 0, null, now, place);
    expect(connection.fault?.title).toBe("The gateway does not answer");
    expect(offlineSentence(connection)).toMatch(/all here; changes wait\. Next try in 40 s\.$/);
  });

  test("a refused password asks for the password, not for patience", () => {
    const refused: AccountState = { state: "offline", error: error("auth-failed", false), retryAt: null };
    expect(asksPassword(refused)).toBe(true);
    expect(text(refused)).toBe("Sign in needed");
    expect(asksPassword({ state: "offline", error: error("unreachable"), retryAt: null })).toBe(false);
  });

  test("a gateway that asks for its token is no reason to ask for the password", () => {
    const refused: AccountState = { state: "offline", error: error("token-required", false), retryAt: null };
    expect([asksToken(refused), asksPassword(refused), text(refused)]).toEqual([true, false, "Sign in needed"]);
    expect(asksToken({ state: "signed-out" })).toBe(false);
  });
});

describe("people and files", () => {
  test("the reader is called me, many are counted", () => {
    const person = (name: string) => ({ name, address: `${name.toLowerCase()}@a.example` });
    expect(people([person("Clara"), person("Tomasz")], "CLARA@a.example")).toBe("me and Tomasz");
    expect(people([], "x")).toBe("undisclosed people");
    expect(people(["A", "B", "C", "D", "E"].map(person), "x")).toBe("A, B and 3 others");
  });

  test("initials exist for every name", () => {
    expect(["Ingrid Aalto", "news@shop.example", "مريم الحداد", "😀", ""].map(initials)).toEqual(["IA", "N", "ما", "?", "?"]);
  });

  test("a picture that stands in the HTML is no file", () => {
    const part = (index: number, other: Partial<Attachment>): Attachment => ({ index, name: "", contentType: "image/png", contentId: null, inline: false, size: 1, ...other });
    const parts = [part(0, { contentId: "<a@b>", inline: true }), part(1, { contentId: "<other@b>", inline: true }), part(2, {})];
    expect(filesOf(parts, '<img src="cid:A@b">').map(({ index }) => index)).toEqual([1, 2]);
    expect(filesOf(parts, null)).toHaveLength(3);
  });

  test("sizes and kinds are those of a person", () => {
    expect([0, 1, 77, 999, 14_200, 1_840_000, 48_000_000].map((octets) => sizeOf(octets, "en-GB"))).toEqual(["0 bytes", "1 byte", "77 bytes", "999 bytes", "14 kB", "1.8 MB", "48 MB"]);
    expect(kindOf({ index: 0, name: "", contentType: "application/PDF", contentId: null, inline: false, size: 0 }).kind).toBe("PDF");
  });
});
