import { afterEach, expect, test, vi } from "vitest";
import { Access, noOffer, offerOf } from "./access.svelte";

const answer = {
  version: "0.1.0",
  name: "Orchard Mail",
  base_path: "/mail/",
  token: true,
  discovery: false,
  locked: true,
  servers: { imap: { host: "imap.orchard.example", port: 993, tls: "implicit" }, pop3: { host: "pop.orchard.example", port: 110, tls: "starttls" } },
};

afterEach(() => vi.unstubAllGlobals());

test("the offer is read as the gateway writes it", () => {
  expect(offerOf(answer)).toEqual({
    name: "Orchard Mail",
    token: true,
    discovery: false,
    locked: true,
    servers: { imap: { host: "imap.orchard.example", port: 993, security: "tls" }, pop3: { host: "pop.orchard.example", port: 110, security: "starttls" } },
  });
});

test("what has another form is as if nothing was said, and a lock without a server that the app can speak to locks nothing", () => {
  for (const other of [null, "x", [], {}, { name: 7, token: "yes", locked: 1, servers: [] }]) expect(offerOf(other)).toEqual(noOffer);
  const sealed = { host: "imap.orchard.example", port: 993, tls: "passthrough" };
  expect(offerOf({ ...answer, servers: { imap: sealed, pop3: { host: 7 } } })).toMatchObject({ locked: false, servers: {} });
});

test("the token is asked for where the gateway says so, until it is given, and again when it is refused", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answer))));
  const access = new Access();
  await access.ask();
  expect([access.asks, access.token, access.offer.name]).toEqual([true, "", "Orchard Mail"]);
  access.give("sesame");
  expect([access.asks, access.token], "until the gateway lets it pass").toEqual([true, "sesame"]);
  access.accept();
  await access.ask();
  expect([access.asks, access.token]).toEqual([false, "sesame"]);
  access.refuse();
  expect([access.asks, access.token]).toEqual([true, ""]);
});

test("a token that was given before the offer is known is not asked for", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answer))));
  const access = new Access();
  access.give("sesame");
  await access.ask();
  expect([access.asks, access.offer.token]).toEqual([false, true]);
});

test("a gateway that is gone is asked again at the next occasion, one that answered is not", async () => {
  const asked = vi.fn(() => Promise.reject(new TypeError("offline")));
  vi.stubGlobal("fetch", asked);
  const access = new Access();
  await access.ask();
  await access.ask();
  expect([asked.mock.calls.length, access.offer]).toEqual([2, noOffer]);
  vi.stubGlobal("fetch", asked.mockImplementation(() => Promise.resolve(new Response("<!doctype html>", { status: 404 })) as never));
  await access.ask();
  await access.ask();
  expect([asked.mock.calls.length, access.offer]).toEqual([3, noOffer]);
  expect(asked).toHaveBeenLastCalledWith("./api/config", expect.objectContaining({ cache: "no-store" }));
});
