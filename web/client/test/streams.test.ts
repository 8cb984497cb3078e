import { expect, it } from "vitest";
import { MailError } from "../src/errors.js";
import { engineFault } from "../src/engine-faults.js";
import { pulled } from "../src/streams.js";

it("a stream whose pieces fail tells whoever reads it, and nobody else", async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on("unhandledRejection", hear);
  const stream = pulled({ next: () => Promise.reject(new MailError(engineFault("core-died"))), close: () => Promise.resolve(null) });
  await expect(stream.getReader().read()).rejects.toMatchObject({ code: "core-died" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off("unhandledRejection", hear);
  expect(unheard).toEqual([]);
});
