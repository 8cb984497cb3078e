import { describe, expect, test } from "vitest";
import { noOffer, type Offer } from "../../access.svelte";
import { changed, emptyDraft, type Found, problems, proposal, protocolsOf, settings, toAgree } from "./model";

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

  const server: Found = { protocol: "imap", host: "mail.hoster.example", port: 1143, tls: "starttls", username: "localpart", confirm: true, allowed: true };
  const with_ = (...servers: readonly Found[]) =>
    changed(changed(emptyDraft(), { address: "clara@Orchard.example" }), { found: { domain: "orchard.example", servers } });

  test("what the gateway found takes the place of usual names, for its protocol and domain", () => {
    let draft = with_({ ...server, allowed: false, host: "no.example" }, { ...server, protocol: "smtp" }, server);
    expect([draft.host, draft.port, draft.security, draft.username]).toEqual(["mail.hoster.example", "1143", "starttls", "clara"]);
    draft = changed(draft, { security: "tls" });
    expect(draft.port).toBe("993");
    draft = changed(draft, { protocol: "pop3" });
    expect([draft.host, draft.port, draft.username]).toEqual(["pop.orchard.example", "995", "clara@Orchard.example"]);
    draft = changed(with_(server), { address: "clara@meadow.example" });
    expect([draft.host, draft.username, proposal(draft)]).toEqual(["imap.meadow.example", "clara@meadow.example", undefined]);
  });

  test("a user name of a form of its own is filled in", () => {
    expect(with_({ ...server, username: "pattern", username_pattern: "%EMAILLOCALPART%.orchard.example" }).username).toBe("clara.orchard.example");
  });

  test("what the gateway found does not overwrite what the person wrote", () => {
    const own = changed(changed(emptyDraft(), { address: "clara@orchard.example" }), { host: "mine.example", port: "1993" });
    const draft = changed(own, { found: { domain: "orchard.example", servers: [server] } });
    expect([draft.host, draft.port, draft.security, draft.username, toAgree(draft)]).toEqual(["mine.example", "1993", "tls", "clara@orchard.example", ""]);
  });

  test("a server outside of the domain is used only once the person has agreed to this one", () => {
    const draft = with_(server);
    expect(toAgree(draft)).toBe("mail.hoster.example");
    expect(problems(draft, "x").map(({ field }) => field)).toEqual(["agree"]);
    expect(problems(changed(draft, { agreed: "mail.hoster.example" }), "x")).toEqual([]);
    expect(problems(changed(draft, { agreed: "other.example" }), "x")).toHaveLength(1);
    expect(problems(changed(draft, { host: "mail.hoster.example" }), "x")).toEqual([]);
    expect(problems(with_({ ...server, confirm: false }), "x")).toEqual([]);
  });

  const offer: Offer = { ...noOffer, servers: { imap: { host: "mail.here.example", port: 10_143, security: "starttls" } } };

  test("a server that the gateway offers is filled in before what it found, and can be changed", () => {
    let draft = changed(with_({ ...server, host: "found.example" }), { offer });
    expect([draft.host, draft.port, draft.security, draft.username, toAgree(draft)]).toEqual(["mail.here.example", "10143", "starttls", "clara@Orchard.example", ""]);
    expect(changed(draft, { security: "tls" }).port).toBe("993");
    expect(changed(changed(draft, { host: "" }), { host: "mine.example" })).toMatchObject({ host: "mine.example", port: "993", security: "tls" });
    draft = changed(draft, { protocol: "pop3" });
    expect([draft.host, draft.port, draft.security]).toEqual(["pop.orchard.example", "995", "tls"]);
    expect(changed(changed(emptyDraft(), { host: "mine.example", port: "1" }), { offer })).toMatchObject({ host: "mine.example", port: "1" });
  });

  test("where there are no other servers, nothing that was written is left of another", () => {
    const only = { ...offer, locked: true };
    let draft = changed(emptyDraft(), { protocol: "pop3", address: "clara@orchard.example", host: "mine.example", port: "1", security: "none" });
    draft = changed(draft, { offer: only });
    expect(settings(draft)).toEqual({ protocol: "imap", security: "starttls", address: "clara@orchard.example", host: "mail.here.example", port: 10_143, username: "clara@orchard.example" });
    expect([protocolsOf(draft), changed(draft, { protocol: "pop3", host: "mine.example" })]).toEqual([["imap"], draft]);
    expect(protocolsOf(changed(draft, { offer }))).toEqual(["imap", "pop3"]);
  });

  test("the gateway's token is missed where one has to be given", () => {
    const fields = (token: string | null) => problems(with_(), "x", token).map(({ field }) => field);
    expect([fields(""), fields("there"), fields(null)]).toEqual([["token"], [], []]);
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
