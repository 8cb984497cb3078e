import { afterEach, expect, test, vi } from "vitest";
import { find } from "./finding";

const server = { protocol: "imap", host: "imap.orchard.example", port: 993, tls: "implicit", username: "address", source: "srv", confirm: false, allowed: true };

function answers(body: unknown, status = 200): ReturnType<typeof vi.fn> {
  const asked = vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
  vi.stubGlobal("fetch", asked);
  return asked;
}

const ask = (token = "") => find("orchard.example", "clara@orchard.example", token, new AbortController().signal);

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("the address goes into the body, never into an address of the web", async () => {
  const asked = answers({ domain: "orchard.example", options: [server], sources: [] });
  expect(await ask()).toEqual([server]);
  expect(asked).toHaveBeenCalledWith("./api/discover", expect.objectContaining({ method: "POST", body: '{"domain":"orchard.example","address":"clara@orchard.example"}' }));
});

test("the gateway's token goes into the header that is for it, and none where there is none", async () => {
  const asked = answers({ options: [] });
  await ask("sesame");
  await ask();
  const json = { "content-type": "application/json" };
  expect(asked).toHaveBeenNthCalledWith(1, "./api/discover", expect.objectContaining({ headers: { ...json, authorization: "Bearer sesame" } }));
  expect(asked).toHaveBeenNthCalledWith(2, "./api/discover", expect.objectContaining({ headers: json }));
});

test("a gateway that does not look can be asked again; one that answers in another form proposes nothing", async () => {
  answers({ code: "too-often", message: "Wait." }, 429);
  expect(await ask()).toBeNull();
  for (const body of [null, [], {}, { options: {} }, { options: [null, { ...server, port: "993" }, { ...server, tls: "none" }, { ...server, username: "pattern" }] }]) {
    answers(body);
    expect(await ask()).toEqual([]);
  }
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  expect(await ask()).toBeNull();
});
