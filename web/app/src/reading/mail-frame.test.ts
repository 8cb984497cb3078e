import { expect, test } from "vitest";
import { frameAnswer, framePolicy, frameQuery } from "./mail-frame";

const policy = (query: string): string => frameAnswer(query).headers["content-security-policy"] ?? "";
const tightest =
  "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src blob: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin";

test("each parameter changes one directive", () => {
  expect(policy("")).toBe(tightest);
  expect(policy("?images=1")).toBe(tightest.replace("blob: data:", "blob: data: https:"));
  expect(policy("?s=1")).toBe(`${tightest} allow-scripts`);
  expect(policy("?s=1&images=1")).toBe(policy("?images=1&s=1"));
});

test("what is not known gets the tightest policy", () => {
  for (const query of ["?images=2", "?x=1", "?images=1&x=1", "?images=1&images=1", "?", "?S=1"]) expect(policy(query)).toBe(tightest);
});

test("the page repeats its policy and holds nothing else", () => {
  const { body } = frameAnswer("?images=1");
  expect(body).toContain(`content="${framePolicy(true)}"`);
  expect(body).toMatch(/<body><\/body><\/html>$/);
});

test("the app asks only for queries that are known", () => {
  for (const images of [true, false]) for (const scripts of [true, false]) expect(policy(frameQuery(images, scripts)).includes("https:")).toBe(images);
});
