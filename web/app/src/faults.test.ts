import { describe, expect, test } from "vitest";
import { asFault, faultWords } from "./faults";

const place = { host: "imap.orchard.example", port: 993, gateway: "post.example.org" };
const fault = (code: string) => faultWords({ code, blame: "server", retryable: false, message: "Its own sentence.", serverText: null }, place);

describe("faults", () => {
  test("the five faults of signing in have five texts, each with something to do", () => {
    const texts = ["auth-failed", "server-unreachable", "tls-certificate", "target-denied", "gateway-unreachable"].map((code) => `${fault(code).title} ${fault(code).text}`);
    expect(new Set(texts).size).toBe(5);
    for (const text of texts) expect(text).toMatch(/\b(check|ask|try|choose|use)\b/i);
  });

  test("the party is named: password, server, certificate, gateway", () => {
    expect(fault("auth-failed").title).toContain("password");
    expect(fault("server-unreachable").title).toContain("imap.orchard.example");
    expect(fault("tls-certificate").text).toContain("certificate");
    expect(fault("target-denied").title).toContain("gateway");
  });

  test("an unknown code keeps the engine's sentence", () => {
    expect(fault("brand-new")).toEqual({ title: "imap.orchard.example did not do as asked", text: "Its own sentence.", said: null });
  });

  test("what was thrown becomes plain, whatever it was", () => {
    expect(asFault(new Error("broke")).message).toBe("broke");
    expect(asFault("nothing").code).toBe("unknown");
    expect(asFault(Object.assign(new Error("no"), { code: "auth-failed", blame: "user", retryable: false, serverText: "NO" }))).toEqual({
      code: "auth-failed",
      blame: "user",
      retryable: false,
      message: "no",
      serverText: "NO",
    });
  });
});
