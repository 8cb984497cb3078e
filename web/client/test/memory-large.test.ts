/** A message of 200 MiB in an engine in memory: it streams out piece by piece, and goes with its client. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { openInMemory } from "../src/memory/open.js";
import { maildrop, message } from "./maildrop.js";

const wasm = pathToFileURL(join(import.meta.dirname, "../wasm/waypost.wasm"));
const mebibyte = 1 << 20;

test("200 MiB come, are read slowly without being held twice, and go", { timeout: 240_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  /** MiB outside of the JavaScript heap: what arrays and instances hold. */
  const held = (): number => {
    collect();
    const { external, arrayBuffers } = process.memoryUsage();
    return Math.max(external, arrayBuffers) / mebibyte;
  };
  const big = message("Large", 150 * mebibyte);
  expect(big.length).toBeGreaterThan(200 * mebibyte);
  const before = held();
  const mail = await openInMemory({ transport: maildrop([big]) }, wasm);
  const account = await mail.signIn({ protocol: "pop3", address: "a@example.org", host: "mail.example", port: 995, security: "tls", username: "a" }, "secret");
  const inbox = await mail.inbox(account.id);
  await mail.synchronise(account.id, inbox.id);
  const [row] = (await mail.list(account.id, inbox.id)).rows;
  const [part] = (await mail.message(row?.id ?? "")).parts;
  if (part === undefined || row === undefined) throw new Error("the message has not come");
  const stored = held();
  const { stream } = await mail.attachment(row.id, part);
  const reader = stream.getReader();
  let octets = 0;
  let most = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    octets += piece.value.length;
    if (octets % (16 * mebibyte) < piece.value.length) most = Math.max(most, held());
  }
  expect(octets).toBe(part.size);
  expect(most - stored, "MiB that reading adds").toBeLessThan(24);
  await mail.close();
  await expect.poll(() => held() - before, { message: "MiB that stay", timeout: 20_000 }).toBeLessThan(24);
});
