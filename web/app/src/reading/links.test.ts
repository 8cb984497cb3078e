import { expect, test } from "vitest";
import { outside, shownAddress } from "./links";

test("only known schemes are opened, however they are written", () => {
  for (const address of ["javascript:alert(1)", "java\tscript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "blob:https://a.example/1", "file:///etc/passwd", "vbscript:x", "/relative", ""]) {
    expect(outside(address), address).toBeNull();
  }
  expect(outside("HTTPS://A.example/x")?.href).toBe("https://a.example/x");
  expect(outside("mailto:a@b.example")?.href).toBe("mailto:a@b.example");
});

test("an address shows its real host", () => {
  expect(shownAddress("https://bank.example@evil.example/")).toBe("https://bank.example@evil.example/");
  expect(shownAddress("https://аpple.example/")).toBe("https://xn--pple-43d.example/");
  expect(shownAddress(`https://a.example/${"x".repeat(500)}`)).toHaveLength(160);
});
