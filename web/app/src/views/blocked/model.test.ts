import { expect, test } from "vitest";
import { secureSentences } from "./model";

test("the address is named, and what to do", () => {
  const { title, text } = secureSentences("waypost.lan:8790");
  expect(title).toContain("https");
  expect(text.join(" ")).toContain("http://waypost.lan:8790");
  expect(text.join(" ")).toMatch(/reverse proxy|localhost/);
});
