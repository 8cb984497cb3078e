import { describe, expect, test } from "vitest";
import { asFault, faultWords } from "./faults";

const place = { host: "imap.orchard.example", port: 993, gateway: "post.example.org" };
const fault = (code: string, message = "Its own sentence.") => faultWords({ code, blame: "server", retryable: false, message, serverText: null }, place);

describe("faults", () => {
  test("the five faults of signing in have five titles", () => {
    const titles = ["auth-failed", "unreachable", "tls-certificate", "target-denied", "gateway-unreachable"].map((code) => fault(code).title);
    expect(new Set(titles).size).toBe(5);
  });

  test("the party is named: password, server, certificate, gateway", () => {
    expect(fault("auth-failed").title).toContain("password");
    expect(fault("unreachable").title).toContain("imap.orchard.example");
    expect(fault("tls-certificate").text).toContain("certificate is not trusted for imap.orchard.example");
    expect(fault("target-denied").title).toContain("gateway");
    expect(fault("gateway-unreachable").text).toContain("post.example.org");
  });

  test("a gateway that asks for its token is not taken for a server that asks for the password", () => {
    expect(fault("token-required").title).toContain("access token");
    expect(fault("token-required").text).toContain("post.example.org");
  });

  test("where the app has nothing better, the engine's sentence stands", () => {
    expect(fault("port-denied", "Ask whoever runs the gateway.").text).toBe("Ask whoever runs the gateway.");
  });

  test("an unknown code keeps the engine's sentence", () => {
    expect(fault("brand-new")).toEqual({ code: "brand-new", title: "imap.orchard.example did not do as asked", text: "Its own sentence.", said: null });
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
