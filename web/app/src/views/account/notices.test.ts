import { expect, test } from "vitest";
import type { ErrorShape, Notice } from "waypost";
import { isUrgent, noticeWords, storageWords } from "./notices";

const error: ErrorShape = { code: "store-newer", blame: "device", retryable: false, message: "A newer version wrote it.", serverText: null };

test("the question about new identifiers says what waits for the answer", () => {
  const notice: Notice = { kind: "allUniqueIdsChanged", known: 1, listed: 3 };
  expect(noticeWords(notice).text).toContain("Here 1 message is known, the server lists 3.");
  expect(noticeWords(notice).text).toContain("nothing is fetched or deleted");
  expect(isUrgent(notice)).toBe(true);
});

test("a server that expires mail at once is told apart from one that waits", () => {
  expect(noticeWords({ kind: "serverExpires", days: 0 }).text).toContain("only copy");
  expect(noticeWords({ kind: "serverExpires", days: 1 }).text).toContain("after 1 day,");
});

test("a delay is never said to be shorter than it is", () => {
  expect(noticeWords({ kind: "loginDelay", seconds: 61 }).text).toContain("every 2 min");
});

test("a store that works has no words; one that does not says why", () => {
  expect(storageWords({ storage: "ready" })).toBeNull();
  expect(storageWords({ storage: "read-only", error })?.text).toBe(error.message);
  expect(storageWords({ storage: "evicted" })?.title).toContain("removed");
});
