import { expect, test } from "vitest";
import { Acting } from "./acting.svelte";

const fails = (code: string) => () => Promise.reject(Object.assign(new Error("Its own sentence."), { code, blame: "server", retryable: false, serverText: "NO" }));

test("what fails is said in words of the place as it is then, and the next deed clears it", async () => {
  let host = "pop.orchard.example";
  const acting = new Acting(() => ({ host, port: 995, gateway: "post.example.org" }));
  host = "pop.meadow.example";
  await acting.act(fails("unreachable"));
  expect(acting.fault).toEqual({ code: "unreachable", title: "pop.meadow.example does not answer", text: "Its own sentence.", said: "NO" });
  const seen: unknown[] = [];
  await acting.act(() => Promise.resolve(seen.push(acting.fault)));
  expect([...seen, acting.fault]).toEqual([null, null]);
});
