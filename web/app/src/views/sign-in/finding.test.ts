import { afterEach, expect, test, vi } from "vitest";
import { find } from "./finding";

const server = { protocol: "imap", host: "imap.orchard.example", port: 993, tls: "implicit", username: "address", source: "srv", confirm: false, allowed: true };

function answers(body: unknown, status = 200): ReturnType<typeof vi.fn> {
  const asked = vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
  vi.stubGlobal("fetch", asked);
  return asked;
}

const ask = () => find("orchard.example", "clara@orchard.example", new AbortController().signal);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("the address goes into the body, never into an address of the web", async () => {
  const asked = answers({ domain: "orchard.example", options: [server], sources: [] });
  expect(await ask()).toEqual([server]);
  expect(asked).toHaveBeenCalledWith("./api/discover", expect.objectContaining({ method: "POST", body: '{"domain":"orchard.example","address":"clara@orchard.example"}' }));
});

test("a gateway that does not look, or answers in another form, proposes nothing", async () => {
  answers({ code: "too-often", message: "Wait." }, 429);
  expect(await ask()).toEqual([]);
  for (const body of [null, [], {}, { options: {} }, { options: [null, { ...server, port: "993" }, { ...server, tls: "none" }, { ...server, username: "pattern" }] }]) {
    answers(body);
    expect(await ask()).toEqual([]);
  }
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  expect(await ask()).toEqual([]);
});
