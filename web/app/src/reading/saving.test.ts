import { expect, test } from "vitest";
import { gather, saveLarge } from "./saving";

function streamOf(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

test("a gathered stream has every octet in its order, and the type of no document", async () => {
  const chunks = Array.from({ length: 9 }, (_, number) => new Uint8Array(1024 * 1024 + number).fill(number));
  const blob = await gather(streamOf(...chunks));
  const octets = new Uint8Array(await blob.arrayBuffer());
  let at = 0;
  for (const chunk of chunks) {
    expect([octets[at], octets[at + chunk.length - 1]]).toEqual([chunk[0], chunk[0]]);
    at += chunk.length;
  }
  expect([octets.length, blob.type]).toEqual([at, "application/octet-stream"]);
});

test("a stream that breaks is no file", async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
  await expect(gather(broken)).rejects.toThrow("gone");
});

test("where the browser writes to the disk, the octets go there as they are read", async () => {
  const written: number[] = [];
  const target = { createWritable: () => Promise.resolve(new WritableStream<Uint8Array>({ write: (chunk) => void written.push(...chunk) })) };
  expect(await saveLarge({ name: "a.mbox", stream: streamOf(Uint8Array.of(1, 2), Uint8Array.of(3)) }, { showSaveFilePicker: () => Promise.resolve(target) })).toBe(true);
  expect(written).toEqual([1, 2, 3]);
});

test("who changes their mind saves nothing, and the stream is given up", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
  const page = { showSaveFilePicker: () => Promise.reject(new DOMException("no", "AbortError")) };
  expect([await saveLarge({ name: "a.mbox", stream }, page), cancelled]).toEqual([false, true]);
});
