import { describe, expect, test } from "vitest";
import { changed, emptyDraft, problems, settings } from "./model";

describe("sign-in", () => {
  test("server and user name follow the address", () => {
    const draft = changed(emptyDraft(), { address: "clara@Orchard.example" });
    expect([draft.host, draft.username, draft.port]).toEqual(["imap.orchard.example", "clara@Orchard.example", "993"]);
  });

  test("the port follows protocol and security until it is written", () => {
    let draft = changed(emptyDraft(), { protocol: "pop3" });
    expect(draft.port).toBe("995");
    draft = changed(draft, { security: "starttls" });
    expect(draft.port).toBe("110");
    draft = changed(draft, { port: "1110" });
    draft = changed(draft, { security: "tls", protocol: "imap" });
    expect(draft.port).toBe("1110");
  });

  test("what the person wrote is never overwritten, and an emptied field is proposed again", () => {
    let draft = changed(emptyDraft(), { host: "mail.here.example" });
    draft = changed(draft, { address: "clara@orchard.example" });
    expect(draft.host).toBe("mail.here.example");
    draft = changed(draft, { host: "" });
    expect(draft.host).toBe("");
    draft = changed(draft, { protocol: "pop3" });
    expect(draft.host).toBe("pop.orchard.example");
  });

  test("an address without a domain proposes no server", () => {
    expect(changed(emptyDraft(), { address: "alice" }).host).toBe("");
    expect(changed(emptyDraft(), { address: "alice@localhost" }).host).toBe("");
  });

  test("what is missing is named in the order of the form", () => {
    expect(problems(emptyDraft(), "").map(({ field }) => field)).toEqual(["address", "host", "username", "password"]);
    const draft = changed(emptyDraft(), { address: "clara@orchard.example", port: "99999" });
    expect(problems(draft, "x").map(({ field }) => field)).toEqual(["port"]);
  });

  test("only POP3 has a policy", () => {
    const draft = changed(emptyDraft(), { address: " clara@orchard.example " });
    expect(settings(draft)).toEqual({
      protocol: "imap",
      security: "tls",
      address: "clara@orchard.example",
      host: "imap.orchard.example",
      port: 993,
      username: "clara@orchard.example",
    });
    expect(settings(changed(draft, { protocol: "pop3", policy: "delete" }))).toMatchObject({ pop3: { removal: { afterDownload: true } }, port: 995 });
  });
});
