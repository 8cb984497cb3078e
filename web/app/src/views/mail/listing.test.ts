import { describe, expect, test } from "vitest";
import { listingWords, orderChoices, plainListing, recalled, remember, type Shelf, withFilter, withOrder } from "./listing";

function shelf(text: string | null = null): Shelf & { readonly text: () => string | null } {
  let stored = text;
  return { getItem: () => stored, setItem: (_, value) => void (stored = value), text: () => stored };
}

describe("how a list stands", () => {
  test("unread and starred messages stand by date, as the engine can answer", () => {
    const bySender = withOrder(plainListing, "sender up");
    expect(withFilter(bySender, "unread")).toEqual({ order: "date", descending: true, filter: "unread" });
    expect(orderChoices(withFilter(plainListing, "flagged")).map(({ label }) => label)).toEqual(["Newest first", "Oldest first"]);
    expect(orderChoices(plainListing)).toHaveLength(8);
  });

  test("only what is unusual is said", () => {
    expect(listingWords(plainListing)).toBe("");
    expect(listingWords(withFilter(withOrder(plainListing, "date up"), "unread"))).toBe("Unread only, Oldest first");
    expect(listingWords(withOrder(plainListing, "size down"))).toBe("Largest first");
  });

  test("each folder's is remembered, and the plain one needs no room", () => {
    const store = shelf();
    const wanted = withOrder(plainListing, "subject down");
    remember(store, 1, 2, wanted);
    remember(store, 1, 3, withFilter(plainListing, "unread"));
    expect([recalled(store, 1, 2), recalled(store, 1, 3).filter, recalled(store, 2, 2)]).toEqual([wanted, "unread", plainListing]);
    remember(store, 1, 2, plainListing);
    remember(store, 1, 3, plainListing);
    expect(store.text()).toBe("{}");
  });

  test("what is not ours on the shelf, or a closed shelf, gives the plain list", () => {
    for (const text of ["no JSON", "[1]", "null", '{"1/2":7}', '{"1/2":"strange: sender up"}']) expect(recalled(shelf(text), 1, 2)).toEqual(plainListing);
    expect(recalled(shelf('{"1/2":"unread: sender up"}'), 1, 2)).toEqual({ ...plainListing, filter: "unread" });
    const closed: Shelf = {
      getItem: () => {
        throw new Error("closed");
      },
      setItem: () => {
        throw new Error("closed");
      },
    };
    expect(recalled(closed, 1, 2)).toEqual(plainListing);
    expect(() => remember(closed, 1, 2, withFilter(plainListing, "unread"))).not.toThrow();
  });
});
